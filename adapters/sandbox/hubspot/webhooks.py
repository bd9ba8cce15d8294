"""Webhooks of the pretend portal: subscriptions, events, and their delivery in the background (facts/hubspot.md §6)."""

import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Condition, Thread
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import orjson

from adapters.sandbox.hubspot.record import Source
from adapters.sandbox.hubspot.settings import Settings
from adapters.sandbox.hubspot.signatures import signed_headers

Event = dict[str, Any]
_MOST_PER_POST = 100
_MOST_ATTEMPTS = 11  # the first and ten retries
_PATIENCE = 5.0


@dataclass(frozen=True)
class Subscription:
    """One subscription; `property` only for the propertyChange types.

    Types: `contact.creation`, `contact.propertyChange`, `contact.merge`, … or the same with `object.`.
    """

    id: int
    type: str
    property: str = ""


@dataclass
class Delivery:
    """How events travel; may be changed at any time.

    Attributes:
        lost: events are thrown away as they happen: "all webhooks lost".
        gather: seconds to wait for more events before a POST.
        shuffle: whether the events of a POST come in any order.
        duplicate: chance that an event is sent once more in a later POST.
        retry_delays: seconds before the retries (the last one repeats); the real platform spreads them over 24 h.
        patience: seconds until an answer counts as failed.

    """

    lost: bool = False
    gather: float = 0.02
    shuffle: bool = False
    duplicate: float = 0.0
    retry_delays: Sequence[float] = (0.2, 0.5, 1.0, 2.0, 5.0)
    patience: float = _PATIENCE


@dataclass(order=True)
class _Post:
    due: float
    number: int
    events: list[Event] = field(compare=False)
    attempt: int = field(compare=False, default=0)
    repeats: bool = field(compare=False, default=True)


class Webhooks:
    """Collects events while the portal changes and posts them from threads of its own; thread-safe.

    Every time in a delivery, the signature's included, is the sandbox clock's: a receiver that is to accept it shares it.
    """

    def __init__(self, settings: Settings, now_ms: Callable[[], int], seed: int = 0) -> None:
        self.delivery = Delivery()
        self.subscriptions: list[Subscription] = []
        self.target_url = ""
        self.client_secret = ""
        self.dropped = 0
        self._settings = settings
        self._now_ms = now_ms
        self._random = random.Random(seed)
        self._numbers = 0
        self._wake = Condition()
        self._pending: deque[Event] = deque()
        self._later: list[_Post] = []
        self._posting = 0
        self._hurry = False
        self._closed = False
        self._threads: list[Thread] = []

    def configure(
        self, target_url: str, client_secret: str, subscriptions: Sequence[tuple[str, str]], *, threads: int = 2
    ) -> None:
        """Say where events go; each subscription is (type, property name or "")."""
        self.target_url, self.client_secret = target_url, client_secret
        self.subscriptions = [Subscription(7_562_680 + i, type_, name) for i, (type_, name) in enumerate(subscriptions)]
        while len(self._threads) < threads:
            thread = Thread(target=self._work, name="hubspot-webhooks", daemon=True)
            self._threads.append(thread)
            thread.start()

    def emit(self, what: str, object_type: tuple[str, str], object_id: int, source: Source, **more: Any) -> None:
        """Make the events of one happening (`creation`, `propertyChange`, …) for all subscriptions that want it.

        `object_type` is (singular name, objectTypeId). `propertyName` in `more` chooses among propertyChange ones.
        """
        if not self.subscriptions or self.delivery.lost:
            return
        singular, type_id = object_type
        for subscription in self.subscriptions:
            family, _, wanted = subscription.type.partition(".")
            if wanted != what or family not in (singular, "object"):
                continue
            if what == "propertyChange" and subscription.property != more["propertyName"]:
                continue
            event: Event = {
                "eventId": self._random.randrange(1, 2**32),
                "subscriptionId": subscription.id,
                "portalId": self._settings.portal_id,
                "appId": self._settings.app_id,
                "occurredAt": self._now_ms(),
                "subscriptionType": subscription.type,
                "attemptNumber": 0,
                "objectId": object_id,
                "changeSource": source.change,
                "sourceId": source.id,
                **more,
            }
            if family == "object":
                event |= {"objectTypeId": type_id, "isSensitive": False}
            with self._wake:
                self._pending.append(event)
                self._wake.notify()

    def flush(self, timeout: float = 30.0) -> None:
        """Wait until every event is delivered or given up, retries coming at once; TimeoutError after `timeout` s."""
        deadline = monotonic() + timeout
        with self._wake:
            self._hurry = True
            self._wake.notify_all()
            try:
                while self._pending or self._later or self._posting:
                    if not self._threads or not self._wake.wait(deadline - monotonic()):
                        raise TimeoutError(f"{len(self._pending)} webhook events were not delivered in {timeout} s")
            finally:
                self._hurry = False

    def close(self) -> None:
        """Stop the threads; what is not delivered is lost."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        for thread in self._threads:
            thread.join(timeout=_PATIENCE + 1)

    def _work(self) -> None:
        while (post := self._take()) is not None:
            delivered = self._send(post.events)
            with self._wake:
                self._posting -= 1
                if delivered:
                    again = [event for event in post.events if self._random.random() < self.delivery.duplicate]
                    if again and post.repeats:
                        heappush(self._later, _Post(monotonic(), self._number(), again, repeats=False))
                elif post.attempt + 1 >= _MOST_ATTEMPTS:
                    self.dropped += len(post.events)
                else:
                    heappush(self._later, self._retry(post))
                self._wake.notify_all()

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _retry(self, post: _Post) -> _Post:
        delays = self.delivery.retry_delays
        due = monotonic() + delays[min(post.attempt, len(delays) - 1)]
        events = [{**event, "attemptNumber": post.attempt + 1} for event in post.events]
        return _Post(due, self._number(), events, post.attempt + 1, post.repeats)

    def _take(self) -> _Post | None:
        """Wait for something to post; None when closing."""
        with self._wake:
            while not self._closed:
                if self._pending:
                    if len(self._pending) < _MOST_PER_POST and not self._hurry:
                        self._wake.wait_for(lambda: self._hurry or self._closed, self.delivery.gather)
                    events = [self._pending.popleft() for _ in range(min(_MOST_PER_POST, len(self._pending)))]
                    if not events:
                        continue
                    if self.delivery.shuffle:
                        self._random.shuffle(events)
                    self._posting += 1
                    return _Post(0.0, self._number(), events)
                if self._later and (self._hurry or self._later[0].due <= monotonic()):
                    self._posting += 1
                    return heappop(self._later)
                self._wake.wait(max(0.0, self._later[0].due - monotonic()) if self._later else None)
            return None

    def _send(self, events: list[Event]) -> bool:
        url, body = self.target_url, orjson.dumps(events)
        parts = urlsplit(url)
        connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = connect(parts.netloc, timeout=self.delivery.patience)
        headers = {"Content-Type": "application/json", "User-Agent": "HubSpot Connect 2.0 (sandbox)"}
        headers |= signed_headers(self.client_secret, "POST", url, body, self._now_ms())
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        with suppress(OSError, HTTPException):
            try:
                connection.request("POST", path or "/", body, headers)
                return connection.getresponse().status < 400
            finally:
                connection.close()
        return False


def subscriptions_from(wishes: Sequence[str | Mapping[str, str]]) -> list[tuple[str, str]]:
    """Subscriptions as the control panel takes them: `"contact.creation"` or `{"type", "property"}`."""
    return [(wish, "") if isinstance(wish, str) else (wish["type"], wish.get("property", "")) for wish in wishes]
