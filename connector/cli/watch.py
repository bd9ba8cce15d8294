"""`trellis watch`: the process that notices changed files. Light while nothing changes; a child of `serve`."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from connector.assembly import Store
    from connector.change.files import Said
    from connector.change.plan.plan import Plan
    from connector.change.watching import Considered
    from connector.rulebook.types import Rulebook
    from connector.settings import Settings
    from connector.steps.parts import Parts
    from connector.store.state import ActiveRulebook

_LOOK_S = 1.0
_LOCK = "watch"
#: A pass of the worker is soon over.
_PATIENCE_S = 120.0


@click.command()
@click.option(
    "--auto-apply", is_flag=True, help="Make valid files the active rulebook where the change is small and safe."
)
def watch(*, auto_apply: bool) -> None:
    """Notice when the files of mappings/ change: are they valid, and what would `trellis apply` do? Changes nothing.

    It says so in the log, `/readyz` and `/metrics`, once for each change. With --auto-apply, a change goes live by itself if
    nothing but weights and words differ, it stays within the guard, creates, reads and holds nothing, and every golden person
    comes out; anything else waits for `trellis apply`. Run it on the machine where the files are edited; `serve` does.

    Example: trellis watch
    """
    from connector.assembly import open_store, settings
    from connector.logs import set_up_logs

    set_up_logs(settings(), "watch")
    stop = _Stop()
    with open_store(settings()) as store, store.engine.connect() as conn:
        _wait_for_turn(conn)
        _watch(settings(), store, conn, stop, auto_apply=auto_apply)
    if not stop.asked:  # what it took to read and to judge goes back to the machine, under the same process id
        os.execv(sys.executable, [sys.executable, "-m", "connector", *sys.argv[1:]])  # noqa: S606 — ourselves


class _Stop:
    """SIGTERM and Ctrl-C end the process at once, but for a release that is under way: that comes to a good place first."""

    def __init__(self) -> None:
        self.asked = False
        self._releasing = False
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGINT, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True
        if not self._releasing:
            raise SystemExit(0)

    @contextmanager
    def in_order(self) -> Iterator[None]:
        """Within the block, being asked to stop is only noted."""
        self._releasing = True
        try:
            yield
        finally:
            self._releasing = False


def _wait_for_turn(conn: Connection) -> None:
    """One process watches; whoever else does stands by, and takes over when that session ends."""
    from connector.change.noticed import BEAT_S
    from connector.logs import log
    from connector.store.engine import try_lock

    told = False
    while not try_lock(conn, _LOCK):
        conn.commit()
        if not told:
            log("waiting", reason="another process watches the files for this database")
            told = True
        time.sleep(BEAT_S)
    conn.commit()


def _watch(given: Settings, store: Store, conn: Connection, stop: _Stop, *, auto_apply: bool) -> None:
    """Come back as soon as something had changed, and everything about it was said and done."""
    from connector.change.watching import Watcher
    from connector.steps.parts import now_utc

    def read() -> Said:
        from connector.change.files import read_files

        return read_files(given.mappings_dir)

    def consider(files: Rulebook, active: ActiveRulebook, *, by_itself: bool) -> Considered:
        from connector.assembly import make_parts
        from connector.change.considering import consider as figure
        from connector.rulebook.read import rulebook_from_source

        decides = rulebook_from_source(active.source, active.hash)
        parts = make_parts(given, store, files)
        return figure(parts, decides, given.mappings_dir, release=partial(_release, stop) if by_itself else None)

    watcher = Watcher(conn, given.mappings_dir, now_utc, read, consider, auto_apply=auto_apply)
    while not watcher.turn(time.monotonic()):
        time.sleep(_LOOK_S)


def _release(stop: _Stop, parts: Parts, plan: Plan) -> int:
    from connector.change.apply import apply

    with stop.in_order():
        return apply(parts, plan, stop=lambda: stop.asked, patience_s=_PATIENCE_S).release
