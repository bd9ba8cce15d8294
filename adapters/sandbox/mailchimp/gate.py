"""Ten requests at a time per user; the eleventh is turned away (facts/mailchimp.md §2, §8.11)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from adapters.sandbox.mailchimp.problems import TRIGGERED
from adapters.sandbox.web import Refusal, Response

LIMIT = 10


class Gate:
    """Counts what is in flight.

    Attributes:
        latency: seconds that each request stays in flight.
        refusal: how the eleventh is answered: "problem" (429 with a body), "bodyless-429" or "bodyless-403".
        refused: how many were turned away.
        most: the highest number ever in flight.

    """

    def __init__(self) -> None:
        self.latency = 0.0
        self.refusal = "problem"
        self.refused = 0
        self.most = 0
        self._changed = Condition()
        self._in_flight = 0
        self._held = False

    @property
    def in_flight(self) -> int:
        """Requests that are being processed now."""
        return self._in_flight

    def hold(self) -> None:
        """Keep every request that comes in from now on in flight until `release`."""
        with self._changed:
            self._held = True

    def release(self) -> None:
        """Let the held requests go on."""
        with self._changed:
            self._held = False
            self._changed.notify_all()

    def wait_for(self, in_flight: int, timeout: float = 10.0) -> None:
        """Block until that many requests are in flight; raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._in_flight >= in_flight, timeout):
                raise TimeoutError(f"{self._in_flight} requests in flight, not {in_flight}")

    @contextmanager
    def passing(self, instance: str) -> Iterator[None]:
        """Be in flight; raises Refusal where ten already are."""
        with self._changed:
            if self._in_flight >= LIMIT:
                self.refused += 1
                raise Refusal(self._refusal(instance))
            self._in_flight += 1
            self.most = max(self.most, self._in_flight)
            self._changed.notify_all()
        try:
            if self.latency:
                time.sleep(self.latency)
            with self._changed:
                self._changed.wait_for(lambda: not self._held)
            yield
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    def _refusal(self, instance: str) -> Response:
        if self.refusal == "problem":
            return TRIGGERED["TooManyRequests"].response(instance)
        return Response(429 if self.refusal == "bodyless-429" else 403, content_type="")
