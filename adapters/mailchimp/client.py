"""The one module that talks through `mailchimp-marketing` 3.0.80; all its traps are handled here (facts/mailchimp.md §1).

- It corrupts every address that contains the word "server": switched off by an empty `server` and an explicit host.
- It returns the raw `Response` for an empty 429 or 403, for 204, and for a truncated body; text for a maintenance page.
- Its error text is a str, a dict or an exception.
- It has no total timeout and no retries: `transport` and tenacity add them.
- Its generated methods split a text given for `fields` into letters and forbid what they do not know; the calls here go
  through `call_api`, with the path templates below as the names of endpoints.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from datetime import UTC, datetime
from functools import cached_property
from threading import Lock, local
from typing import Any, TypeVar

import requests
from requests.auth import AuthBase, HTTPBasicAuth
from tenacity import RetryCallState, Retrying

from adapters.budget import RateBudget, Slots
from adapters.mailchimp.errors import from_answer, from_exception, next_wait
from adapters.mailchimp.transport import Transport
from adapters.ports import (
    CredentialsRefused,
    Deadline,
    DeadlinePassed,
    PlatformBusy,
    PlatformError,
    PlatformRefused,
    PlatformUnreachable,
    elapsed,
)
from adapters.proxy import NONE, Proxies
from adapters.retry_after import read_retry_after
from adapters.skew import ComparedClock

#: Of the ten simultaneous calls that Mailchimp allows a user (facts/mailchimp.md §2), those that we use.
IN_FLIGHT = 8

#: An id may stand in a path. Those of stores are given by their plugins, and quoted.
_ID = re.compile(r"[\w-][\w.-]*", re.ASCII)
_IDS = {"store_id": re.compile(r"(?!\.+$)[^/\x00-\x1f\x7f]+")}

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class MailchimpClient:
    """Calls Mailchimp's Marketing API; shared by all threads and all audiences of one account.

    Give an `api_key` (its suffix names the data center) or an OAuth `access_token` with `server_prefix` (``us19``);
    `base_url` (ends in ``/3.0``) overrides the address. `slots` bounds the calls in flight, `budget` is slowed down
    when Mailchimp is busy. `deadline_s` bounds each call with all its attempts, also where its deadline is later.
    `calls` counts attempts by (method and path template, outcome); `clock` compares ours with Mailchimp's.

    Raises ValueError when the address of the API cannot be known.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        access_token: str | None = None,
        server_prefix: str | None = None,
        base_url: str | None = None,
        slots: Slots,
        budget: RateBudget,
        deadline_s: float = 60.0,
        proxies: Proxies = NONE,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = elapsed,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if not api_key and not access_token:
            raise ValueError("Mailchimp needs an API key or an access token")
        self._host = (base_url or _address(api_key, server_prefix)).rstrip("/")
        self._transport = Transport(_auth(api_key, access_token), IN_FLIGHT, self._host, proxies.to(self._host))
        self._slots = slots
        self._budget = budget
        self._deadline_s = deadline_s
        self._sleep = sleep
        self._monotonic = monotonic
        self._now = now
        self._told = _Told()
        self.clock = ComparedClock()
        self._counting = Lock()
        self.calls: Counter[tuple[str, str]] = Counter()

    def deadline(self) -> Deadline:
        """A fresh deadline of the length that every call of this client gets."""
        return Deadline.after(self._deadline_s, self._monotonic)

    def together(self, function: Callable[[Item], Answer], items: Sequence[Item]) -> tuple[Answer, ...]:
        """`function` of every item, at most IN_FLIGHT at once, in order; the first error ends it all.

        Each runs in a copy of the caller's context, and is as urgent.
        """
        if len(items) < 2:
            return tuple(map(function, items))
        pool = ThreadPoolExecutor(min(IN_FLIGHT, len(items)), thread_name_prefix="mailchimp")
        try:
            runs = [copy_context().run for _ in items]
            return tuple(pool.map(lambda run, item: run(function, item), runs, items))
        finally:
            pool.shutdown(cancel_futures=True)

    def pace(self) -> float:
        """How many calls a second the budget allows."""
        return self._budget.rate

    def close(self) -> None:
        """Give back what other processes could use."""
        self._budget.close()
        self._slots.close()

    def call(
        self,
        method: str,
        template: str,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, Any] | None = None,
        deadline: Deadline | None = None,
    ) -> Mapping[str, Any]:
        """One call, tried again where that is safe; the JSON object of the answer, empty for 204.

        `template` holds `{names}` that `path` fills with ids. Raises PlatformError, never anything of the SDK.
        """
        deadline = (deadline or self.deadline()).within(self._deadline_s)
        writes = method != "GET"
        for name, value in (path or {}).items():
            if not _IDS.get(name, _ID).fullmatch(value):
                raise PlatformRefused("mailchimp", f"{name} is not an id", status=404, category="Resource Not Found")

        def attempt() -> Mapping[str, Any]:
            return self._once(method, template, path or {}, query or {}, body, deadline)

        def wait(state: RetryCallState) -> float | None:
            error = state.outcome.exception() if state.outcome else None
            seconds = next_wait(error, state.attempt_number, writes=writes) if error else None
            return seconds if seconds is not None and seconds < deadline.remaining() else None

        retrying = Retrying(
            stop=lambda state: wait(state) is None,
            wait=lambda state: wait(state) or 0.0,
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(attempt)

    def _once(
        self,
        method: str,
        template: str,
        path: Mapping[str, str],
        query: Mapping[str, object],
        body: Mapping[str, Any] | None,
        deadline: Deadline,
    ) -> Mapping[str, Any]:
        outcome = "ok"
        with self._admitted(deadline):
            try:
                return self._transport.within(deadline, lambda: self._ask(method, template, path, query, body))
            except PlatformError as error:
                outcome = _outcome(error)
                if isinstance(error, PlatformBusy):
                    self._budget.slow_down(error.retry_after)
                raise
            finally:
                with self._counting:
                    self.calls[f"{method} {template}", outcome] += 1

    @contextmanager
    def _admitted(self, deadline: Deadline) -> Iterator[None]:
        """A permit and a slot for one call. Raises DeadlinePassed."""
        permit = self._budget.acquire(deadline)
        if permit is None:
            raise DeadlinePassed("mailchimp", "no permit before the deadline")
        entered = False
        try:
            entered = self._slots.acquire(deadline)
            if not entered:
                raise DeadlinePassed("mailchimp", "no free slot before the deadline")
            yield
        finally:
            if entered:
                self._slots.release()  # first: whoever keeps the budget may be away
                self._budget.done(permit)
            else:
                self._budget.give_back(permit)

    def _ask(
        self,
        method: str,
        template: str,
        path: Mapping[str, str],
        query: Mapping[str, object],
        body: Mapping[str, Any] | None,
    ) -> Mapping[str, Any]:
        sdk, sdk_error = self._sdk
        writes = method != "GET"
        try:
            answer = sdk.call_api(
                template,
                method,
                path_params=dict(path),
                query_params=[(name, _text(value)) for name, value in query.items()],
                header_params={"Accept": "application/json, application/problem+json"},
                body=body,
            )
        except sdk_error as error:
            raise _sorted(error.status_code, error.text, self._told.wait, writes=writes) from error
        if isinstance(answer, Mapping):
            return answer
        if isinstance(answer, requests.Response):
            if answer.status_code >= 400:
                raise from_answer(answer.status_code, answer.text, writes=writes, retry_after=self._told.wait)
            if not answer.content or answer.content.strip() == b"{}":
                return {}
        raise PlatformUnreachable("mailchimp", "an answer that is not JSON", maybe_applied=writes)

    @cached_property
    def _sdk(self) -> tuple[Any, Any]:
        """The SDK's client and its error class; imported at the first call, for the import is slow."""
        from mailchimp_marketing.api_client import ApiClient, ApiClientError  # noqa: PLC0415

        sdk = ApiClient({"server": ""})
        sdk.host = self._host
        sdk.request = self._request
        return sdk, ApiClientError

    def _request(self, *args: Any, **options: Any) -> requests.Response:
        """What the SDK calls; it keeps headers to itself where an answer is an error."""
        self._told.wait = None
        asked = self._now()
        answer = self._transport.request(*args, **options)
        answered = self._now()
        self.clock.heard(answer.headers.get("Date"), asked, answered)
        self._told.wait = read_retry_after(answer.headers.get("Retry-After", ""), answered)
        return answer


class _Told(local):
    """The wait that the last answer of this thread asked for, in seconds."""

    wait: float | None = None


class _Bearer(AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _auth(api_key: str | None, access_token: str | None) -> AuthBase:
    return HTTPBasicAuth("user", api_key) if api_key else _Bearer(access_token or "")


def _address(api_key: str | None, server_prefix: str | None) -> str:
    prefix = server_prefix or (api_key or "").rpartition("-")[2]
    if not re.fullmatch(r"[a-z]+[0-9]+", prefix) or (not server_prefix and "-" not in (api_key or "")):
        raise ValueError(
            "the Mailchimp data center is unknown: give the key with its suffix (…-us19) or the server prefix"
        )
    return f"https://{prefix}.api.mailchimp.com/3.0"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, tuple | list) else str(value)


def _sorted(status: int | None, text: object, wait: float | None, *, writes: bool) -> PlatformError:
    """The platform error in an `ApiClientError`; what is a defect of ours is raised as it is."""
    if status is not None:
        return from_answer(status, text, writes=writes, retry_after=wait)
    if isinstance(text, PlatformError):
        return text
    if isinstance(text, requests.RequestException):
        return from_exception(text, writes=writes)
    raise text if isinstance(text, BaseException) else RuntimeError(str(text))


def _outcome(error: PlatformError) -> str:
    if isinstance(error, CredentialsRefused):
        return "credentials"
    for kind, name in (
        (PlatformRefused, "refused"),
        (PlatformBusy, "busy"),
        (PlatformUnreachable, "unreachable"),
    ):
        if isinstance(error, kind):
            return name
    return "not sent"
