"""The judge: the effects at the doubles are the truth, and each is held against the promises when it happens.

What the judge knows of consent are the raw values there, read by rules of its own; nothing of this is asked of the product.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from promises.platforms import AUDIENCE, HUBSPOT, Audience, Portal

from adapters.ports import Enrollment, Record

#: What the rulebook of this world says (world.py).
CAP = 3
REENTER_AFTER = timedelta(days=30)
LIST_KEY = "hubspot:list:"
#: Tracks that begin with silence, and how long it is: whoever had not been silent for so long at the baseline did not match
#: them there, and time alone may bring her in.
SILENCE = {"keep-warm": timedelta(days=30), "win-back": timedelta(days=120)}
#: Tracks that aim at keeping or recovering customers: these are for them, and every other is barred to them.
FOR_CUSTOMERS = frozenset({"second-team", "customer-tips", "call-customer"})

_HUBSPOT_NOES = ("hs_email_optout", "hs_email_optout_4711", "hs_email_hard_bounce_reason_enum", "trellis_exclude")
_MAILCHIMP_NOES = frozenset({"unsubscribed", "cleaned"})


@dataclass(slots=True, eq=False)
class Human:
    """Somebody, whatever she is called where. `plain`: a lead whom nothing happened to since she came, who must be enrolled;
    `waits_for_change`: she matched at a baseline, and enters nothing before something happens to her.
    """

    key: str
    email: str
    plain: bool = False
    waits_for_change: bool = False
    merged_into: Human | None = None

    @property
    def now(self) -> Human:
        """Who she is after all merges."""
        return self if self.merged_into is None else self.merged_into.now

    def changed(self) -> None:
        self.plain = self.waits_for_change = False


@dataclass(frozen=True, slots=True)
class Effect:
    """She has entered something."""

    at: datetime
    human: Human = field(repr=False)
    source: str
    key: str
    track: str
    episode: int
    approved: bool


@dataclass(frozen=True, slots=True)
class Sending:
    """What the store says of the enrollment that is being sent: committed, approved by a person, with a fresh verdict."""

    committed: bool
    approved: bool
    fresh: bool


class Judge:
    """Judges each enrollment as it takes effect; `violations` are sentences."""

    def __init__(self, portal: Portal, audience: Audience, now: object) -> None:
        self.portal, self.audience, self._now = portal, audience, now
        self.humans: dict[tuple[str, str], Human] = {}
        self.effects: list[Effect] = []
        self.violations: list[str] = []
        self.customers: set[Human] = set()  # known as such to Trellis, since a pass has read everything
        self.erased: dict[str, str] = {}  # ids and addresses that Trellis has been told to forget, and whose they were
        self.counting_since: datetime | None = None  # a lost database has forgotten what the guard had counted
        self.in_baseline = False
        self.baseline_at: datetime | None = None  # when the last one ended
        self.sending: object = None
        self._asked: dict[tuple[str, str], datetime] = {}
        self._unknown: set[tuple[str, str]] = set()

    def now(self) -> datetime:
        return self._now()  # type: ignore[operator]

    def human(self, source: str, id_: str) -> Human:
        return self.humans[source, id_].now

    # ------------------------------------------------------------ witness

    def consent_read(self, source: str, ids: Sequence[str]) -> None:
        self._asked |= {(source, one): self.now() for one in ids}

    def looked(self, source: str, rows: Sequence[Enrollment]) -> None:
        self._unknown -= {(source, row.id) for row in rows}

    def lost_sight(self, source: str, ids: Sequence[str]) -> None:
        """The answer of this enrollment was lost: it may be sent again once somebody has looked."""
        self._unknown |= {(source, one) for one in ids}

    def older_database(self) -> None:
        """It knows nothing of what was sent after it, but the markers do."""
        self._unknown.clear()
        self.counting_since = self.now()

    def enrolling(self, source: str, key: str, row: Enrollment, *, in_already: bool) -> None:
        human = self.human(source, row.id)
        told: Sending = self.sending(source, row.id, row.track)  # type: ignore[operator]
        noes = [*self._against(human, source, row), *self._ground(human, row.track, told)]
        if (source, row.id) in self._unknown:
            noes.append("sent again before anybody looked what had become of it")
        episode = 0
        if not key.startswith(LIST_KEY):
            marked = markers(row.markers)
            episode = marked.get(row.track, 0)
            noes += self._repeated(human, row.track, episode, marked) if not in_already else []
            if not in_already:
                self.effects.append(Effect(self.now(), human, source, key, row.track, episode, told.approved))
                noes += self._beyond_cap()
        self.violations += [f"{human.key} entered {row.track}:{episode} by {key}: {no}" for no in noes]

    # ------------------------------------------------------------ the promises

    def _against(self, human: Human, source: str, row: Enrollment) -> list[str]:
        """Promise 1, by what the platforms say at this very moment."""
        noes = []
        record = self._record(source, row.id)
        for other, one in self._at_address(record):
            if other == HUBSPOT:
                noes += [f"{name} is {one.values[name]}" for name in _HUBSPOT_NOES if _is_yes(one.values.get(name))]
            elif one.values.get("status") in _MAILCHIMP_NOES:
                noes.append(f"she is {one.values['status']}")
            asked = self._asked.get((other, one.id))
            if asked is None or self.now() - asked > timedelta(seconds=60):
                noes.append(f"consent at {other} was asked for at {asked}, and it is {self.now()}")
        if source == AUDIENCE and record.values.get("status") != "subscribed":
            noes.append(f"she is {record.values.get('status')} there")
        if row.id in self.erased:
            noes.append("she was forgotten")
        return noes

    def _ground(self, human: Human, track: str, told: Sending) -> list[str]:
        """What must stand behind any enrollment."""
        noes = []
        if human in self.customers and track not in FOR_CUSTOMERS:
            noes.append("she is a customer, and has been read since")
        if human.waits_for_change and not self._silent_since_the_baseline(human, track):
            noes.append("she matched at the baseline, and nothing has changed since")
        if self.in_baseline:
            noes.append("in a baseline")
        if not told.committed:
            noes.append("`sending` was not committed before the call")
        if not told.fresh:
            noes.append("without a fresh verdict")
        return noes

    def _repeated(self, human: Human, track: str, episode: int, marked: Mapping[str, int]) -> list[str]:
        """Promise 3."""
        hers = [one for one in self.effects if one.human.now is human]
        noes = [f"twice, first on {one.at}" for one in hers if (one.track, one.episode) == (track, episode)]
        early = [one for one in hers if one.track == track and self.now() - one.at < REENTER_AFTER - timedelta(days=1)]
        noes += [f"again too soon after {one.at}" for one in early]
        noes += [
            f"the marker forgets {one.track}:{one.episode}"
            for one in hers
            if one.human is human and marked.get(one.track, 0) < one.episode
        ]
        return noes

    def _beyond_cap(self) -> list[str]:
        """Promise 6."""
        since = self.now() - timedelta(hours=23, minutes=50)
        if self.counting_since is not None:
            since = max(since, self.counting_since)
        count = sum(one.at > since and not one.approved for one in self.effects)
        return [f"the {count}. within 24 h, and the guard allows {CAP}"] if count > CAP else []

    # ------------------------------------------------------------ looking

    def _silent_since_the_baseline(self, human: Human, track: str) -> bool:
        """Whether the track is one that she cannot have matched at the baseline, for she had done something lately."""
        if track not in SILENCE or self.baseline_at is None:
            return False
        hers = [record for (_, id_), one in self.humans.items() if one.now is human for record in self._records(id_)]
        forms = [datetime.fromisoformat(at) for one in hers if (at := one.values.get("recent_conversion_date"))]
        hashes = {one.values.get("subscriber_hash") for one in hers} - {None}
        acts = [act.at for act in self.audience.acts if act.id in hashes]
        return any(self.baseline_at - SILENCE[track] < at <= self.baseline_at for at in (*forms, *acts))

    def _records(self, id_: str) -> list[Record]:
        return [people[id_] for people in (self.portal.people, self.audience.people) if id_ in people]

    def _record(self, source: str, id_: str) -> Record:
        return (self.portal if source == HUBSPOT else self.audience).people[id_]

    def _at_address(self, record: Record) -> list[tuple[str, Record]]:
        address = (record.email or "").lower()
        everybody = [(HUBSPOT, one) for one in self.portal.people.values() if not one.archived]
        everybody += [(AUDIENCE, one) for one in self.audience.people.values()]
        return [(source, one) for source, one in everybody if (one.email or "").lower() == address]


def markers(text: str) -> dict[str, int]:
    """The episodes of a marker."""
    return {track: int(number) for track, _, number in (part.partition(":") for part in text.split(";") if part)}


def _is_yes(value: str | None) -> bool:
    return value not in (None, "", "false")
