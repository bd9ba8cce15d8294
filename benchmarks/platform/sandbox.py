"""`trellis sandbox` in a process of its own, with a crowd, and its control panel."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from processes import Environ, ask, started


@dataclass(frozen=True, slots=True)
class Portal:
    """Pretend HubSpot at `environ`."""

    environ: Environ

    @property
    def url(self) -> str:
        return self.environ["HUBSPOT_BASE_URL"]

    def add(self, contacts: int) -> None:
        """They were always there."""
        self._do("add_many", count=contacts)

    def change(self, contacts: int, *, milliseconds: int = 1_000) -> None:
        """The title of so many changes now, within the last so many milliseconds; each time of others."""
        self._do("change_many", count=contacts, milliseconds=milliseconds, seed=time.time_ns())

    def set(self, *, latency_ms: float = 0.0, limited: bool = True) -> None:
        """How long each answer takes; whether there are limits, and headers that tell them."""
        ask(f"{self.url}/sandbox/latency", {"ms": latency_ms})
        ask(f"{self.url}/sandbox/settings", {"limits_on": limited, "rate_headers": limited})

    def counts(self) -> Mapping[str, int]:
        """Calls by method and route since the portal began, and how many were ``refused`` with 429."""
        told = ask(f"{self.url}/sandbox/calls")
        return {**told["counts"], "refused": sum(call["status"] == 429 for call in told["calls"])}

    def _do(self, act: str, **how: object) -> None:
        ask(f"{self.url}/sandbox/life", {"do": act, **how})


@contextmanager
def pretend_portal(contacts: int) -> Iterator[Portal]:
    """A portal with so many contacts, whose search sees a change at once."""
    command = ("-m", "connector", "sandbox", "--hubspot-port", "0", "--mailchimp-port", "0", "--search-lag", "0")
    with started(*command, environ={}) as process:
        assert process.stdout
        exports = {}
        while not (line := process.stdout.readline()).startswith("Ready"):
            if not line:
                raise SystemExit("the sandbox did not start")
            name, _, value = line.removeprefix("export ").strip().partition("=")
            exports[name] = value
        portal = Portal({name: value for name, value in exports.items() if name.startswith("HUBSPOT_")})
        portal.add(contacts)
        yield portal
