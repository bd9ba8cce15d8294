"""The bundled PostgreSQL of one TRELLIS_DATA: owned by `serve`, or shared by commands that come and go.

Three lock files stand beside the data. `gate.lock` is held while somebody looks, starts or stops; `users.lock` is
shared by everybody who uses the server; `owner.lock` belongs to the one supervisor. They end with their holders, so
`kill -9` of anything leaves at most a running server, which the next start finds, or a crashed one, which it recovers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from connector.store.account import server_account
from connector.store.binaries import reachable_binaries
from connector.store.cluster import PATIENCE_S, Cluster
from connector.store.errors import StoreUnavailable
from connector.store.locks import FileLock
from connector.store.place import SHELF, Place, find_place


def _silent(_line: str) -> None:
    """Say nothing."""


class _Premises:
    """The place, the locks and the cluster of one data directory."""

    def __init__(self, data: Path, say: Callable[[str], None]) -> None:
        with _told_in_one_line(data):
            account = server_account()
            self.place: Place = find_place(data, account, say)
            programs = reachable_binaries(account, SHELF)
        self.data = data
        self.cluster = Cluster(self.place, programs, say)
        self.owner = FileLock(self.place.base / "owner.lock")
        self.users = FileLock(self.place.base / "users.lock")
        self._gate = FileLock(self.place.base / "gate.lock")
        self._say = say

    @contextmanager
    def gate(self) -> Iterator[None]:
        """Wait until nobody else starts or stops the server, then keep others out."""
        said = False

        def waiting() -> None:
            nonlocal said
            if not said:
                self._say("another Trellis is starting or stopping the database; waiting")
            said = True

        with _told_in_one_line(self.data), self._gate:
            if not self._gate.wait(PATIENCE_S, waiting):
                raise StoreUnavailable(
                    f"another Trellis (pid {self._gate.holder()}) keeps the database of {self.data} busy: stop it first"
                )
            yield


class Server:
    """The supervisor's server: at most one owner per TRELLIS_DATA; it stops with its owner.

    >>> with Server(Path("var")) as url: ...

    `start` may be called again after `alive` turned false: it recovers and returns the same URL. Call it from a thread
    that lives as long as the server shall (Linux ties the two together, so that `kill -9` of the owner stops it).
    """

    def __init__(self, data: Path, say: Callable[[str], None] = _silent) -> None:
        self._data = data
        self._say = say
        self._premises: _Premises | None = None

    def start(self) -> str:
        """Start the server, or take over a running one, and return its URL once it answers.

        Raises StoreUnavailable: another owner, no rights, no room, or PostgreSQL's own reason.
        """
        premises = self._premises or _Premises(self._data, self._say)
        with _told_in_one_line(self._data):
            if not premises.owner.held and not premises.owner.acquire():
                raise StoreUnavailable(
                    f"another Trellis is using {self._data} (pid {premises.owner.holder()}):"
                    " stop it, or set TRELLIS_DATA to another directory"
                )
        self._premises = premises
        try:
            with premises.gate():
                if not premises.users.held:
                    premises.users.acquire(shared=True)
                return premises.cluster.start(dies_with_us=True)
        except BaseException:
            self._let_go(premises)
            raise

    @property
    def base(self) -> Path | None:
        """The directory that holds data, log and locks; None before the first start."""
        return self._premises.place.base if self._premises else None

    @property
    def pid(self) -> int | None:
        """The pid of the running server, None when there is none. Read-only."""
        found = self._premises.cluster.running() if self._premises else None
        return found.pid if found else None

    @property
    def alive(self) -> bool:
        """Whether the server's process exists. Read-only."""
        return self.pid is not None

    def stop(self) -> None:
        """Stop the server cleanly, whoever still uses it, and give up ownership. Does nothing if not started."""
        premises = self._premises
        if premises is None:
            return
        try:
            with premises.gate():
                premises.cluster.stop()
        finally:
            self._let_go(premises)

    def _let_go(self, premises: _Premises) -> None:
        premises.users.release()
        premises.owner.release()
        self._premises = None

    def __enter__(self) -> str:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Attachment:
    """A command's use of the server: of the supervisor's, of another command's, or of one started for it.

    Whoever leaves last stops the server, unless a supervisor owns it. Made by `attach_or_start`.
    """

    def __init__(self, premises: _Premises) -> None:
        self._premises = premises
        self.url = ""

    def open(self) -> None:
        """Find the server, or start it. Whoever is interrupted here calls `close`."""
        with self._premises.gate():
            self._premises.users.acquire(shared=True)
            self.url = self._premises.cluster.start(dies_with_us=False)

    def close(self) -> None:
        """Leave; stop the server if nobody uses it any more. May be called twice."""
        users = self._premises.users
        if not users.held:
            return
        with self._premises.gate():
            users.release()
            with users:
                if users.acquire():
                    self._premises.cluster.stop()
                else:
                    self._premises.cluster.leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def attach_or_start(data: Path, say: Callable[[str], None] = _silent) -> Attachment:
    """Use the live server of `data`, or start one that lives until its last user leaves.

    Waits while another process starts it or it recovers, telling `say`. Raises StoreUnavailable.
    """
    attachment = Attachment(_Premises(data, say))
    try:
        attachment.open()
    except BaseException:  # an interruption too: what was started for us would go on without anybody
        attachment.close()
        raise
    return attachment


@contextmanager
def _told_in_one_line(data: Path) -> Iterator[None]:
    """Turn the operating system's refusals (no rights, no space, read-only) into one line with a cure."""
    try:
        yield
    except OSError as error:
        where = error.filename or data
        raise StoreUnavailable(
            f"the database cannot use {where}: {error.strerror or error}; make room or rights, or set TRELLIS_DATA"
        ) from error
