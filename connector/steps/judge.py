"""From the ledger to verdicts, steps on the ladder and intents; one transaction a batch. Where the pure tower is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from connector.facts import Contact
from connector.nurturing.intents import Hearing, Memory, TrackState
from connector.nurturing.markers import Markers, parse_markers, unite
from connector.nurturing.touches import touches
from connector.nurturing.tracks import plan as plan_tracks
from connector.rulebook.mapping import interpret
from connector.scoring.placing import place
from connector.scoring.score import judge as judge_contact
from connector.scoring.verdict import Place
from connector.steps import portal
from connector.steps.judged import Judged
from connector.steps.keep import kept_lines, rows_of
from connector.steps.listening.newly_heard import look_again_where_heard_otherwise
from connector.steps.met import Met
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.screen import screen
from connector.steps.switched_on import look_again_where_switched_on
from connector.steps.tally import Tally
from connector.steps.undoing.at_hand import rollback_at_hand, without_open
from connector.store import failures, judgement, ledger
from connector.store.engine import writer_lock
from connector.store.judgement import Judgement
from connector.store.ledger import Person

_BATCH = 500

#: From so many on, and if it is one in so many of all, looking at everybody in columns first is quicker than judging each
#: who is due (benchmarks/scoring).
_MANY, _ONE_IN = 5_000, 50


def judge_all(
    parts: Parts,
    *,
    baseline: bool,
    keep: bool = True,
    many: int | None = None,
    met: Met | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Tally:
    """Judge everybody who is due: something changed, her day has come, or the rulebook is another.

    From `many` on (None: where it is quicker) they are screened first, and only those are judged singly who must be. With
    `keep` False nothing is stored: the tally then says what would be written and who would be enrolled. It counts as judged
    those who were not `met` before in this pass. Raises PlatformError only when the portal's order of stages is not cached
    and cannot be read.
    """
    order, hearing = portal.stage_order(parts), portal.hearing(parts)
    if keep:
        look_again_where_switched_on(parts)
        look_again_where_heard_otherwise(parts, hearing)
    with parts.engine.connect() as conn:
        waiting = ledger.count_to_judge(conn, parts.today, parts.rulebook.hash)
        many = max(_MANY, ledger.count_contacts(conn) // _ONE_IN) if many is None else many
    judging = _Judging(parts, order, hearing, met or Met(), baseline=baseline, keep=keep)
    if not keep or waiting < many:
        judging.due(stop)
        return judging.tally
    screened = screen(parts, order, baseline=baseline, stop=stop)
    judging.tally["screened"] = screened.people
    for calm in screened.calm:
        judging.count(calm.tolist())
    for start in range(0, len(screened.singly), _BATCH):
        if stop():
            return judging.tally
        judging.these(screened.singly[start : start + _BATCH])
    if not stop():
        with parts.engine.begin() as conn:
            writer_lock(conn)
            ledger.keep_sweep(conn, parts.rulebook.hash, screened.position, parts.today)
        judging.due(stop)
    return judging.tally


def judge_again(parts: Parts, contacts: Sequence[int], *, baseline: bool) -> None:
    """Judge these contacts, whom this pass has judged and counted before. Raises PlatformError as `judge_all` does."""
    judging = _Judging(parts, portal.stage_order(parts), portal.hearing(parts), Met(), baseline=baseline, keep=True)
    for start in range(0, len(contacts), _BATCH):
        judging.these(contacts[start : start + _BATCH])


class _Judging:
    """The judging of one pass, one transaction a batch."""

    def __init__(
        self, parts: Parts, order: Sequence[str], hearing: Hearing, met: Met, *, baseline: bool, keep: bool
    ) -> None:
        self.tally: Tally = Counter()
        self._parts = parts
        self._order = order
        self._hearing = hearing
        self._baseline = baseline
        self._keep = keep
        self._rollback = rollback_at_hand(parts)
        self._met = met
        self._times = 0

    def count(self, contacts: Sequence[int]) -> None:
        """Count these as judged, but for those who were before in this pass."""
        self._times += len(contacts)
        self.tally["judged"] += self._met.add(contacts)

    def due(self, stop: Callable[[], bool]) -> None:
        """Everybody who is due, in the order of their ids."""
        parts, after = self._parts, 0
        while not stop():
            with parts.engine.begin() as conn:
                writer_lock(conn)
                ids = ledger.to_judge(conn, parts.today, parts.rulebook.hash, _BATCH, after)
                if not ids:
                    if self._keep and self._times:
                        _sweep(parts, conn)
                    return
                self._judge(conn, ids)
            after = ids[-1]

    def these(self, ids: Sequence[int]) -> None:
        """These contacts, due or not."""
        with self._parts.engine.begin() as conn:
            writer_lock(conn)
            self._judge(conn, ids)

    def _judge(self, conn: Connection, ids: Sequence[int]) -> None:
        parts, order, baseline, rollback = self._parts, self._order, self._baseline, self._rollback
        people = ledger.load_people(conn, ids)
        calm = rollback is not None and rollback.judges_first
        rows = [
            (person, judge_person(parts, person, order, self._hearing, baseline=baseline, rolled_back=calm))
            for person in people
        ]
        kept = rows_of(parts, conn, rows, order, baseline=baseline)
        if rollback is not None:
            kept = without_open(conn, rollback.span, kept)
        if self._keep:
            judgement.save_judgements(conn, kept, parts.now())
            for source in parts.platforms:
                settled = [row.contact for row in kept if not row.writes.get(source)]
                failures.resolve_without_wish(conn, "write", source, settled, parts.now())
        self.count(ids)
        _count(self.tally, rows, kept, keep=self._keep)
        if parts.progress:
            parts.progress.step("judging", self._times)


def _sweep(parts: Parts, conn: Connection) -> None:
    """Note that everybody was judged, so that nobody is looked at again before there is news or her day has come."""
    if not ledger.count_to_judge(conn, parts.today, parts.rulebook.hash):
        ledger.keep_sweep(conn, parts.rulebook.hash, ledger.position(conn), parts.today)


def judge_person(
    parts: Parts, person: Person, order: Sequence[str], hearing: Hearing, *, baseline: bool, rolled_back: bool = False
) -> Judged:
    """Judge one person as of today. Pure but for the clock that nurturing plans by. `hearing`: see `portal.hearing`;
    `rolled_back`: nobody has judged her yet since a release was rolled back.
    """
    contact = contact_of(parts, person, order)
    verdict = judge_contact(contact, parts.rulebook, parts.today)
    before = Place(person.stage, person.since) if person.stage and person.since else None
    step = place(before, verdict, contact, parts.rulebook, parts.today)
    if before is not None and step.moved:  # rare: only now is it worth unpacking what changed
        step = place(before, verdict, contact, parts.rulebook, parts.today, earlier=kept_lines(parts, person))
    memory = replace(memory_of(parts, person, hearing), rolled_back=rolled_back)
    plan = plan_tracks(contact, verdict, step, memory, parts.rulebook, parts.now(), baseline=baseline)
    return Judged(contact, verdict, step, plan, parts.rulebook)


def contact_of(parts: Parts, person: Person, order: Sequence[str]) -> Contact:
    """The facts of a stored person under the names of fields.yaml, her company's values included."""
    records = {source: one for source, one in person.records.items() if not one.archived}
    if HUBSPOT in records and person.company:
        ours = {f"company.{name}": value for name, value in person.company.items()}
        records[HUBSPOT] = replace(records[HUBSPOT], values={**records[HUBSPOT].values, **ours})
    return Contact(
        id=person.contact,
        refs={source: record.id for source, record in records.items()},
        fields=interpret(records, parts.rulebook.fields, order),
        changed=_changed(parts, person) if HUBSPOT in records else {},
        events=person.events,
        consent=parts.consent_of(person.records),
        episodes=person.episodes,
    )


def memory_of(parts: Parts, person: Person, hearing: Hearing) -> Memory:
    """What nurturing needs of her past; markers are our own and those that the platforms last showed.

    The marker of an enrollment that has only begun uses no episode up: it is wanted still, and goes on (enrolling/decide.py).
    """
    enrolled = parts.rulebook.fields.write.enrolled
    texts = [
        record.values.get(
            enrolled.hubspot if source == HUBSPOT else f"merge_fields.{enrolled.mailchimp or 'TRACKMARK'}"
        )
        for source, record in person.records.items()
    ]
    shown = [parse_markers(text) for text in texts]
    highest = unite([*shown, Markers(person.markers)]).episodes
    begun = {track: number - 1 for track, number in person.begun.items() if highest.get(track) == number}
    return Memory(
        tracks={
            name: TrackState(name, one.matched, one.matched_since, one.at_baseline)
            for name, one in person.track_states.items()
        },
        stage_rose=person.stage_rose,
        touches=touches(person.events, person.episodes, parts.rulebook, parts.now(), hearing.runs_on),
        handed_over=person.handed_over,
        markers={**highest, **begun},
        hearing=hearing,
    )


def _changed(parts: Parts, person: Person) -> Mapping[str, date]:
    """When each field last changed, as far as we have seen it change since the first sight."""
    return {
        name: parts.day_of(at)
        for name, mapped in parts.rulebook.fields.fields.items()
        if mapped.hubspot and (at := person.changed.get((HUBSPOT, mapped.hubspot)))
    }


def _count(tally: Tally, rows: Sequence[tuple[Person, Judged]], kept: Sequence[Judgement], *, keep: bool) -> None:
    tally["moved"] += sum(one.step.moved for _, one in rows)
    tally["scored"] += sum(one.verdict.score is not None for _, one in rows)
    if not keep:
        tally["would write"] += sum(len(row.writes) for row in kept)
        tally["would enroll"] += sum(len(one.plan.enter) for _, one in rows)
