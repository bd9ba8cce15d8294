"""Values that releases have overwritten, back onto a platform: read fresh, and put back only where ours still stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from adapters.ports import Change, Deadline, Outcome, PlatformError, RowOutcome
from connector.steps.difference import same
from connector.steps.overwriting import about_to_write
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.reading.intake import read_by_ids, take_in_found
from connector.steps.sending import Held, away, send
from connector.steps.tally import Tally
from connector.steps.undoing.with_sales import taken_by_sales
from connector.steps.write import facts_of
from connector.store import failures, ledger, undo
from connector.store.engine import writer_lock
from connector.store.failures import Failing
from connector.store.undo import Ended, Overwritten, Span

_AT_ONCE = 500
_DEADLINE_S = 240.0
#: HubSpot's own name of the lifecycle stage: what may only move back once it is empty.
LIFECYCLE = "lifecyclestage"


def put_back(
    parts: Parts, span: Span, source: str, errors: list[PlatformError], stop: Callable[[], bool] = lambda: False
) -> Tally:
    """Put back on one source what the releases have overwritten there; its failure is added to `errors` and ends this.

    What it reads is kept like any reading. What somebody has changed since stays. Whoever is touched is judged again.
    """
    tally: Tally = Counter()
    after = 0
    while not stop():
        with parts.engine.connect() as conn:
            contacts = undo.contacts_to_put_back(conn, span, source, _AT_ONCE, after)
        if not contacts:
            return tally
        try:
            compared = compare(parts, span, source, contacts, keep=True)
        except PlatformError as error:
            errors.append(error)
            return tally
        gone = _put_back_some(parts, span, source, compared, tally)
        if gone is not None:
            errors.append(gone)
            return tally
        after = contacts[-1]
    return tally


@dataclass(slots=True)
class Compared:
    """What stands on a source now, next to what is to be put back there: how each value ends, and what is to be sent.

    `held` are the present values by record id, as far as they are asked about; `asked` is of how many records they are.
    """

    asked: int = 0
    ends: dict[Ended, list[tuple[int, str]]] = field(default_factory=dict)
    sends: dict[str, list[Overwritten]] = field(default_factory=dict)
    held: Held = field(default_factory=dict)

    def end(self, ended: Ended, contact: int, name: str) -> None:
        """Note how a value ends."""
        self.ends.setdefault(ended, []).append((contact, name))


def compare(parts: Parts, span: Span, source: str, contacts: Sequence[int], *, keep: bool) -> Compared:
    """Read these contacts fresh, and say of each value what is to become of it. Raises PlatformError.

    With `keep`, what is read goes into the ledger, too.
    """
    with parts.engine.connect() as conn:
        rows, homeless = undo.to_put_back(conn, span, source, contacts)
    found = Compared()
    for contact, name in homeless:
        found.end(Ended.GONE, contact, name)
    ids = sorted({row.platform_id for row in rows})
    found.asked = len(ids)
    names = {row.name for row in rows}
    if source == HUBSPOT:
        names.add(parts.rulebook.fields.write.sales_verdict.hubspot)
    found.held = _values_now(parts, source, ids, sorted(names), keep=keep) if ids else {}
    taken = taken_by_sales(parts, rows, found.held) if source == HUBSPOT else frozenset()
    for row in rows:
        there = found.held.get(row.platform_id)
        if there is None:
            found.end(Ended.GONE, row.contact, row.name)
            continue
        present = there.get(row.name)
        if same(row.before or "", present):
            found.end(Ended.BACK if row.began else Ended.SAME, row.contact, row.name)
        elif (row.contact, row.name) in taken:
            found.end(Ended.KEPT, row.contact, row.name)
        elif any(same(one, present) for one in row.ours) or (row.began and not present):
            found.sends.setdefault(row.platform_id, []).append(row)
        else:
            found.end(Ended.CHANGED, row.contact, row.name)
    return found


def _values_now(parts: Parts, source: str, ids: Sequence[str], names: Sequence[str], *, keep: bool) -> Held:
    """What stands there now, also under names that the rulebook of `parts` does not know."""
    if source == HUBSPOT and parts.hubspot is not None:
        if keep:
            read_by_ids(parts, source, parts.hubspot, ids)
        return parts.hubspot.values_of(ids, names)
    found = parts.mailchimp[source].by_ids(ids)  # members come whole, one call each
    if keep:
        take_in_found(parts, source, found)
    return {record.id: record.values for record in found.records}


def _put_back_some(parts: Parts, span: Span, source: str, compared: Compared, tally: Tally) -> PlatformError | None:
    """Returns why the platform should be left alone for now, if it should be."""
    deadline = Deadline.after(_DEADLINE_S, parts.monotonic)
    rows = [Change(id_, {one.name: one.before or "" for one in some}) for id_, some in compared.sends.items()]
    with parts.engine.begin() as conn:
        writer_lock(conn)
        undo.written_as_before(conn, span, source, compared.ends.get(Ended.BACK, ()))
        for ended, which in compared.ends.items():
            undo.end(conn, span, source, which, ended)
            tally[str(ended)] += len(which)
        undo.end(conn, span, source, _named(compared.sends.values()), Ended.PUTTING)
    if not rows:
        return None
    about_to_write(parts, source, rows, compared.held)
    outcomes = send(parts, source, rows, compared.held, deadline, back=LIFECYCLE)
    with parts.engine.begin() as conn:
        writer_lock(conn)
        now = parts.now()
        done = _of(outcomes, Outcome.DONE)
        written = {row.id: row.values for row in rows if row.id in done}
        ledger.wrote(conn, source, written, now, facts=facts_of(parts, source))
        backed = _named(compared.sends[id_] for id_ in written)
        undo.written_as_before(conn, span, source, backed)
        undo.end(conn, span, source, backed, Ended.BACK)
        refused = _of(outcomes, Outcome.REFUSED)
        undo.end(conn, span, source, _named(compared.sends[id_] for id_ in refused), Ended.REFUSED)
        failing = [Failing(id_, compared.sends[id_][0].contact, str(one.error or "")) for id_, one in refused.items()]
        failures.record_failures(conn, failing, step="write", source=source, at=now)
        touched = sorted({one.contact for some in compared.sends.values() for one in some})
        ledger.look_again(conn, touched, parts.today)
    tally[str(Ended.BACK)] += len(backed)
    tally[str(Ended.REFUSED)] += sum(len(compared.sends[id_]) for id_ in refused)
    return None if deadline.remaining() <= 0 else away(outcomes)


def _of(outcomes: Sequence[RowOutcome], outcome: Outcome) -> Mapping[str, RowOutcome]:
    return {one.id: one for one in outcomes if one.outcome is outcome}


def _named(some: Iterable[Sequence[Overwritten]]) -> list[tuple[int, str]]:
    return [(one.contact, one.name) for rows in some for one in rows]
