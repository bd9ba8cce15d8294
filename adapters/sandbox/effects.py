"""The effect ledger: what the pretend platforms would have done to people.

Tests and the demo read it to learn who entered which workflow, which mail would have gone out, and why.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from threading import Lock
from typing import Literal

Kind = Literal["entered", "left", "refused", "sent", "not_sent"]


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that happened to one person.

    Attributes:
        number: position in the ledger, from 1, without gaps.
        at: sandbox time.
        platform: "hubspot" or "mailchimp".
        kind: entered, left or refused (by a workflow or flow); sent or not_sent (a mail).
        person: the platform's own id of the person.
        email: her address at that moment, None if she has none.
        flow: id of the workflow or flow.
        flow_name: its name as a marketer sees it.
        mail: name of the mail for sent and not_sent.
        why: the trigger, or the reason of a refusal.

    """

    number: int
    at: datetime
    platform: str
    kind: Kind
    person: str
    email: str | None
    flow: str
    flow_name: str
    mail: str | None
    why: str

    def as_json(self) -> dict[str, object]:
        """The same as JSON values; `at` in ISO 8601."""
        return {**asdict(self), "at": self.at.isoformat()}


class EffectLedger:
    """Append-only and thread-safe; iterates in the order of recording."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._effects: list[Effect] = []

    def record(
        self,
        kind: Kind,
        *,
        platform: str,
        person: str,
        email: str | None,
        flow: str,
        why: str,
        flow_name: str = "",
        mail: str | None = None,
        at: datetime | None = None,
    ) -> Effect:
        """Append one effect; `at` defaults to the sandbox's now."""
        with self._lock:
            number = len(self._effects) + 1
            when = self._clock() if at is None else at
            effect = Effect(number, when, platform, kind, person, email, flow, flow_name or flow, mail, why)
            self._effects.append(effect)
            return effect

    def __iter__(self) -> Iterator[Effect]:
        return iter(self._effects[:])

    def __len__(self) -> int:
        return len(self._effects)

    def of(
        self,
        *,
        kind: Kind | None = None,
        platform: str | None = None,
        person: str | None = None,
        email: str | None = None,
        flow: str | None = None,
        since: int = 0,
    ) -> list[Effect]:
        """The effects that fit every filter given; `flow` matches id or name, `since` skips numbers up to it.

        E-mail addresses are compared without case, as both platforms do.
        """
        wanted_email = None if email is None else email.lower()
        return [
            effect
            for effect in self._effects[since:]
            if (kind is None or effect.kind == kind)
            and (platform is None or effect.platform == platform)
            and (person is None or effect.person == person)
            and (wanted_email is None or (effect.email or "").lower() == wanted_email)
            and (flow is None or flow in (effect.flow, effect.flow_name))
        ]
