"""Values from the outbox to a source: claimed in batches, written if they still differ, and ended together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from adapters.ports import (
    NOT_STORED,
    Change,
    Deadline,
    DeadlinePassed,
    Outcome,
    PlatformError,
    PlatformRefused,
    RowOutcome,
)
from connector.rulebook.mapping import MERGE_FIELDS
from connector.steps.difference import same
from connector.steps.overwriting import about_to_write
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.sending import FEW, Held, away, send
from connector.steps.tally import Tally
from connector.store import failures, ledger, outbox, state
from connector.store.engine import writer_lock
from connector.store.failures import Failing
from connector.store.outbox import Intent

#: How many writes are claimed at once: twenty calls at HubSpot, at Mailchimp one call each.
_CLAIMED = {HUBSPOT: 2_000}
_CLAIMED_ELSEWHERE = 500
_LEASE_S = 300
#: From before the claim to the last byte, shorter than the lease: a worker that was stopped for minutes sends no value
#: that somebody else may have replaced meanwhile.
_DEADLINE_S = 240.0
_TO_JUDGE = "approved, and to be judged anew"


@dataclass(frozen=True, slots=True)
class _Claim:
    """Claimed writes: those to make, by the platform's record id, and those with nothing left to write.

    `failing` are the records that could not be written last time; `put_back` counts what is neither sent nor over.
    """

    rows: Mapping[str, tuple[Intent, Change]]
    void: Sequence[Intent]
    held: Held
    failing: Collection[str]
    put_back: Tally


def write_values(parts: Parts, source: str, errors: list[PlatformError], stop: Callable[[], bool]) -> Tally:
    """Write what waits for one source. Its failure is added to `errors` and ends this; what was not written waits."""
    tally: Tally = Counter()
    while not stop():
        deadline = Deadline.after(_DEADLINE_S, parts.monotonic)
        claim = _claim(parts, source)
        if claim is None:
            return tally
        rows = [row for _, row in claim.rows.values()]
        about_to_write(parts, source, rows, claim.held)
        outcomes = send(parts, source, rows, claim.held, deadline, failing=claim.failing, back=_may_move_back(parts))
        gone = None if deadline.remaining() <= 0 else away(outcomes, claim.failing)
        tally += claim.put_back
        listed = gone is None or len(outcomes) <= FEW
        with parts.engine.begin() as conn:
            writer_lock(conn)
            tally += _end(parts, conn, source, claim, outcomes, listed=listed)
        if parts.progress:
            parts.progress.step(f"writing {source}", tally["written"])
        if gone is not None:
            errors.append(gone)
            return tally
    return tally


def _may_move_back(parts: Parts) -> str | None:
    write = parts.rulebook.fields.write.lifecycle
    return write.hubspot if write is not None and write.when == "both" else None


def _claim(parts: Parts, source: str) -> _Claim | None:
    """Claim what is due, all but loops, and what a person approved but nobody has judged anew; None when nothing is."""
    with parts.engine.begin() as conn:
        due = outbox.claim_writes(conn, source, _CLAIMED.get(source, _CLAIMED_ELSEWHERE), _LEASE_S)
        if not due:
            return None
        looping = outbox.hold_loops(conn, [intent.id for intent in due], parts.now())
        approved = [intent.contact for intent in due if intent.approved_at is not None]
        unjudged = ledger.unjudged(conn, approved, parts.rulebook.hash) if approved else frozenset()
        early = {one.id for one in due if one.approved_at is not None and one.contact in unjudged} - looping
        outbox.release_all(conn, dict.fromkeys(early, _TO_JUDGE), parts.now(), again_in_s=30)
        put_back = Counter({"held": len(looping), "written later": len(early)})
        claimed = [intent for intent in due if intent.id not in looping | early]
        known = ledger.held_values(conn, source, [intent.contact for intent in claimed])
        failed = frozenset(failures.contacts_failing(conn, "write", source))
    rows: dict[str, tuple[Intent, Change]] = {}
    void = []
    for intent in claimed:
        row = _row(intent, known.get(intent.contact))
        if row is None:
            void.append(intent)
        else:
            rows[row.id] = (intent, row)
    failing = {id_ for id_, (intent, _) in rows.items() if intent.contact in failed}
    return _Claim(rows, void, dict(known.values()), failing, +put_back)


def _row(intent: Intent, held: tuple[str, Mapping[str, str | None]] | None) -> Change | None:
    """What is still to write, diffed again against what we know by now: None when she is not on this source any more, or
    it holds all of it.
    """
    if held is None:
        return None
    platform_id, values = held
    wanted: Mapping[str, str] = intent.payload["values"]
    left = {name: value for name, value in wanted.items() if not same(value, values.get(name))}
    return Change(platform_id, left) if left else None


# ---------------------------------------------------------------- the endings


def _end(
    parts: Parts, conn: Connection, source: str, claim: _Claim, outcomes: Sequence[RowOutcome], *, listed: bool
) -> Tally:
    """End or give back what was claimed, all at once, and remember what the platform holds now.

    With `listed`, what is given back is a failure that a person can see: it is about these rows.
    """
    now = parts.now()
    endings = {intent.id: ("superseded", "nothing left to write") for intent in claim.void}
    stored: dict[str, Mapping[str, str]] = {}
    well: list[str] = []
    failed: list[Failing] = []
    stumbled: list[Failing] = []
    later: dict[int, str] = {}
    for one in outcomes:
        intent, row = claim.rows[one.id]
        reason = str(one.error or "")
        match one.outcome:
            case Outcome.DONE:
                endings[intent.id] = ("accepted", "")
                stored[one.id] = row.values
                well.append(one.id)
            case Outcome.REFUSED:
                kept = _stored_of(row, one.error)
                endings[intent.id] = ("accepted" if kept else "refused", reason)
                stored[one.id] = kept
                failed.append(Failing(one.id, intent.contact, reason))
            case _:  # writing the same values again does no harm
                later[intent.id] = reason
                if not isinstance(one.error, DeadlinePassed):
                    stumbled.append(Failing(one.id, intent.contact, reason))
    outbox.finish_all(conn, endings, now)
    outbox.release_all(conn, later, now, again_in_s=30)
    failures.resolve_failures(conn, step="write", source=source, platform_ids=well, at=now)
    failures.record_failures(conn, [*failed, *(stumbled if listed else ())], step="write", source=source, at=now)
    # By tomorrow a person may have mended it.
    ledger.look_again(conn, [one.contact for one in failed if one.contact is not None], parts.today + timedelta(days=1))
    if any(_names(one.error, name) for one in outcomes for name in claim.rows[one.id][1].values):
        # Somebody may have changed these properties: the next pass looks before it writes.
        state.forget_cached(conn, f"{source}:")
    ledger.wrote(conn, source, stored, now, facts=facts_of(parts, source))
    counts = {"written": len(well), "refused": len(failed), "written later": len(later)}
    return Counter({name: number for name, number in counts.items() if number})


def _stored_of(row: Change, error: PlatformError | None) -> Mapping[str, str]:
    """What of a refused row is stored all the same: where the platform took it and dropped some values, the others."""
    if not isinstance(error, PlatformRefused) or error.category != NOT_STORED:
        return {}
    return {name: value for name, value in row.values.items() if not _names(error, name)}


def _names(error: PlatformError | None, name: str) -> bool:
    """Whether the platform names this value in its refusal; Mailchimp may say a merge field's tag alone."""
    named = error.fields if isinstance(error, PlatformRefused) else ()
    return name in named or name.removeprefix(MERGE_FIELDS) in named


def facts_of(parts: Parts, source: str) -> frozenset[str]:
    """The names under which a source tells fields: what we write there is read again as a fact."""
    fields = parts.rulebook.fields.fields.values()
    names = [name for one in fields for name in ((one.hubspot, one.or_) if source == HUBSPOT else (one.mailchimp,))]
    return frozenset(filter(None, names))
