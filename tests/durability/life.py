"""People under load: they fill in forms, change, unsubscribe, are merged; each class of people lives through it once in
quiet first, and how that one ended is what everybody of her class must come to.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from adapters.sandbox import Sandbox
from adapters.sandbox.people import Population

_FORMS = ("Newsletter", "Webinar", "Pricing guide", "Demo request")
_TITLES = ("Head of Finance", "CFO", "Financial Controller", "Operations Manager", "Student")
_BARRED = ("noor", "sofia", "brian", "quim")


@dataclass(frozen=True, slots=True)
class Class:
    """People who do the same one thing. `form` is HubSpot's; without one they sign up at Mailchimp alone."""

    title: str
    form: str = ""
    subscribes: bool = False

    @property
    def name(self) -> str:
        return f"{self.title}, {self.form or 'signs up'}{' and signs up' if self.form and self.subscribes else ''}"


CLASSES = (
    *(Class(title, form) for title in _TITLES for form in _FORMS),
    *(Class(title, "Newsletter", subscribes=True) for title in _TITLES),
    *(Class(title, subscribes=True) for title in _TITLES),
)
#: Who enters a workflow at HubSpot, or a flow at Mailchimp, by this one thing.
ENROLLING = Class("CFO", "Newsletter")
TAGGED = Class("Operations Manager", "Newsletter", subscribes=True)


@dataclass(slots=True)
class Somebody:
    """One made-up person and what befell her.

    Attributes:
        forms: how many forms she has filled in.
        since: when each platform got to know her.
        said_no: when she unsubscribed somewhere.
        merged: with whom, if ever: how she ends depends on when Trellis saw it.
        merged_at: when that was; until then they were two.

    """

    email: str
    of: Class
    forms: int = 0
    since: dict[str, datetime] = field(default_factory=dict)
    said_no: datetime | None = None
    merged: Somebody | None = None
    merged_at: datetime | None = None

    @property
    def ends_as_her_class(self) -> bool:
        return self.said_no is None and self.merged is None


class Life:
    """Acts on both pretend platforms; the same seed, the same acts in the same order."""

    def __init__(self, sandbox: Sandbox, population: Population, seed: int) -> None:
        self._sandbox, self._population = sandbox, population
        self._dice = random.Random(seed)
        self._numbers = itertools.count(1)
        self.people: list[Somebody] = []
        self._acts: Sequence[tuple[int, Callable[[], object]]] = (
            (10, self.arrives),
            (3, self._changes),
            (2, self._unsubscribes),
            (2, self._arrives_and_unsubscribes),
            (1, self._is_merged),
            (1, self._barred_one_acts),
        )

    def go_on(self) -> None:
        """One thing happens."""
        acts = [act for _, act in self._acts]
        self._dice.choices(acts, [weight for weight, _ in self._acts])[0]()

    def arrives(self, of: Class | None = None) -> Somebody:
        """Somebody new, of that class or any."""
        chosen = of or self._dice.choice(CLASSES)
        number = next(self._numbers)
        somebody = Somebody(f"lead{number}@brava{number}.example", chosen)
        self.people.append(somebody)
        if chosen.subscribes:
            merges = {"FNAME": f"Lead{number}", "JOBTITLE": chosen.title, "COMPANY": f"Brava {number}"}
            self._sandbox.mailchimp.life.subscribe(somebody.email, merge_fields=merges)
            somebody.since["mailchimp"] = self._sandbox.clock()
        if chosen.form:
            self._fill(somebody, chosen.form)
        return somebody

    def changes(self) -> None:
        """Somebody who is at HubSpot gets another telephone number, which changes nothing of hers but that."""
        self._changes()

    def _fill(self, somebody: Somebody, form: str) -> None:
        values = {"firstname": somebody.email.split("@")[0], "jobtitle": somebody.of.title, "company": somebody.email}
        values |= {"country": "Spain", "numemployees": "100-500", "phone": "+34 600 000 000"}
        self._sandbox.hubspot.life.fill_form(somebody.email, form, values)
        somebody.forms += 1
        somebody.since.setdefault("hubspot", self._sandbox.clock())

    def _changes(self) -> None:
        somebody = self._one_of_hubspot()
        number = f"+34 6{self._dice.randrange(10**8):08d}"
        self._sandbox.hubspot.life.set_property(somebody.email, "phone", number)

    def _unsubscribes(self) -> None:
        self._unsubscribe(self._dice.choice([one for one in self.people if one.merged is None]))

    def _arrives_and_unsubscribes(self) -> None:
        """She is wanted by a track and says no before anybody can have enrolled her, or while somebody does."""
        self._unsubscribe(
            self.arrives(self._dice.choice([ENROLLING, TAGGED, Class("CFO", "Newsletter", subscribes=True)]))
        )

    def _unsubscribe(self, somebody: Somebody) -> None:
        somebody.said_no = somebody.said_no or self._sandbox.clock()
        if self._dice.choice(sorted(somebody.since)) == "hubspot":
            self._sandbox.hubspot.life.unsubscribe(somebody.email)
        else:
            self._sandbox.mailchimp.life.unsubscribe(somebody.email)

    def _is_merged(self) -> None:
        one = self._one_of_hubspot()
        other = self._one_of_hubspot()
        if one is not other:
            one.merged, other.merged = other, one
            one.merged_at = other.merged_at = self._sandbox.clock()
            self._sandbox.hubspot.life.merge(one.email, other.email)

    def _barred_one_acts(self) -> None:
        person = self._population.person(self._dice.choice(_BARRED))
        self._sandbox.hubspot.life.fill_form(person.email, "Newsletter", {"jobtitle": person.title})

    def _one_of_hubspot(self) -> Somebody:
        return self._dice.choice([one for one in self.people if "hubspot" in one.since and one.merged is None])
