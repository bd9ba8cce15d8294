"""Watching the files of MAPPINGS_DIR: what changed is said once, kept for `/readyz`, and by choice goes live if it is small.

The active rulebook is a row of the store, so nothing that stands in the files changes what decides. What it takes to read
and to judge them comes as functions: importing it is for the moment when something has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import Connection

from connector.change.folder import Folder
from connector.change.noticed import BEAT_S, Noticed, Size, keep, last_noticed
from connector.logs import log
from connector.store import state
from connector.store.state import ActiveRulebook

if TYPE_CHECKING:
    from connector.change.files import Said
    from connector.rulebook.types import Rulebook

#: What never comes to its end is begun so often: it may be what ends the process.
TRIES = 3


@dataclass(frozen=True, slots=True)
class Considered:
    """A proposal's size; the `release` that made it the active rulebook, or why it `waits` for a person, if it might have."""

    size: Size
    waits: str = ""
    release: int | None = None


class Consider(Protocol):
    """Figures what a proposal would change, and makes it the active rulebook where it goes `by_itself` and is small."""

    def __call__(self, files: Rulebook, active: ActiveRulebook, *, by_itself: bool) -> Considered:
        """Raises StoreUnavailable; everything else that stands in the way is a reason to wait."""


class Watcher:
    """One folder and one store, on a connection of its own. With `auto_apply`, what is small goes live."""

    def __init__(
        self,
        conn: Connection,
        folder: Path,
        now: Callable[[], datetime],
        read: Callable[[], Said],
        consider: Consider,
        *,
        auto_apply: bool,
    ) -> None:
        self._conn = conn
        self._folder = Folder(folder)
        self._now = now
        self._read = read
        self._consider = consider
        self._auto_apply = auto_apply
        self._digest: str | None = None
        self._due_s = 0.0

    def turn(self, now_s: float) -> bool:
        """Look once; `now_s` is monotonic. True when something had changed, and the files were read. Raises StoreUnavailable."""
        digest = self._folder.digest(now_s)
        if digest is None or (digest == self._digest and now_s < self._due_s):
            return False
        seen_to_change = self._digest not in (None, digest)
        self._digest, self._due_s = digest, now_s + BEAT_S
        with self._conn.begin():
            active, last = state.active(self._conn), last_noticed(self._conn, self._now())
            if last is not None and _is_over(last, digest, active):
                keep(self._conn, last, self._now())
                return False
        said = self._read()
        if self._folder.digest(now_s) == digest:  # else it may be half of two rulebooks
            self._notice(said, digest, active, last, seen_to_change=seen_to_change)
        return True

    def _notice(
        self, said: Said, digest: str, active: ActiveRulebook | None, last: Noticed | None, *, seen_to_change: bool
    ) -> None:
        rulebook = said.rulebook
        found = _found(digest, active, said, last)
        if rulebook is None or active is None or not found.differs:
            self._keep(found)
            _tell(found, last)
            return
        if last is not None and (last.digest, last.active) == (
            digest,
            active.hash,
        ):  # a try that did not come to its end
            found = replace(found, waits=last.waits, tries=last.tries + 1)
        else:
            why = self._why_it_waits(found, last, seen_to_change=seen_to_change)
            found = replace(found, edited=found.edited and not why, waits=why, tries=1)
        self._keep(found)
        came = self._consider(rulebook, active, by_itself=self._auto_apply and not found.waits)
        if came.release is not None:
            self._keep(Noticed(digest, rulebook.hash, rulebook.hash, edited=True))
            log("files applied", release=came.release, rulebook=rulebook.hash[:12], **asdict(came.size))
            return
        found = replace(found, size=came.size, waits=(found.waits or came.waits) if self._auto_apply else "")
        self._keep(found)
        waits = {"waits": found.waits} if found.waits else {}
        log("files differ", rulebook=rulebook.hash[:12], **asdict(came.size), apply_would=str(came.size), **waits)

    def _why_it_waits(self, found: Noticed, last: Noticed | None, *, seen_to_change: bool) -> str:
        """What goes live by itself is a change that somebody has just made to the files of the active rulebook.

        After `trellis rollback`, and on a second machine with an older copy, files differ as well; and whoever goes on with
        such files would bring back with her own change what was taken back.
        """
        if last is None:
            return "nobody was watching when the files were changed"
        if not found.edited:
            waited = last.waits if last.active == found.active else ""
            return waited or "another rulebook was made active, and the files have not been its own since"
        with self._conn.begin():
            was_active = state.rulebook_id(self._conn, str(found.rulebook)) is not None
        if was_active and not seen_to_change:
            return "they were active before, and may be an old copy"
        return ""

    def _keep(self, found: Noticed) -> None:
        with self._conn.begin():
            keep(self._conn, found, self._now())


def _found(digest: str, active: ActiveRulebook | None, said: Said, last: Noticed | None) -> Noticed:
    hash_ = None if said.rulebook is None else said.rulebook.hash
    same = active is not None and hash_ == active.hash
    edited = same or (last is not None and last.edited and last.active == _hash(active))
    return Noticed(digest, _hash(active), hash_, edited, said.problems)


def _is_over(last: Noticed, digest: str, active: ActiveRulebook | None) -> bool:
    """Whether all that there is to say of these files has been said."""
    known = last.digest == digest and last.active == _hash(active)
    return known and (not last.differs or last.size is not None or last.tries >= TRIES)


def _hash(active: ActiveRulebook | None) -> str | None:
    return None if active is None else active.hash


def _tell(found: Noticed, last: Noticed | None) -> None:
    for problem in found.problems:
        log("files invalid", level="WARNING", problem=problem)
    if not found.problems and last is not None and (last.problems or last.differs):
        log("files ok", rulebook=str(found.rulebook)[:12])
