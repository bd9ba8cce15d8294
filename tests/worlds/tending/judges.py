"""The judges: promises about whom Trellis mails, held against what the platforms did and showed. They know the ruling that
was active, and ask nothing of Trellis.

All of them judge one pass after the other. What may be known in a pass is what stood at the platforms before it began;
the stage is the one that it wrote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tending.rule_files import ZONE
from tending.ruling import CUSTOMER, HANDED_OVER, LADDER, PLEASED_DAYS, PLEASING, SIGNALS, Ruling, Touches, Track
from tending.seen import NOBODY, Human, Seen

from adapters.sandbox import Effect

_ZONE = ZoneInfo(ZONE)
_WINNING = ("deal_won", "order")
_PROOF = ("form_submit", "page_view", "email_click", "email_reply", "deal_won", "deal_lost", "order")
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_PLEASED = timedelta(days=PLEASED_DAYS + 1)


@dataclass(frozen=True, slots=True)
class Opened:
    """How people stood before the first of some passes, by which ruling."""

    at: datetime
    ruling: Ruling
    before: Mapping[Human, Seen]


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass at `at`: how people stood before it and after it, who entered and left in it, by which ruling.

    `opened` in the last of several passes that were no further apart than half an hour, over more than an hour: the first.
    `known_until`: what happened before then has been read twice.
    """

    at: datetime
    ruling: Ruling
    before: Mapping[Human, Seen]
    after: Mapping[Human, Seen]
    moves: Sequence[tuple[Human, Effect]]
    known_until: datetime
    opened: Opened | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """She entered a track, with that episode in her markers afterwards."""

    at: datetime
    track: Track
    platform: str
    episode: int


@dataclass(slots=True)
class File:
    """What the judges remember of one person: entries, rises on the ladder, and since when she stands where she does."""

    entries: list[Entry] = field(default_factory=list)
    rises: list[datetime] = field(default_factory=list)
    just_merged: bool = False  # what stood there before the next pass was the stage of only one of two
    tasks_told: int = 0
    tasks_here: int = 0


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise, to whom it was broken, and how."""

    promise: str
    human: Human = field(repr=False)
    at: datetime
    how: str

    def __str__(self) -> str:
        return f"{self.human.key} on {self.at:%a %Y-%m-%d %H:%M}: {self.how}"


class Judges:
    """Judge pass after pass. `inside` are the tracks in which somebody is, by the platforms' word, with the entry."""

    def __init__(self) -> None:
        self.files: dict[Human, File] = {}
        self.inside: dict[Human, dict[tuple[str, str], Entry]] = {}
        self.entered: list[datetime] = []

    def hear(self, human: Human, effect: Effect) -> None:
        """She has left something while nobody was at work."""
        self.inside.get(human, {}).pop((effect.platform, effect.flow_name), None)

    def merge(self, human: Human, other: Human) -> None:
        """One swallows the other, with all that she has entered; sales has been told of them as of two people."""
        mine, hers = self._file(human), self.files.pop(other, File())
        mine.entries += hers.entries
        mine.rises += hers.rises
        mine.just_merged = True
        mine.tasks_told, mine.tasks_here = len(human.tasks), 0
        self.inside.setdefault(human, {}).update(self.inside.pop(other, {}))

    def judge(self, seen: Pass) -> list[Broken]:
        """Every promise that this pass broke."""
        broken = [*self._enrolled(seen), *self._remembered(seen)]
        if seen.opened is not None:
            broken += [*self._stayed(seen, seen.opened), *self._segmented(seen, seen.opened)]
        return broken

    # ------------------------------------------------------------ entries

    def _enrolled(self, seen: Pass) -> Iterator[Broken]:
        for human, effect in seen.moves:
            if effect.kind == "left":
                self.hear(human, effect)
                continue
            track = seen.ruling.tracks.get(effect.flow_name)
            if track is None:
                yield Broken("enrolled while unscored, stale or without evidence", human, seen.at,
                             f"entered {effect.flow_name}, which the files no longer know")  # fmt: skip
                continue
            entry = Entry(effect.at, track, effect.platform, _episode(seen, human, track))
            case = Case(seen, human, entry, self._file(human), self.inside.setdefault(human, {}))
            for promise, judge in ENTRY_JUDGES.items():
                yield from (Broken(promise, human, seen.at, f"entered {track.name}: {why}") for why in judge(case))
            self._file(human).entries.append(entry)
            case.inside[effect.platform, track.name] = entry
            self.entered.append(effect.at)
            yield from self._beyond_pace(seen, human)

    def _beyond_pace(self, seen: Pass, human: Human) -> Iterator[Broken]:
        for most, period in ((seen.ruling.per_hour, _HOUR), (seen.ruling.per_day, _DAY)):
            count = sum(one > seen.at - period for one in self.entered)
            if most is not None and count > most:
                yield Broken(
                    "dose exceeded", human, seen.at, f"the {count}. of all within {period}, and {most} may enter"
                )

    # ------------------------------------------------------------ what is remembered of people

    def _remembered(self, seen: Pass) -> Iterator[Broken]:
        for human, after in seen.after.items():
            before, kept = seen.before.get(human, NOBODY).stage, self._file(human)
            if _is_rise(before, after.stage) and not kept.just_merged:
                kept.rises.append(seen.at)
            kept.just_merged = False
            if before != after.stage:
                kept.tasks_here = 0
            kept.tasks_here += len(human.tasks) - kept.tasks_told
            kept.tasks_told = len(human.tasks)
            if kept.tasks_here > 1:
                told = f"{kept.tasks_here} tasks within one standing as {after.stage}"
                kept.tasks_here = 1
                yield Broken("handed over twice", human, seen.at, told)

    # ------------------------------------------------------------ after an hour of passes

    def _stayed(self, seen: Pass, opened: Opened) -> Iterator[Broken]:
        for human, inside in self.inside.items():
            for (platform, name), entry in inside.items():
                way = entry.track.way(platform)
                if way is None or not way.leavable or entry.at >= opened.at:
                    continue
                then = self._causes(human, entry, opened.ruling, opened.before, opened.at)
                now = self._causes(human, entry, seen.ruling, seen.before, opened.at)
                if why := sorted(set(then) & set(now)):
                    told = f"{name} at {platform}: {', '.join(why)}"
                    yield Broken("still on a track 1 h after its exit condition", human, seen.at, told)

    def _causes(
        self, human: Human, entry: Entry, ruling: Ruling, then: Mapping[Human, Seen], at: datetime
    ) -> Iterator[str]:
        """Why she had to leave, by how she stood then."""
        seen, track = then.get(human, NOBODY), entry.track
        if not seen.there:
            return
        # Mailchimp keeps one member by each address: what another one says bars her from entering, and ends nothing.
        yield from (one for one in seen.refused if not (human.swallowed and one.endswith(" at Mailchimp")))
        if seen.refused_type and track.subscription:
            yield "opted out of its subscription type"
        if track.aim == "win" and (seen.customer or human.did(*_WINNING)):
            yield "a customer"
        if track.name not in ruling.tracks:
            yield "the files no longer know it"
            return
        if track.aim != "retain" and (
            ended := [one for one in human.did(*_WINNING, "deal_lost") if entry.at <= one < at]
        ):
            yield f"a deal or an order on {ended[0]:%d %b %H:%M}"
        if seen.stage in track.exit_stages:
            yield f"she is {seen.stage}"
        # HubSpot takes with it what an erased one did since it was last asked.
        if not human.gone and [one for one in human.did(*track.stops_on) if entry.at <= one < at]:
            yield "what stops it has happened"
        if (_day(at) - _day(entry.at)).days >= track.lasts:
            yield "its time is over"

    def _segmented(self, seen: Pass, opened: Opened) -> Iterator[Broken]:
        for human, after in seen.after.items():
            refused = opened.before.get(human, NOBODY).refused & seen.before.get(human, NOBODY).refused
            if refused and after.segments and not human.swallowed:  # at Mailchimp one by each address
                yield Broken("suppressed in segments", human, seen.at, f"{sorted(after.segments)}: {sorted(refused)}")

    def _file(self, human: Human) -> File:
        return self.files.setdefault(human, File())


@dataclass(frozen=True, slots=True)
class Case:
    """One entry to be judged, and what is known of her until then."""

    seen: Pass
    human: Human
    entry: Entry
    file: File
    inside: Mapping[tuple[str, str], Entry]

    @property
    def before(self) -> Seen:
        return self.seen.before.get(self.human, NOBODY)

    @property
    def after(self) -> Seen:
        return self.seen.after.get(self.human, NOBODY)


def unfounded(case: Case) -> Iterator[str]:
    """Scoring comes first: a score, evidence, and a match by what was known."""
    if not case.after.score:
        yield "she has no score"
    if case.before.known < 2 and not case.human.did(*_PROOF):
        yield "there is no evidence"
    track = case.entry.track
    if track.interest and case.before.interest != track.interest and not case.human.swallowed:
        yield f"it is for {track.interest}, and she cares for {case.before.interest or 'nothing'}"
    if case.after.stage not in track.stages:
        yield f"it is for {track.stages}, and she is {case.after.stage!r}"
    if track.lost and not case.human.did("deal_lost"):
        yield "no deal was lost"


def refused(case: Case) -> Iterator[str]:
    """Consent, as it stood at the platforms for more than 60 s."""
    yield from sorted(case.before.refused - {"trellis_exclude"})
    if case.before.refused_type and case.entry.track.subscription:
        yield "she opted out of its subscription type"
    if case.entry.platform not in case.before.there:
        yield f"she is not at {case.entry.platform}, or may not be mailed there"


def excluded(case: Case) -> Iterator[str]:
    """The box that a person ticks."""
    if "trellis_exclude" in case.before.refused:
        yield "she is excluded"


def won_already(case: Case) -> Iterator[str]:
    """A customer is never treated as a lead."""
    if case.entry.track.aim != "win":
        return
    if case.before.customer or case.after.stage == CUSTOMER:
        yield "she is a customer"
    elif case.human.did(*_WINNING):
        yield "she has bought"


def twice(case: Case) -> Iterator[str]:
    """Each entry is an episode of its own, and stands in the markers; and a new one has its time."""
    track = case.entry.track
    mine = [one for one in case.file.entries if one.track.name == track.name]
    if case.entry.episode <= max((one.episode for one in mine), default=0):
        yield f"again for episode {case.entry.episode}"
    if not mine or case.human.swallowed:
        return
    days = (_day(case.entry.at) - _day(mine[-1].at)).days
    if track.reenter_after is None:
        yield f"once more after {days} days, and it is entered once"
    elif days < track.reenter_after:
        yield f"once more after {days} days, not {track.reenter_after}"


def overdosed(case: Case) -> Iterator[str]:
    """What reached her in the sliding period: mails of tracks and campaigns on both platforms, calls, and entries of tracks
    that have not mailed her yet.
    """
    ruling, track, now = case.seen.ruling, case.entry.track, case.entry.at
    budget: Touches | None = track.cap or ruling.by_stage.get(case.after.stage) or ruling.touches
    if budget is None:
        return
    more = 0
    if ruling.pleased_more and not track.cap:
        more = ruling.pleased_more * bool([one for one in case.human.did(*PLEASING) if one > now - _PLEASED])
    since, known = now - timedelta(days=budget.days), case.seen.known_until
    mails = [(at, of) for at, of in case.human.mails if since < at < known]
    calls = {at for at in case.human.did("contacted") if since < at < known}
    entered = [
        one
        for one in case.file.entries
        if one.at > since and not any(of == one.track.name and at >= one.at for at, of in mails)
    ]
    if len(mails) + len(calls) + len(entered) >= budget.most + more:
        told = f"{len(mails)} mails, {len(calls)} calls and {len(entered)} entries not mailed yet"
        yield f"{told} in {budget.days} days, and {budget.most + more} are enough"


def during_hold(case: Case) -> Iterator[str]:
    """After a rise, nothing but reminders until the days are over, or a signal."""
    ruling = case.seen.ruling
    rises = case.file.rises + ([case.seen.at] if _rose(case) and not case.file.just_merged else [])
    if not rises or not ruling.hold_after_rise or case.entry.track.role == "reminder":
        return
    waited = (_day(case.entry.at) - _day(rises[-1])).days
    ends = (*ruling.hold_until, *(PLEASING if ruling.pleased_more else ()))
    signals = [one for one in case.human.did(*ends) if _day(one) >= _day(rises[-1])]
    if waited < ruling.hold_after_rise and not signals:
        yield f"{waited} days after a rise, and {ruling.hold_after_rise} are waited"


def beside_another(case: Case) -> Iterator[str]:
    """One track at a time, also where leaving ends no mail."""
    others = sorted(f"{name} at {platform}" for platform, name in case.inside if name != case.entry.track.name)
    if case.seen.ruling.one_track and others:
        yield f"she is in {', '.join(others)}"


def out_of_hours(case: Case) -> Iterator[str]:
    """The calendar, on the wall clock of the team."""
    local = case.entry.at.astimezone(_ZONE)
    if case.seen.ruling.calendar == "office" and not (local.weekday() < 5 and 9 <= local.hour < 18):
        yield f"on {local:%a %H:%M}"


#: Who judges an entry, by the promise. The table of a campaign has these rows, and those of `LATER`.
ENTRY_JUDGES: Mapping[str, Callable[[Case], Iterator[str]]] = {
    "enrolled while unscored, stale or without evidence": unfounded,
    "enrolled without consent": refused,
    "enrolled although excluded": excluded,
    "customers in acquisition tracks": won_already,
    "enrolled twice in one episode": twice,
    "dose exceeded": overdosed,
    "entered during hold, other than reminders": during_hold,
    "two tracks at once": beside_another,
    "enrolled out of hours": out_of_hours,
}
LATER = ("still on a track 1 h after its exit condition", "handed over twice", "suppressed in segments")
PROMISES = (*ENTRY_JUDGES, *LATER)


def counted(broken: Sequence[Broken]) -> Counter[str]:
    """How often each promise was broken."""
    return Counter(dict.fromkeys(PROMISES, 0) | Counter(one.promise for one in broken))


def _episode(seen: Pass, human: Human, track: Track) -> int:
    return seen.after.get(human, NOBODY).markers.get(track.name, 0)


def _rose(case: Case) -> bool:
    return _is_rise(case.before.stage, case.after.stage)


def _is_rise(before: str, after: str) -> bool:
    return before in LADDER and after in LADDER and LADDER.index(after) > LADDER.index(before)


def _day(moment: datetime) -> date:
    return moment.astimezone(_ZONE).date()


assert HANDED_OVER in LADDER
assert set(SIGNALS) <= set(_PROOF)
