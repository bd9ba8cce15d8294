"""From the ledger to verdicts, steps on the ladder and intents; one transaction a batch. Where the pure tower is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import orjson
from sqlalchemy import Connection

from connector.facts import Contact
from connector.nurturing.intents import Enter, Memory, Plan, TrackState
from connector.nurturing.markers import Markers, parse_markers, unite
from connector.nurturing.tracks import plan as plan_tracks
from connector.rulebook.mapping import interpret
from connector.rulebook.types import Rulebook
from connector.scoring.next_step import next_text
from connector.scoring.receipt import short
from connector.scoring.score import judge as judge_contact
from connector.scoring.stages import step as step_stage
from connector.scoring.verdict import Line, Place, Step, Verdict
from connector.steps import portal
from connector.steps.difference import Held, Texts, for_hubspot, for_mailchimp, lifecycle_back, lifecycle_forward
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.reading import Tally
from connector.steps.reasons import why_not
from connector.store import judgement, ledger
from connector.store.engine import writer_lock
from connector.store.judgement import Entering, HandingOver, Judgement, Leaving, Move
from connector.store.ledger import Person, TrackMemory

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Judged:
    """Everything that one judgement of one contact came to. Texts are made when somebody reads them: they cost trials."""

    contact: Contact
    verdict: Verdict
    step: Step
    plan: Plan
    rulebook: Rulebook

    def texts(self) -> Texts:
        """The two texts of the record."""
        language = self.rulebook.fields.language
        hint = next_text(self.contact, self.verdict, self.step, self.rulebook, self.verdict.day, language)
        return Texts(
            why=short(self.verdict, self.step, self.rulebook, language, self.contact.consent.general),
            next="\n".join(filter(None, (hint, why_not(self.plan.refused, language)))),
        )


def judge_all(parts: Parts, *, baseline: bool, keep: bool = True, stop: Callable[[], bool] = lambda: False) -> Tally:
    """Judge everybody who is due: something changed, the day turned, or the rulebook did.

    With `keep` False nothing is stored: the tally then says what would be written and who would be enrolled. Raises
    PlatformError only when the portal's order of stages is not cached and cannot be read.
    """
    order = portal.stage_order(parts)
    tally: Tally = Counter()
    after = 0
    while not stop():
        with parts.engine.begin() as conn:
            writer_lock(conn)
            ids = ledger.to_judge(conn, parts.today, parts.rulebook.hash, _BATCH, after)
            if not ids:
                if keep and tally["judged"]:
                    _sweep(parts, conn)
                return tally
            rows = [
                (person, judge_person(parts, person, order, baseline=baseline))
                for person in ledger.load_people(conn, ids)
            ]
            kept = [row_of(parts, person, one, order, baseline=baseline) for person, one in rows]
            if keep:
                judgement.save_judgements(conn, kept, parts.now())
        after = ids[-1]
        _count(tally, rows, kept, keep=keep)
        if parts.progress:
            parts.progress.step("judging", tally["judged"])
    return tally


def _sweep(parts: Parts, conn: Connection) -> None:
    """Note that everybody was judged, so that nobody is looked at again before there is news or her day has come."""
    if not ledger.count_to_judge(conn, parts.today, parts.rulebook.hash):
        ledger.keep_sweep(conn, parts.rulebook.hash, ledger.position(conn), parts.today)


def judge_person(parts: Parts, person: Person, order: Sequence[str], *, baseline: bool) -> Judged:
    """Judge one person as of today. Pure but for the clock that nurturing plans by."""
    contact = contact_of(parts, person, order)
    verdict = judge_contact(contact, parts.rulebook, parts.today)
    before = Place(person.stage, person.since) if person.stage and person.since else None
    step = step_stage(before, verdict, contact, parts.rulebook, parts.today)
    memory = memory_of(parts, person)
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
        changed=_changed(parts, person),
        events=person.events,
        consent=parts.consent_of(person.records),
        episodes=person.episodes,
    )


def memory_of(parts: Parts, person: Person) -> Memory:
    """What nurturing needs of her past; markers are our own and those that the platforms last showed."""
    enrolled = parts.rulebook.fields.write.enrolled
    texts = [
        record.values.get(
            enrolled.hubspot if source == HUBSPOT else f"merge_fields.{enrolled.mailchimp or 'TRACKMARK'}"
        )
        for source, record in person.records.items()
    ]
    shown = [parse_markers(text) for text in texts]
    return Memory(
        tracks={
            name: TrackState(name, one.matched, one.matched_since, one.at_baseline)
            for name, one in person.track_states.items()
        },
        stage_rose=person.stage_rose,
        touches=person.touches,
        handed_over=person.handed_over,
        markers=unite([*shown, Markers(person.markers)]).episodes,
    )


def row_of(parts: Parts, person: Person, one: Judged, order: Sequence[str], *, baseline: bool) -> Judgement:
    """What the store keeps of a judgement."""
    verdict, step, plan = one.verdict, one.step, one.plan
    before = step.before.stage if step.before else None
    receipt = {
        "lines": [_line(line) for line in verdict.lines],
        "similarity": verdict.similarity,
        "answer": verdict.answer,
        "missing": list(verdict.missing),
    }
    over = plan.handover
    return Judgement(
        contact=person.contact,
        position=person.position,
        revision=person.revision,
        day=verdict.day,
        rulebook=verdict.rulebook,
        model=verdict.model,
        score=verdict.score,
        exact=verdict.exact,
        stage=step.after.stage,
        since=step.after.since,
        persona=verdict.persona,
        phase=verdict.phase,
        due=verdict.day + timedelta(days=1),
        receipt=orjson.dumps(receipt),
        move=Move(before, step.after.stage, step.cause, step.rise) if step.moved else None,
        tracks={
            name: TrackMemory(name, state.matched, state.matched_since, state.at_baseline)
            for name, state in plan.tracks.items()
        },
        writes=_writes(parts, person, one, order, baseline=baseline),
        enters=tuple(_entering(enter) for enter in plan.enter),
        leaves=tuple(Leaving(leave.track, leave.episode, leave.key, leave.why) for leave in plan.leave),
        handover=HandingOver(over.owner, over.task, one.texts().why, over.due) if over else None,
        handed_over=over is not None or (person.handed_over and not step.moved),
        baseline=baseline,
    )


def _writes(
    parts: Parts, person: Person, one: Judged, order: Sequence[str], *, baseline: bool
) -> Mapping[str, Mapping[str, str]]:
    writes: dict[str, Mapping[str, str]] = {}
    for source, record in person.records.items():
        if record.archived or source not in parts.platforms:
            continue
        if source == HUBSPOT:
            lifecycle = None if baseline else _lifecycle(person, one, order)
            held = _held(parts, person, source, parts.rulebook.fields.write.score.hubspot)
            writes[source] = for_hubspot(one.verdict, one.step, one.texts, held, parts.rulebook, lifecycle)
        elif record.values.get("status") == "subscribed":
            held = _held(parts, person, source, f"merge_fields.{parts.rulebook.fields.write.score.mailchimp}")
            writes[source] = for_mailchimp(one.verdict, one.step, held, parts.rulebook)
    return writes


def _lifecycle(person: Person, one: Judged, order: Sequence[str]) -> str | None:
    """The lifecycle stage to write: forward after a rise, or back where the admin lets us (fields.yaml)."""
    forward = lifecycle_forward(one.contact, _risen(person, one), one.rulebook, order)
    write = one.rulebook.fields.write.lifecycle
    if forward is not None or write is None:
        return forward
    ours = person.written.get(HUBSPOT, {}).get(write.hubspot)
    return lifecycle_back(one.contact, one.step.after.stage, ours.value if ours else None, one.rulebook, order)


def _held(parts: Parts, person: Person, source: str, score: str) -> Held:
    written = person.written.get(source, {}).get(score)
    return Held(person.records[source].values, parts.day_of(written.at) if written else None)


def _risen(person: Person, one: Judged) -> str | None:
    """The stage that she has risen to and that the lifecycle should follow: now, or since then and not yet written."""
    step, name = one.step, one.rulebook.fields.write.lifecycle
    ladder = {stage.id for stage in one.rulebook.stages.stages}
    came_up = step.rise or step.before is None or step.before.stage not in ladder
    if step.moved:
        return step.after.stage if came_up else None
    written = person.written.get(HUBSPOT, {}).get(name.hubspot) if name else None
    waits = written is None or written.at.date() < step.after.since
    return (
        step.after.stage if person.stage_rose is not None and person.stage_rose >= step.after.since and waits else None
    )


def _entering(enter: Enter) -> Entering:
    ways = tuple({"source": way.source, "key": way.key, "segment": way.segment} for way in enter.ways)
    return Entering(enter.track, enter.episode, ways, enter.subscription, enter.not_before, enter.why)


def _line(line: Line) -> Mapping[str, object]:
    """Only what is not its default: a receipt is kept for everybody."""
    told = {
        "part": line.part,
        "rule": line.rule,
        "points": line.points,
        "why": line.why,
        "gross": line.gross,
        "faded": line.faded,
        "withheld": line.withheld,
        "capped": line.capped,
        "day": line.day.isoformat() if line.day else None,
        "times": line.times,
        "asset": line.asset,
        "late": line.late,
    }
    return {name: value for name, value in told.items() if value}


def _changed(parts: Parts, person: Person) -> Mapping[str, date]:
    """When each field last changed, as far as we have seen it change since the first sight."""
    return {
        name: parts.day_of(at)
        for name, mapped in parts.rulebook.fields.fields.items()
        if mapped.hubspot and (at := person.changed.get((HUBSPOT, mapped.hubspot)))
    }


def _count(tally: Tally, rows: Sequence[tuple[Person, Judged]], kept: Sequence[Judgement], *, keep: bool) -> None:
    tally["judged"] += len(rows)
    tally["moved"] += sum(one.step.moved for _, one in rows)
    tally["scored"] += sum(one.verdict.score is not None for _, one in rows)
    if not keep:
        tally["would write"] += sum(len(row.writes) for row in kept)
        tally["would enroll"] += sum(len(one.plan.enter) for _, one in rows)
