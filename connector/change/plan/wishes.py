"""What would wait to be done on the platforms once everybody was judged: one wish each, as the outbox would hold it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.steps.parts import HUBSPOT
from connector.store.bulk.waiting import WaitingIntent

#: The beginnings of orders.
WAITING, NEW, AGAIN = range(3)


@dataclass(frozen=True, slots=True)
class Wish:
    """One write, exit, hand-over or enrollment; `kind` is that of an intent.

    `order` is the outbox's: what waits already comes first, then by contact, and what takes the place of something that is
    over comes last, for it is decided once that has ended. `way` is the key of the channel, `segment` says
    that nobody listens to it. A write may tell of a `move`, of which one source was `told` before, `empty` a value first,
    and be `heard` by a workflow. `due`: it may be done now; else from `not_before` on, where that is known. `held`: why it
    waits for a person, else empty. Of enrollments those with the least `rank` go first where not all may. `calls` are
    those that it alone takes (a hand-over); `asked` are the sources that are asked about her before an enrollment, by id,
    and `sought` those by address.
    """

    contact: int
    kind: str
    source: str
    order: tuple[int, int]
    track: str = ""
    way: str = ""
    segment: bool = False
    move: bool = False
    told: bool = False
    empty: bool = False
    heard: bool = False
    approved: bool = False
    due: bool = True
    not_before: datetime | None = None
    held: str = ""
    rank: tuple[int, int] = (0, 0)
    calls: int = 0
    asked: tuple[str, ...] = ()
    sought: tuple[str, ...] = ()

    @property
    def is_again(self) -> bool:
        """Whether it is decided only when delivering has ended what was over."""
        return self.order[0] == AGAIN


def waiting_wish(
    one: WaitingIntent, *, asked: tuple[str, ...] = (), sought: tuple[str, ...] = (), calls: int = 0
) -> Wish:
    """What waits already, as it stands."""
    source, way = one.ways[0] if one.ways else (one.source or HUBSPOT, "")
    return Wish(
        one.contact,
        one.kind,
        source,
        (WAITING, one.id),
        track=one.track,
        way=way,
        segment=one.segment,
        move=one.move,
        told=one.told,
        heard=one.heard,
        approved=one.approved,
        due=one.due,
        not_before=one.not_before,
        held=one.held,
        rank=rank_of(one.payload.get("priority"), one.payload.get("score")),
        calls=calls,
        asked=asked,
        sought=sought,
    )


def rank_of(priority: int | None, score: int | None) -> tuple[int, int]:
    """The rank of an enrollment: by the priority of its track, then by score, each the highest first (store/claiming.py)."""
    return -(priority or 0), 1 if score is None else -score


def written_wish(
    contact: int,
    source: str,
    former: Sequence[WaitingIntent],
    *,
    moved: bool,
    heard: bool = False,
    empty: bool = False,
) -> Wish:
    """A new write, in the place of the `former` ones of hers: what was held stays held, what was approved stays so."""
    replaced = [one for one in former if one.kind == "write" and one.source == source]
    return Wish(
        contact,
        "write",
        source,
        (NEW, contact),
        move=moved or any(one.move for one in replaced),
        told=not moved and any(one.told for one in replaced),
        empty=empty,
        heard=heard,
        approved=any(one.approved for one in replaced),
        held=next((one.held for one in replaced if one.held), ""),
    )
