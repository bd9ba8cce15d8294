"""What the store keeps of judgements, and when each contact is to be looked at again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import Connection

from connector.facts import Refusal
from connector.nurturing.eligibility import general_refusal
from connector.nurturing.intents import Enter
from connector.nurturing.reasons import Held
from connector.nurturing.segments import belonging
from connector.rulebook.types import PropertyWrite, Rulebook, ScoreWrite
from connector.scoring.columns import digests as digesting
from connector.scoring.columns.receipts import receipts_of
from connector.scoring.outlook.due import Told, due
from connector.scoring.packed import Packing
from connector.scoring.rules import rule_list
from connector.scoring.verdict import NOT_ENOUGH_DATA, SUPPRESSED, Line
from connector.steps.judged import Judged
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.writes import writes_of
from connector.store import ledger
from connector.store.judgement import Entering, HandingOver, Judgement, Leaving, Move
from connector.store.ledger import Person, TrackMemory
from connector.store.membership import Belonging

#: Reasons of nurturing that time alone may cure, where it does not say itself when to ask again.
_PASSING = frozenset(
    {Held.LEAVING, Held.ON_ANOTHER_TRACK, Held.ANOTHER_AIM, Held.DOSE, Held.AFTER_RISE, Held.TOO_SOON, Held.STALE}
)

Writes = Mapping[str, Mapping[str, str]]


def rows_of(
    parts: Parts, conn: Connection, judged: Sequence[tuple[Person, Judged]], order: Sequence[str], *, baseline: bool
) -> list[Judgement]:
    """The rows of these judgements, each with its packed receipt and the day on which she is due again."""
    verdicts = [one.verdict for _, one in judged]
    lines = (line for verdict in verdicts for line in verdict.lines)
    assets = ledger.asset_ids(conn, {line.asset for line in lines if line.asset and line.part != "reaction"})
    rules = rule_list(parts.rulebook)
    receipts = receipts_of(verdicts, parts.rulebook, rules, assets)
    packed = Packing(parts.rulebook).pack(receipts)
    rows = digesting.rows_of(verdicts, [one.step for _, one in judged])
    digests = digesting.digests(receipts, rows, parts.rulebook, rules)
    return [
        _row(parts, person, one, order, packed.of(row), int(digests[row]), baseline=baseline)
        for row, (person, one) in enumerate(judged)
    ]


def kept_lines(parts: Parts, person: Person) -> tuple[Line, ...]:
    """The lines of the receipt that is kept of somebody; none where another rulebook made it."""
    last = person.verdict
    if last is None or last.made_by != parts.rulebook.hash:
        return ()
    packing = Packing(parts.rulebook)
    with parts.engine.connect() as conn:
        assets = ledger.asset_texts(conn, packing.asset_ids(last.receipt, last.model))
    return packing.unpack(last.receipt, last.model, last.score, assets).lines


def _row(
    parts: Parts, person: Person, one: Judged, order: Sequence[str], receipt: bytes, digest: int, *, baseline: bool
) -> Judgement:
    verdict, step, plan = one.verdict, one.step, one.plan
    over = plan.handover
    writes = writes_of(parts, person, one, order, baseline=baseline)
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
        due=_due(parts, person, one, writes),
        receipt=receipt,
        digest=digest,
        move=Move(step.before.stage if step.before else None, step.after.stage, step.cause, step.rise)
        if step.moved
        else None,
        tracks={
            name: TrackMemory(name, state.matched, state.matched_since, state.at_baseline)
            for name, state in plan.tracks.items()
        },
        belongs=tuple(
            Belonging(place.key, place.source, place.segment, place.guarded)
            for place in belonging(plan, parts.rulebook, one.contact.refs)
        ),
        writes=writes,
        enters=tuple(_entering(enter, parts.rulebook) for enter in plan.enter),
        leaves=tuple(Leaving(leave.track, leave.episode, leave.key, leave.why) for leave in plan.leave),
        handover=HandingOver(over.owners, over.task, one.brief(), over.due, over.note) if over else None,
        handed_over=over is not None or (person.handed_over and stays_with_sales(parts, person, step.after.stage)),
        baseline=baseline,
        undecided=frozenset(no.track for no in plan.refused if no.reason in (Refusal.UNREADABLE, Held.STALE)),
        refusal=general_refusal(one.contact.consent) or "",
    )


def stays_with_sales(parts: Parts, person: Person, stage: str) -> bool:
    """Tell whether who was handed over stays so: on the stages that are, and, once sales has her, while she may not be mailed
    or too little is known of her. Somebody archived by mistake and restored is not handed over again.
    """
    for_sales = {one.id for one in parts.rulebook.stages.stages if one.handover}
    return stage in for_sales or (person.given and stage in (SUPPRESSED, NOT_ENOUGH_DATA))


def _due(parts: Parts, person: Person, one: Judged, writes: Writes) -> date | None:
    """The first day on which time alone may change anything: in scoring, or in what nurturing waits for."""
    tomorrow = one.verdict.day + timedelta(days=1)
    if _is_under_way(one):
        return tomorrow
    days = [refused.again or tomorrow for refused in one.plan.refused if refused.again or refused.reason in _PASSING]
    if one.plan.quiet_until is not None and parts.rulebook.tracks.dosing.paused_list is not None:
        days.append(one.plan.quiet_until)
    told = _told(parts, person, one, writes)
    scored = due(one.contact, one.verdict, one.step, parts.rulebook, one.verdict.day, told=told)
    return min((max(day, tomorrow) for day in (*days, scored) if day is not None), default=None)


def _is_under_way(one: Judged) -> bool:
    """Tell whether she is on a track, or about to enter or leave one. A list that nobody listens to is none: she was put on
    it when she began to match, and what takes her off it scoring foresees.
    """
    plan, today = one.plan, one.verdict.day
    entering = any(not enter.ways[0].segment or plan.tracks[enter.track].matched_since == today for enter in plan.enter)
    on = any(episode.left_at is None for episode in one.contact.episodes)
    return entering or bool(plan.leave) or on


def _told(parts: Parts, person: Person, one: Judged, writes: Writes) -> Told:
    """What each platform shows once the writes of today are done."""
    write = parts.rulebook.fields.write
    targets: dict[str, ScoreWrite | PropertyWrite] = {"": write.score, **write.scores}
    shown: list[int | None] = []
    each: dict[str, list[int | None]] = {model: [] for model in write.scores}
    days: list[date | None] = []
    for source, record in person.records.items():
        if source not in writes:
            continue
        for name, target in targets.items():
            raw = target.hubspot if source == HUBSPOT else f"merge_fields.{target.mailchimp}"
            if source != HUBSPOT and not target.mailchimp:
                continue
            number = _whole({**record.values, **writes[source]}.get(raw))
            (each[name] if name else shown).append(number)
            if number is None:
                continue
            written = person.written.get(source, {}).get(raw)
            days.append(one.verdict.day if raw in writes[source] else parts.day_of(written.at) if written else None)
    since = min((day for day in days if day is not None), default=None) if None not in days else None
    return Told(tuple(shown), since, {model: tuple(numbers) for model, numbers in each.items()})


def _whole(text: str | None) -> int | None:
    try:
        return round(float(text)) if text else None
    except ValueError:
        return None


def _entering(enter: Enter, rulebook: Rulebook) -> Entering:
    priority = rulebook.tracks.tracks[enter.track].priority
    ways = tuple({"source": way.source, "key": way.key, "segment": way.segment} for way in enter.ways)
    return Entering(enter.track, enter.episode, ways, enter.subscription, enter.not_before, enter.why, priority)
