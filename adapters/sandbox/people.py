"""The demo's world: several hundred people with a past on both platforms, and a day on which life goes on.

`populate` comes first; after `trellis provision` has made the property, `exclude` lets sales tick the exclude box; after
the first sync, `live` lets people act.
"""

import random
from dataclasses import dataclass

from adapters.sandbox.people_cast import Person, cast
from adapters.sandbox.people_crowd import crowd
from adapters.sandbox.people_history import LATEST, HubSpotPast, MailchimpPast
from adapters.sandbox.people_places import BLOG, DEMO, DEMO_REQUEST, NEWSLETTER, PRICING, PRICING_GUIDE, WEBINAR, slug
from adapters.sandbox.people_stage import VISITED_PRICING, set_up
from adapters.sandbox.world import Sandbox

EXCLUDE_PROPERTY = "trellis_exclude"


@dataclass(frozen=True)
class Stranger:
    """Somebody on no platform yet, and what a form asks of her."""

    first: str
    last: str
    title: str
    company: str
    employees: str

    @property
    def email(self) -> str:
        """Her address."""
        return f"{slug(self.first)}@{slug(self.company)}.example"

    def values(self) -> dict[str, str]:
        """As the fields of a HubSpot form."""
        return {
            "firstname": self.first,
            "lastname": self.last,
            "jobtitle": self.title,
            "company": self.company,
            "numemployees": self.employees,
            "country": "España",
        }

    def merges(self) -> dict[str, str]:
        """As merge fields of a Mailchimp form."""
        return {"FNAME": self.first, "LNAME": self.last, "JOBTITLE": self.title, "COMPANY": self.company}


WELCOME = "Welcome"
CARLA = Stranger("Carla", "Vidal", "Controller financiera", "Molins del Ter", "100-500")
ROSA = Stranger("Rosa", "Prat", "Directora financiera", "Cellers Prat", "50-100")
OMAR = Stranger("Omar", "Benali", "Finance Controller", "Ports de Llevant", "100-500")


@dataclass(frozen=True)
class Population:
    """Who lives in the sandbox.

    Attributes:
        people: everybody, the named first.
        audience: id of the Mailchimp audience.

    """

    people: tuple[Person, ...]
    audience: str

    def person(self, key: str) -> Person:
        """One of the named people ("maria"); raises KeyError."""
        for person in self.people:
            if key and person.key == key:
                return person
        raise KeyError(key)


def populate(sandbox: Sandbox, *, count: int = 320, seed: int = 7) -> Population:
    """Fill both platforms with `count` people and some 120 days of history before the sandbox's now.

    The same count and seed give the same people and acts. Nothing of Trellis exists yet: no property, no list, no tag.
    """
    dice = random.Random(seed)
    named = cast()
    people = [*named, *crowd(dice, count - len(named), {person.email for person in named})]
    portal, account, now = sandbox.hubspot, sandbox.mailchimp, sandbox.clock()
    audience = set_up(portal, account)
    with portal.lock:
        HubSpotPast(portal, now, dice).write(people)
    with account.lock:
        MailchimpPast(account, audience, now, dice).write(people)
    return Population(tuple(people), audience.id)


def exclude(sandbox: Sandbox, population: Population) -> list[str]:
    """Sales ticks the exclude box of pau and a few others; returns their addresses.

    Raises LookupError while the property does not exist.
    """
    if sandbox.hubspot.definitions["contacts"].find(EXCLUDE_PROPERTY) is None:
        raise LookupError(f"the portal has no property {EXCLUDE_PROPERTY} yet")
    emails = [person.email for person in population.people if person.excluded]
    for email in emails:
        sandbox.hubspot.life.set_property(email, EXCLUDE_PROPERTY, "true")
    return emails


def live(sandbox: Sandbox, population: Population) -> list[str]:
    """Some life happens, now: one line of English for each thing that somebody did."""
    day = _Day(sandbox, population)
    return [
        day.fills_form("maria", DEMO_REQUEST, DEMO),
        day.reads_pricing("laia"),
        day.clicks_newsletter("laia", PRICING),
        day.reads_pricing("jordi"),
        day.clicks_newsletter("jordi", PRICING),
        day.fills_form("biel", PRICING_GUIDE, PRICING),
        day.fills_form("noor", PRICING_GUIDE, PRICING) + "; she is unsubscribed at Mailchimp",
        day.clicks_newsletter("sofia", PRICING) + "; she is opted out at HubSpot",
        day.reads_pricing("pau") + "; sales wants him left alone",
        day.fills_form("emma", WEBINAR, BLOG[0]) + "; she is a student",
        day.clicks_newsletter("aina", BLOG[0]) + "; HubSpot does not know her",
        day.arrives(CARLA, NEWSLETTER, BLOG[0]),
        day.arrives(ROSA, NEWSLETTER, BLOG[0], unsubscribed_before=True),
        day.subscribes(OMAR, BLOG[0]),
        day.unsubscribes("marta"),
        day.clicks_newsletter("brian", BLOG[1]) + "; he is a customer",
    ]


class _Day:
    """Things that people do now; each does it and tells it."""

    def __init__(self, sandbox: Sandbox, population: Population) -> None:
        self._hubspot = sandbox.hubspot.life
        self._mailchimp = sandbox.mailchimp.life
        self._population = population

    def fills_form(self, key: str, form: str, page: str) -> str:
        person = self._population.person(key)
        self._hubspot.fill_form(person.email, form, {"firstname": person.first}, page)
        return f'{_who(person)} filled in "{form}"'

    def arrives(self, stranger: Stranger, form: str, page: str, *, unsubscribed_before: bool = False) -> str:
        """Somebody whom HubSpot has never seen fills in a form."""
        if unsubscribed_before:
            self._mailchimp.subscribe(stranger.email, merge_fields=stranger.merges())
            self._mailchimp.unsubscribe(stranger.email, reason="No longer interested")
        self._hubspot.fill_form(stranger.email, form, stranger.values(), page)
        barred = "; Mailchimp knows her as unsubscribed" if unsubscribed_before else ""
        return f'{stranger.first} {stranger.last} ({stranger.title}), new, filled in "{form}"{barred}'

    def subscribes(self, stranger: Stranger, url: str) -> str:
        """Somebody new signs up at Mailchimp and clicks the first link he gets."""
        self._mailchimp.subscribe(stranger.email, merge_fields=stranger.merges())
        self._mailchimp.send_campaign(WELCOME, to=[stranger.email])
        self._mailchimp.click(stranger.email, WELCOME, url)
        return f"{stranger.first} {stranger.last} ({stranger.title}), new, subscribed at Mailchimp and clicked a link"

    def reads_pricing(self, key: str) -> str:
        person = self._population.person(key)
        self._hubspot.visit_page(person.email, PRICING)
        self._hubspot.join_list(person.email, VISITED_PRICING)
        return f"{_who(person)} read the pricing page"

    def clicks_newsletter(self, key: str, url: str) -> str:
        person = self._population.person(key)
        self._mailchimp.open(person.address, LATEST)
        self._mailchimp.click(person.address, LATEST, url)
        return f'{_who(person)} clicked {url.rpartition(".example")[2]} in "{LATEST}"'

    def unsubscribes(self, key: str) -> str:
        person = self._population.person(key)
        self._mailchimp.unsubscribe(person.address, campaign=LATEST, reason="Too many mails")
        return f"{_who(person)} unsubscribed at Mailchimp"


def _who(person: Person) -> str:
    size = f", {person.company.employees} people" if person.company else ""
    return f"{person.name} ({person.title}{size})"
