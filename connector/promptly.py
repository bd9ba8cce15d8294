"""An answer in time of something that may hang: who asks is a thread of the server, and there are few of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Lock, Thread
from typing import Generic, TypeVar

from connector.store.errors import StoreUnavailable

_Answer = TypeVar("_Answer")


class Promptly(Generic[_Answer]):
    """Looks in a thread of its own, one look at a time: whoever asks meanwhile gets what that one finds.

    So a database that stopped in the middle of an answer, which no timeout of its own ends, costs one thread and one
    connection, however often it is asked after. Thread-safe.
    """

    def __init__(self, look: Callable[[], _Answer], seconds: float) -> None:
        self._look = look
        self._seconds = seconds
        self._lock = Lock()
        self._asked: Future[_Answer] | None = None

    def __call__(self) -> _Answer:
        """What the look finds, or raises; StoreUnavailable when that takes longer than `seconds`."""
        with self._lock:
            asked = self._asked
            if asked is None or asked.done():
                asked = self._asked = Future()
                Thread(target=self._answer, args=(asked,), name="look", daemon=True).start()
        wait([asked], self._seconds)
        if not asked.done():
            raise StoreUnavailable("the database does not answer; see that it runs and is not locked")
        return asked.result()

    def _answer(self, asked: Future[_Answer]) -> None:
        try:
            asked.set_result(self._look())
        except BaseException as error:  # noqa: BLE001 — whoever asked raises it
            asked.set_exception(error)
