"""`HubSpotClient`: one call to HubSpot, with permit, deadline, retry of what may be retried, and sorted errors."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import tenacity

from adapters.budget import Quota, RateBudget
from adapters.hubspot.answers import PLATFORM, read_bare, read_json, sort_error
from adapters.hubspot.concurrency import worthwhile
from adapters.hubspot.quota import is_silent, read_quota
from adapters.hubspot.transport import Transport
from adapters.hubspot.versions import ENDPOINTS, Endpoint, Version
from adapters.ports import Deadline, DeadlinePassed, PlatformBusy, PlatformError, PlatformUnreachable, elapsed
from adapters.proxy import NONE, Proxies
from adapters.skew import ComparedClock
from adapters.tls import Untrusted

REAL_URL = "https://api.hubapi.com"
#: After this many tries a read gives up; the next sync asks again.
MOST_TRIES = 5


def next_wait(error: BaseException, tries: int, *, once: bool) -> float | None:
    """Seconds to wait before the next try, or None for giving up, after `tries` that failed (pure).

    A busy answer was not applied, so anything may be tried again; an answer that never came may hide a success, so what may
    happen `once` only is not (the caller probes). Neither a daily quota nor trust in a certificate comes back within a call.
    """
    if tries >= MOST_TRIES:
        return None
    if isinstance(error, PlatformBusy) and not error.daily:
        return error.retry_after
    if isinstance(error, PlatformUnreachable) and not once and not isinstance(error, Untrusted):
        return 0.5 * 2.0 ** (tries - 1)
    return None


class HubSpotClient:
    """Calls endpoints of `versions.ENDPOINTS` by name. Thread-safe; share one per portal.

    `budget` is the portal's rate, `search_budget` the own one of search; `deadline_s` limits every call, with all its
    waits and tries, also where its deadline is later. `calls` counts answers by (endpoint, outcome), where the outcome is
    an HTTP status or the name of the error, for the operator to see; `clock` compares ours with HubSpot's.
    """

    def __init__(
        self,
        token: str,
        *,
        base_url: str = REAL_URL,
        version: Version,
        budget: RateBudget,
        search_budget: RateBudget,
        deadline_s: float = 30.0,
        proxies: Proxies = NONE,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = elapsed,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._transport = Transport(token, base_url, proxies.to(base_url))
        self._version = version
        self._budget = budget
        self._search_budget = search_budget
        self._deadline_s = deadline_s
        self._sleep = sleep
        self._monotonic = monotonic
        self._now = now
        self._count_lock = Lock()
        self._latency: dict[str, float] = {}
        self.clock = ComparedClock()
        self.calls: Counter[tuple[str, str]] = Counter()

    def call(
        self,
        name: str,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: object = None,
        deadline: Deadline | None = None,
    ) -> dict[str, Any]:
        """Make one call and return the JSON object of its answer (of a 207 too: look at its `errors`).

        Raises PlatformError; see `adapters.ports` for the kinds.
        """
        endpoint = ENDPOINTS[name]
        limit = (deadline or Deadline.after(self._deadline_s, self._monotonic)).within(self._deadline_s)

        def wait_after(state: tenacity.RetryCallState) -> float | None:
            error = state.outcome.exception() if state.outcome else None
            wait = next_wait(error, state.attempt_number, once=endpoint.once) if error else None
            return wait if wait is not None and wait < limit.remaining() else None

        retrying = tenacity.Retrying(
            retry=lambda state: wait_after(state) is not None,
            wait=lambda state: wait_after(state) or 0.0,
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(self._once, name, endpoint, path or {}, query or {}, body, limit)

    def pace(self) -> float:
        """How many calls a second the budget allows."""
        return self._budget.rate

    def quota(self) -> Quota | None:
        """What the last answers told of the limits, and what of them is left; None if they told nothing."""
        return self._budget.quota()

    def leave(self, share: float) -> None:
        """Let bulk use up no more than this share of the calls of a day."""
        self._budget.share = share

    def close(self) -> None:
        """Give back what other processes could use."""
        self._budget.close()
        self._search_budget.close()

    def at_once(self, name: str) -> int:
        """How many calls of this kind at once are worth it: as many as keep the pace up, by how long answers take."""
        return worthwhile(self.pace(), self._latency.get(name, 0.0))

    def _once(
        self,
        name: str,
        endpoint: Endpoint,
        path: Mapping[str, str],
        query: Mapping[str, str],
        body: object,
        deadline: Deadline,
    ) -> dict[str, Any]:
        budget = self._search_budget if endpoint.searches else self._budget
        if (wait := self._budget.day_wait()) is not None:
            raise PlatformBusy(PLATFORM, "bulk has used up its share of the day's calls", retry_after=wait, daily=True)
        self._transport.load()
        permit = budget.acquire(deadline)
        if permit is None:
            self._count(name, DeadlinePassed.__name__)
            raise DeadlinePassed(PLATFORM, f"no permit for {name} came before the deadline")
        try:
            began, asked = self._monotonic(), self._now()
            answer = self._transport.send(
                endpoint.method,
                endpoint.path(self._version),
                path_params=path,
                query=query,
                body=body,
                deadline=deadline,
            )
            took = self._monotonic() - began
        except PlatformError as error:
            self._count(name, type(error).__name__)
            if isinstance(error, PlatformUnreachable) and not endpoint.writes:
                error.maybe_applied = False
            raise
        finally:
            budget.done(permit)
        self._count(name, str(answer.status))
        self.clock.heard(answer.headers.get("Date"), asked, self._now())
        told = read_quota(answer)
        if told is not None or (answer.status == 200 and not endpoint.searches and is_silent(answer)):
            self._budget.observe(permit, told)
        content = read_bare(answer.body) if endpoint.bare else read_json(answer.body)
        if 200 <= answer.status < 300 and content is not None:
            self._time(name, took)
            return content
        failure = sort_error(name, answer, writes=endpoint.writes, now=self._now())
        if isinstance(failure, PlatformBusy) and answer.status == 429 and not failure.daily:
            budget.slow_down(failure.retry_after)
        raise failure

    def _count(self, name: str, outcome: str) -> None:
        with self._count_lock:
            self.calls[name, outcome] += 1

    def _time(self, name: str, seconds: float) -> None:
        """Remember how long answers take: the newest counts for a fifth, so that one that was slow changes little."""
        known = self._latency.get(name, seconds)
        self._latency[name] = known + (seconds - known) / 5
