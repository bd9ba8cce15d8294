"""What taking releases back would come to on the platforms, and the calls that it takes; it asks them, and changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from connector.change.plan.calls import calls
from connector.change.plan.wishes import NEW, Wish
from connector.nurturing.ways import source_of
from connector.steps import portal
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.sending import moves_back
from connector.steps.undoing.endings import Endings, kept_names
from connector.steps.undoing.put_back import LIFECYCLE, Compared, compare
from connector.store import undo
from connector.store.undo import Ended, Span

_AT_ONCE = 500
#: A contact is read twice before she is put back: for the ledger, and under names that the rulebook does not know.
_READ = 2
#: Rows of a call to HubSpot (facts/hubspot.md §3); members are asked for one by one, and come whole.
_ROWS = 100


@dataclass(frozen=True, slots=True)
class WouldGoBack:
    """How the values would end, counted by `store.undo.Ended`, and the calls by platform that reading and writing them takes."""

    values: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)


def would_go_back(parts: Parts, span: Span, decided: Endings) -> WouldGoBack:
    """Look what stands on the platforms by now, of everybody; whoever is `decided` on leaves, or stays with sales.

    Raises PlatformError.
    """
    found = WouldGoBack()
    kept = {(contact, name) for contact in decided.stays for name in kept_names(parts)}
    order = portal.stage_order(parts) if parts.hubspot is not None else ()
    wishes = [
        Wish(one.contact, "leave", source_of(one.channel), (NEW, one.contact), one.track, one.channel)
        for one in decided.leaving
    ]
    for source in parts.platforms:
        platform = source.partition(":")[0]
        for compared in _compared(parts, span, source):
            ends = _ends(compared, kept if source == HUBSPOT else ())
            found.values.update(str(ended) for ended in ends.values())
            found.calls[platform] += _READ * ceil(compared.asked / _ROWS) if source == HUBSPOT else compared.asked
            found.calls.update(calls(list(_writes(compared, source, ends, order)), ()))
    found.calls.update(calls(wishes, ()))
    return found


def _compared(parts: Parts, span: Span, source: str) -> Iterator[Compared]:
    after = 0
    while True:
        with parts.engine.connect() as conn:
            contacts = undo.contacts_to_put_back(conn, span, source, _AT_ONCE, after)
        if not contacts:
            return
        yield compare(parts, span, source, contacts, keep=False)
        after = contacts[-1]


def _ends(found: Compared, kept: Collection[tuple[int, str]]) -> Mapping[tuple[int, str], Ended]:
    ends = {(contact, name): ended for ended, which in found.ends.items() for contact, name in which}
    ends |= {(one.contact, one.name): Ended.BACK for some in found.sends.values() for one in some}
    return {one: Ended.KEPT if one in kept else ended for one, ended in ends.items()}


def _writes(
    found: Compared, source: str, ends: Mapping[tuple[int, str], Ended], order: Sequence[str]
) -> Iterator[Wish]:
    for id_, some in found.sends.items():
        back = {one.name: one.before for one in some if ends[one.contact, one.name] is Ended.BACK}
        if back:
            empty = source == HUBSPOT and moves_back(back.get(LIFECYCLE), found.held[id_].get(LIFECYCLE), order)
            yield Wish(some[0].contact, "write", source, (NEW, some[0].contact), empty=empty)
