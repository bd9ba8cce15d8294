"""Locks between processes of one machine, that die with their holder: `flock` on files nobody deletes."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

_POLL_S = 0.05


class FileLock:
    """One lock file; held by this object until `release` or the end of the process, whatever ends it.

    Two objects exclude each other within one process as well. The file holds the pid of the last exclusive holder,
    for messages only: whether somebody holds the lock is the kernel's word, so a reused pid misleads nobody.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        return self._descriptor is not None

    def acquire(self, *, shared: bool = False) -> bool:
        """Take the lock if nobody stands in the way; never waits. Raises OSError if the file cannot be made."""
        if self._descriptor is not None:
            raise RuntimeError(f"{self._path.name} is already held by this object")
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        if not shared:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor
        return True

    def wait(self, seconds: float, waiting: Callable[[], None]) -> bool:
        """Take the lock exclusively within `seconds`, calling `waiting` between tries; False if time ran out."""
        ends = time.monotonic() + seconds
        while not self.acquire():
            if time.monotonic() >= ends:
                return False
            waiting()
            time.sleep(_POLL_S)
        return True

    def release(self) -> None:
        """Give the lock back; does nothing if it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> str:
        """What the file says of its last exclusive holder: a pid, or ``unknown``. Read-only."""
        try:
            return self._path.read_text(encoding="ascii").strip() or "unknown"
        except (OSError, ValueError):
            return "unknown"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
