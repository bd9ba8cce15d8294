"""What the watcher last found in the files, kept in the store: for its next start, `/readyz` and `/metrics`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from connector.store import state

#: A watcher tells this often that it is still there; its word is worth nothing once it has been silent for so long.
BEAT_S, SILENT_S = 15.0, 600.0

_KEY = "trellis:files"
_EVER_S = 10 * 366 * 86400


@dataclass(frozen=True, slots=True)
class Size:
    """How much a proposal would change. `creates` counts what the platforms lack, `reads` properties never read before."""

    moves: int
    enters: int
    leaves: int
    handovers: int
    writes: int
    calls: int
    held: int
    creates: int
    reads: int

    def __str__(self) -> str:
        """What `trellis apply` would do, in words; what it would not do is left out."""
        told = (
            (self.creates, "create {} thing{s}"),
            (self.reads, "read {} field{s} for the first time"),
            (self.moves, "move {} to another stage"),
            (self.enters, "let {} enter tracks"),
            (self.leaves, "take {} out of tracks"),
            (self.handovers, "hand {} over to sales"),
            (self.writes, "make {} write{s}"),
            (self.held, "hold {} for a person"),
        )
        words = (text.format(f"{count:,}", s="" if count == 1 else "s") for count, text in told if count)
        return ", ".join(words) or "change nobody"


@dataclass(frozen=True, slots=True)
class Noticed:
    """Contents of files (their digest) next to the rulebook that was active then, and what came of looking at them.

    `rulebook` is the files' own hash, None while they have `problems`. `edited`: since that rulebook was made active, the files
    have said the same, so that what they say now is a change of it, and nothing else. `waits` says why they do not go live by
    themselves. `tries` counts how often somebody began to figure their `size`: what ends a process again and again is left alone.
    """

    digest: str
    active: str | None
    rulebook: str | None = None
    edited: bool = False
    problems: tuple[str, ...] = ()
    size: Size | None = None
    waits: str = ""
    tries: int = 0

    @property
    def differs(self) -> bool:
        """True when the files are a rulebook, and another one than the active."""
        return self.rulebook is not None and self.active is not None and self.rulebook != self.active


def keep(conn: Connection, noticed: Noticed, at: datetime) -> None:
    """Keep it, as of now; what was kept before is gone."""
    state.put_cached(conn, _KEY, asdict(noticed), at)


def last_noticed(conn: Connection, now: datetime) -> Noticed | None:
    """What any watcher found last, however long ago; None if none ever did. Read-only."""
    return _noticed(state.cached(conn, _KEY, _EVER_S, now))


def now_noticed(conn: Connection, now: datetime) -> Noticed | None:
    """What a watcher that is still there says; None without one. Read-only."""
    return _noticed(state.cached(conn, _KEY, SILENT_S, now))


def _noticed(kept: Any) -> Noticed | None:
    """None also for what another version kept."""
    if not isinstance(kept, dict) or kept.keys() != {one.name for one in fields(Noticed)}:
        return None
    size = kept["size"]
    if size is not None and size.keys() != {one.name for one in fields(Size)}:
        return None
    return replace(Noticed(**kept), problems=tuple(kept["problems"]), size=None if size is None else Size(**size))
