"""The platforms' delivery at its worst, and the journal: every delivery goes out three times, shuffled, and again for as long
as its answer is lost; what Trellis answered with a 2xx stands in the journal.

The pretend platforms post here; the courier signs anew (HubSpot's signature holds URL and time) and posts to Trellis.
"""

from __future__ import annotations

import heapq
import itertools
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from threading import Condition, Thread
from typing import Self
from urllib.parse import urlsplit

import orjson

from adapters.sandbox import Sandbox
from adapters.sandbox.hubspot.signatures import signed_headers
from adapters.sandbox.mailchimp.webhooks import sign
from adapters.sandbox.server import Server
from adapters.sandbox.web import Request, Response, Routes

COPIES = 3
LOST_ANSWERS = 0.05
_APART_S = 2.0
_AGAIN_S = (0.2, 1.0)
_PATIENCE_S = 10.0
_THREADS = 6


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One line of the journal: a body that was answered with a 2xx; `lost` means that the platform never heard of it."""

    number: int
    at: datetime
    platform: str
    body: bytes
    lost: bool


@dataclass(order=True, slots=True)
class _Letter:
    due: float
    number: int
    platform: str = field(compare=False)
    body: bytes = field(compare=False)


class Courier:
    """Takes deliveries of the platforms at `url` + /hubspot and /mailchimp; context manager. Thread-safe.

    Attributes:
        journal: what was acknowledged, in the order of the answers.
        refused: answers that were neither 2xx nor a receiver that is away, as (status, platform).

    """

    def __init__(self, sandbox: Sandbox, hubspot: str, mailchimp: str, client_secret: str, seed: int) -> None:
        self.journal: list[Acknowledged] = []
        self.refused: list[tuple[int, str]] = []
        self.sent = 0
        self._answers: Counter[int] = Counter()
        self._targets = {"hubspot": hubspot, "mailchimp": mailchimp}
        self._secret, self._clock, self._hooks = client_secret, sandbox.clock, sandbox.mailchimp.webhooks.hooks
        self._dice = random.Random(seed)
        self._numbers = itertools.count(1)
        self._changed = Condition()
        self._waiting: list[_Letter] = []
        self._on_the_way = 0
        self._closed = False
        self._lossless = False
        routes = Routes()
        for platform in self._targets:
            routes.add("POST", f"/{platform}", lambda request, platform=platform: self._take(platform, request))
        self._server = Server(routes, name="courier")
        self._threads = [Thread(target=self._work, name="courier", daemon=True) for _ in range(_THREADS)]

    @property
    def url(self) -> str:
        return self._server.url

    def __enter__(self) -> Self:
        self._server.start()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(_PATIENCE_S + 1)
        self._server.stop()

    def calm_down(self) -> None:
        """The faults stop: no answer is lost any more."""
        self._lossless = True

    @property
    def is_idle(self) -> bool:
        with self._changed:
            return not self._waiting and not self._on_the_way

    @property
    def told(self) -> str:
        """What is still to be acknowledged, and what was answered so far: for whoever waits in vain."""
        with self._changed:
            left = f"{len(self._waiting)} deliveries wait, {self._on_the_way} are on the way"
            return f"{left}; answers by status, 0 for none: {dict(self._answers)}; refused: {Counter(self.refused)}"

    def _take(self, platform: str, request: Request) -> Response:
        with self._changed:
            for _copy in range(COPIES):
                due = time.monotonic() + self._dice.uniform(0, _APART_S)
                body = self._shuffled(request.body) if platform == "hubspot" else request.body
                heapq.heappush(self._waiting, _Letter(due, next(self._numbers), platform, body))
            self._changed.notify_all()
        return Response(200)

    def _shuffled(self, body: bytes) -> bytes:
        events = orjson.loads(body)
        self._dice.shuffle(events)
        return orjson.dumps(events)

    def _work(self) -> None:
        while (letter := self._next()) is not None:
            status = self._post(letter)
            with self._changed:
                self._on_the_way -= 1
                self.sent += 1
                self._answers[status] += 1
                acknowledged = 200 <= status < 300
                lost = not self._lossless and self._dice.random() < LOST_ANSWERS
                if acknowledged:
                    entry = Acknowledged(len(self.journal) + 1, self._clock(), letter.platform, letter.body, lost)
                    self.journal.append(entry)
                elif status not in (0, 502, 503):
                    self.refused.append((status, letter.platform))
                if not acknowledged or lost:
                    due = time.monotonic() + self._dice.uniform(*_AGAIN_S)
                    again = _Letter(due, letter.number, letter.platform, letter.body)
                    heapq.heappush(self._waiting, again)
                self._changed.notify_all()

    def _next(self) -> _Letter | None:
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                if self._waiting and self._waiting[0].due <= now:
                    self._on_the_way += 1
                    return heapq.heappop(self._waiting)
                self._changed.wait(self._waiting[0].due - now if self._waiting else None)
        return None

    def _post(self, letter: _Letter) -> int:
        """The status of the answer, 0 where none came."""
        url = self._targets[letter.platform]
        parts = urlsplit(url)
        connection = HTTPConnection(parts.netloc, timeout=_PATIENCE_S)
        try:
            connection.request("POST", parts.path, letter.body, self._headers(letter))
            return connection.getresponse().status
        except (OSError, HTTPException):
            return 0
        finally:
            connection.close()

    def _headers(self, letter: _Letter) -> dict[str, str]:
        """As the platform would sign this attempt."""
        now = self._clock()
        if letter.platform == "hubspot":
            url, now_ms = self._targets["hubspot"], int(now.timestamp() * 1000)
            return {"Content-Type": "application/json"} | signed_headers(self._secret, "POST", url, letter.body, now_ms)
        (hook,) = self._hooks.values()
        signature = sign(hook.secret or "", now, letter.body)
        return {"Content-Type": "application/x-www-form-urlencoded", "X-Mailchimp-Signature": signature}
