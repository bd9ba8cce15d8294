"""Known bugs, each planted alone into a small world, and the promise that it breaks there.

A bug is planted by what Trellis is handed: other files than the judges know, or a port or a reading of consent that is not
quite what it should be. Nothing of Trellis is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tending.lives import Life, Script, Step, Turn
from tending.ruling import CUSTOMER, Ruling, Touches, Track, Way
from tending.world import World

from adapters.ports import Activity
from connector.facts import Consent, Refusal
from connector.steps.parts import Parts

_TUESDAY = datetime(2026, 11, 24, 8, tzinfo=UTC)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)

ALPHA = Track(
    name="alpha",
    aim="win",
    role="nurture",
    stages=("new", "nurture", "qualified", "hot"),
    interest="closing",
    ways=(Way("property"), Way("tag")),
    mails=1,
    lasts=14,
    reenter_after=None,
    priority=10,
)
BETA = replace(ALPHA, name="beta", ways=(Way("list"),))


@dataclass(frozen=True, slots=True)
class Bug:
    """`files` gives what Trellis reads in place of the ruling, `parts` what it is handed in place of its parts."""

    name: str
    promise: str
    ruling: Ruling
    lives: Sequence[Life]
    files: Callable[[Ruling], Ruling] = field(default=lambda ruling: ruling)
    parts: Callable[[Parts], Parts] = field(default=lambda parts: parts)
    waits: Sequence[timedelta] = (_HOUR, _HOUR, _DAY)

    @property
    def script(self) -> Script:
        return Script(0, _TUESDAY, (self.ruling,), tuple(map(Turn, self.waits)), tuple(self.lives))

    def plant(self, world: World) -> None:
        """Into a world of its script."""
        read, parts_of = world.read, world.parts_of
        world.read = lambda ruling: read(self.files(ruling))
        world.parts_of = lambda rulebook: self.parts(parts_of(rulebook))


class Bent:
    """A port of which some methods do something else."""

    def __init__(self, real: Any, **methods: Callable[..., Any]) -> None:
        self._real, self._methods = real, methods

    def __getattr__(self, name: str) -> Any:
        return self._methods.get(name, getattr(self._real, name))


def _tracks(*tracks: Track, **rules: Any) -> Ruling:
    return Ruling({one.name: one for one in tracks}, segments=False, **rules)


def _life(*steps: Step, key: str = "p0", interest: str = "closing", where: Any = "both") -> Life:
    return Life(key, where, 1, "CFO", interest, steps)


def _each(**changes: Any) -> Callable[[Ruling], Ruling]:
    """The same files with these changes in each track."""
    return lambda ruling: replace(ruling, tracks={name: replace(one, **changes) for name, one in ruling.tracks.items()})


def _all(**changes: Any) -> Callable[[Ruling], Ruling]:
    return lambda ruling: replace(ruling, **changes)


def _deaf_to(*kinds: Refusal) -> Callable[[Parts], Parts]:
    """Neither what is stored nor the fresh read says these."""

    def bend(parts: Parts) -> Parts:
        def standings(*args: Any, **named: Any) -> Any:
            told = parts.hubspot.standings(*args, **named)  # type: ignore[union-attr]
            return {id_: replace(one, refusals=one.refusals - set(kinds)) for id_, one in told.items()}

        def consent_of(records: Any) -> Consent:
            said = parts.consent_of(records)
            return replace(said, general=said.general - set(kinds))

        return replace(parts, hubspot=Bent(parts.hubspot, standings=standings), consent_of=consent_of)  # type: ignore[arg-type]

    return bend


def _markers_cut(parts: Parts) -> Parts:
    def channel(name: str) -> Any:
        real = parts.hubspot.property_channel(name)  # type: ignore[union-attr]
        return Bent(
            real, enroll=lambda rows, deadline: real.enroll([replace(row, markers="") for row in rows], deadline)
        )

    return replace(parts, hubspot=Bent(parts.hubspot, property_channel=channel))  # type: ignore[arg-type]


def _two_tasks(parts: Parts) -> Parts:
    def create_task(*args: Any, **named: Any) -> str:
        parts.hubspot.create_task(*args, **named)  # type: ignore[union-attr]
        return parts.hubspot.create_task(*args, **named)  # type: ignore[union-attr]

    return replace(parts, hubspot=Bent(parts.hubspot, create_task=create_task))  # type: ignore[arg-type]


def _deaf_to_letters(parts: Parts) -> Parts:
    def activity(real: Any) -> Callable[..., Any]:
        def unsent(*args: Any, **named: Any) -> Any:
            return (tuple(act for act in page if not _is_sent(act)) for page in real.activity(*args, **named))

        return unsent

    bent = {source: Bent(port, activity=activity(port)) for source, port in parts.mailchimp.items()}
    return replace(parts, mailchimp=bent)


def _is_sent(act: Activity) -> bool:
    return act.kind == "email_sent"


_DEMO = Step(2, 0, "form", "Demo request")
_LATER_CLOSING = Step(2, 0, "interest", "closing")

BUGS = (
    Bug(
        "who is refused is not asked",
        "enrolled without consent",
        _tracks(ALPHA),
        [_life(Step(1, 0, "refuse"))],
        parts=_deaf_to(Refusal.OPTED_OUT),
    ),
    Bug(
        "the subscription type is forgotten",
        "enrolled without consent",
        _tracks(ALPHA),
        [_life(Step(1, 0, "refuse type"))],
        files=_each(subscription=False),
    ),
    Bug(
        "the exclude box is not read",
        "enrolled although excluded",
        _tracks(ALPHA),
        [_life(Step(1, 0, "exclude"))],
        parts=_deaf_to(Refusal.EXCLUDED),
    ),
    Bug(
        "whom a track is for is forgotten",
        "enrolled while unscored, stale or without evidence",
        _tracks(ALPHA),
        [_life(interest="cash")],
        files=_each(interest=None),
    ),
    Bug(
        "win is open to customers",
        "customers in acquisition tracks",
        _tracks(ALPHA),
        [_life(Step(1, 0, "form", "Newsletter"), Step(1, 0, "customer"))],
        files=_each(aim="reactivate", stages=(*ALPHA.stages, CUSTOMER)),
    ),
    Bug(
        "markers are not written",
        "enrolled twice in one episode",
        _tracks(ALPHA),
        [_life(where="hubspot")],
        parts=_markers_cut,
    ),
    Bug(
        "no wait before entering again",
        "enrolled twice in one episode",
        _tracks(replace(ALPHA, lasts=2, reenter_after=30)),
        [_life(Step(2, 0, "interest", "cash"), Step(4, 0, "interest", "closing"))],
        files=_each(reenter_after=1),
        waits=(_HOUR, _HOUR, _DAY, 3 * _DAY, _DAY),
    ),
    Bug(
        "the dose is not looked at",
        "dose exceeded",
        _tracks(ALPHA, touches=Touches(2, 7)),
        [_life(Step(1, 1, "campaign"), Step(1, 2, "campaign"), _LATER_CLOSING, interest="cash", where="hubspot")],
        files=_all(touches=None),
    ),
    Bug(
        "Mailchimp's mails are not counted",
        "dose exceeded",
        _tracks(ALPHA, touches=Touches(2, 7)),
        [_life(Step(1, 1, "campaign"), Step(1, 2, "campaign"), _LATER_CLOSING, interest="cash", where="mailchimp")],
        parts=_deaf_to_letters,
    ),
    Bug(
        "the pace of all is not looked at",
        "dose exceeded",
        _tracks(ALPHA, per_hour=1),
        [_life(), _life(key="p1")],
        files=_all(per_hour=None),
    ),
    Bug(
        "hold is ignored",
        "entered during hold, other than reminders",
        _tracks(replace(ALPHA, stages=("hot",)), hold_after_rise=5),
        [_life(_DEMO)],
        files=_all(hold_after_rise=0),
    ),
    Bug(
        "one_track is ignored",
        "two tracks at once",
        _tracks(replace(ALPHA, mails=2), replace(BETA, mails=2, ways=(Way("tag"),))),
        [_life()],
        files=_all(one_track=False),
    ),
    Bug(
        "the calendar is ignored",
        "enrolled out of hours",
        _tracks(ALPHA, calendar="office"),
        [_life()],
        files=_all(calendar="always"),
        waits=(_HOUR, 10 * _HOUR),
    ),
    Bug(
        "exits are forgotten",
        "still on a track 1 h after its exit condition",
        _tracks(replace(ALPHA, mails=4, stops_on=("form_submit",))),
        [_life(Step(1, 3, "form", "Webinar"))],
        files=_each(stops_on=()),
    ),
    Bug(
        "sales is told twice",
        "handed over twice",
        _tracks(ALPHA),
        [_life(_DEMO)],
        parts=_two_tasks,
    ),
    Bug(
        "who refuses stays in segments",
        "suppressed in segments",
        replace(_tracks(ALPHA), segments=True),
        [_life(Step(1, 3, "refuse"))],
        parts=_deaf_to(Refusal.OPTED_OUT),
    ),
)
