"""Audience webhooks: who listens, and the background delivery (facts/mailchimp.md §4)."""

import hashlib
import heapq
import hmac
import http.client
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Condition, Thread
from urllib.parse import urlencode, urlsplit

from adapters.sandbox.mailchimp.asking import Json

EVENTS = ("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign")
SOURCES = ("user", "admin", "api")
Pairs = list[tuple[str, str]]


@dataclass(slots=True)
class Hook:
    """One webhook of one audience; `secret` is None for a hook made before signing existed."""

    id: str
    list_id: str
    url: str
    events: dict[str, bool]
    sources: dict[str, bool]
    secret: str | None
    disabled: bool = False

    def as_json(self) -> Json:
        """As GET shows it: never the secret."""
        return {
            "id": self.id,
            "url": self.url,
            "events": self.events,
            "sources": self.sources,
            "list_id": self.list_id,
            "signing_enabled": self.secret is not None,
        }

    def hears(self, event: str, source: str) -> bool:
        """Whether this event by this source is to be sent; `campaign` knows no source."""
        return not self.disabled and self.events[event] and (event == "campaign" or self.sources[source])


def sign(secret: str, at: datetime, body: bytes) -> str:
    """The `X-Mailchimp-Signature` of a raw body."""
    t = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{t}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={t},v1={digest}"


@dataclass(slots=True)
class Delivery:
    """One attempt that was made; `status` 0 means no answer within the limit."""

    hook_id: str
    body: bytes
    attempt: int
    status: int


@dataclass(order=True, slots=True)
class _Waiting:
    due: float
    number: int
    hook: Hook = field(compare=False)
    body: bytes = field(compare=False)
    attempt: int = field(compare=False, default=1)


class Webhooks:
    """Delivers in one background thread; at least once, without order or delivery id.

    Attributes:
        lost: nothing is ever delivered.
        duplicate: everything is delivered twice.
        shuffled: whatever waits at the same moment goes out in random order.
        signing: new hooks get a secret.
        timeout: seconds that a receiver may take (the real limit is 10).
        retry_after: seconds before each further attempt; the real ones spread over 75 minutes.
        log: every attempt, oldest first.

    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.lost = False
        self.duplicate = False
        self.shuffled = False
        self.signing = True
        self.timeout = 10.0
        self.retry_after: tuple[float, ...] = (0.1, 0.5, 2.0, 5.0)
        self.hooks: dict[str, Hook] = {}
        self.log: list[Delivery] = []
        self._clock = clock
        self._random = random.Random(11)
        self._changed = Condition()
        self._waiting: list[_Waiting] = []
        self._on_the_way = 0
        self._number = 0
        self._closed = False
        self._thread: Thread | None = None

    def of(self, list_id: str) -> list[Hook]:
        """The hooks of one audience."""
        return [hook for hook in self.hooks.values() if hook.list_id == list_id]

    def answers_validator(self, url: str) -> bool:
        """Send the GET of a set-up; True if the address answers 200."""
        return self._call(url, "GET", b"", {"User-Agent": "MailChimp.com WebHook Validator"}) == 200

    def emit(self, list_id: str, event: str, source: str, data: Pairs) -> None:
        """Queue an event for every hook that listens."""
        if self.lost:
            return
        fired = self._clock().strftime("%Y-%m-%d %H:%M:%S")
        body = urlencode([("type", event), ("fired_at", fired), *data]).encode()
        for hook in self.of(list_id):
            if hook.hears(event, source):
                self._queue(hook, body)
                if self.duplicate:
                    self._queue(hook, body)

    def flush(self, timeout: float = 30.0) -> None:
        """Wait until nothing waits, retries included; raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._waiting and not self._on_the_way, timeout):
                raise TimeoutError("webhooks are still on their way")

    def close(self) -> None:
        """Stop delivering; what waits is lost."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(self.timeout + 1)

    def _queue(self, hook: Hook, body: bytes, *, attempt: int = 1, delay: float = 0.0) -> None:
        with self._changed:
            if self._closed:
                return
            if self._thread is None:
                self._thread = Thread(target=self._run, name="mailchimp-webhooks", daemon=True)
                self._thread.start()
            self._number += 1
            heapq.heappush(self._waiting, _Waiting(time.monotonic() + delay, self._number, hook, body, attempt))
            self._changed.notify_all()

    def _run(self) -> None:
        while (batch := self._due()) is not None:
            if self.shuffled:
                self._random.shuffle(batch)
            for one in batch:
                self._deliver(one)
                with self._changed:
                    self._on_the_way -= 1
                    self._changed.notify_all()

    def _due(self) -> list[_Waiting] | None:
        """Wait for deliveries that are due and take them; None once closed."""
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                batch = []
                while self._waiting and self._waiting[0].due <= now:
                    batch.append(heapq.heappop(self._waiting))
                if batch:
                    self._on_the_way += len(batch)
                    return batch
                self._changed.wait(self._waiting[0].due - now if self._waiting else None)
        return None

    def _deliver(self, one: _Waiting) -> None:
        hook = one.hook
        if hook.disabled or hook.id not in self.hooks:
            return
        headers = {"User-Agent": "MailChimp.com", "Content-Type": "application/x-www-form-urlencoded"}
        if hook.secret is not None:
            headers["X-Mailchimp-Signature"] = sign(hook.secret, self._clock(), one.body)
        status = self._call(hook.url, "POST", one.body, headers)
        self.log.append(Delivery(hook.id, one.body, one.attempt, status))
        if status == http.client.GONE:
            hook.disabled = True
        elif not 200 <= status < 300 and one.attempt <= len(self.retry_after):
            delay = self.retry_after[one.attempt - 1]
            self._queue(hook, one.body, attempt=one.attempt + 1, delay=delay)

    def _call(self, url: str, method: str, body: bytes, headers: dict[str, str]) -> int:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=self.timeout)
        try:
            target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
            connection.request(method, target, body or None, headers)
            with connection.getresponse() as answer:
                answer.read()
                return answer.status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()
