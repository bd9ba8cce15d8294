"""Everything of one campaign: both pretend platforms, one installation, the courier between them, and the people."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from courier import Courier
from installation import CLIENT_SECRET, MAILCHIMP_TOKEN, READY_S, Broken, Installation, until
from life import Life
from witness import Witness

from adapters.sandbox import Effect, Fault, Sandbox
from adapters.sandbox.people import populate
from connector.steps.bell import WORK, ring
from connector.store.postgres import attach_or_start

#: The properties whose changes HubSpot tells.
TOLD = ("num_conversion_events", "hs_email_optout", "phone")

_PEOPLE = 14
_DRAINED_S = 240.0
_PASSES = 8

_WAIT = {"Retry-After": "1"}
#: What goes wrong at the platforms: the answer is lost after the effect, a failure, a wish to wait.
_HUBSPOT_FAULTS = (
    {"probability": 0.05, "ending": "drop"},
    {"probability": 0.02, "status": 502, "body": "<html>Bad gateway</html>"},
    {"probability": 0.02, "status": 429, "headers": _WAIT, "body": {"policyName": "SECONDLY"}},
)
_MAILCHIMP_FAULTS = (
    {"probability": 0.05, "ending": "drop"},
    {"probability": 0.02, "status": 500, "body": {"title": "Internal Server Error", "status": 500}},
    {"probability": 0.02, "status": 429, "headers": _WAIT, "body": {"title": "Too Many Requests", "status": 429}},
)

_TO_TAKE_IN = "SELECT id, attempts, reason FROM delivery WHERE state = 'waiting'"
_TO_DELIVER = (
    "SELECT id, kind, state, attempts, reason FROM intent"
    " WHERE state IN ('sending', 'unknown') OR (state = 'pending' AND not_before <= now())"
)


@dataclass(frozen=True, slots=True)
class World:
    """What a campaign is played with."""

    folder: Path
    sandbox: Sandbox
    witness: Witness
    installation: Installation
    courier: Courier
    life: Life

    def effects(self) -> list[Effect]:
        """What the platforms did to people so far."""
        return list(self.sandbox.effects)

    def begin_to_tell(self) -> None:
        """Everything runs and Mailchimp has its webhook: both platforms tell the courier, and begin to fail."""
        subscriptions = [
            ("contact.creation", ""),
            ("contact.merge", ""),
            *(("contact.propertyChange", one) for one in TOLD),
        ]
        self.sandbox.hubspot.webhooks.configure(f"{self.courier.url}/hubspot", CLIENT_SECRET, subscriptions)
        for hook in self.sandbox.mailchimp.webhooks.hooks.values():
            hook.url = f"{self.courier.url}/mailchimp"
        for server, rules in (
            (self.sandbox.hubspot_server, _HUBSPOT_FAULTS),
            (self.sandbox.mailchimp_server, _MAILCHIMP_FAULTS),
        ):
            for rule in rules:
                server.faults.add(Fault(times=None, **rule))  # type: ignore[arg-type]

    def ring(self, job: str) -> None:
        """As the clock does; a database that is away hears nothing."""
        with suppress(psycopg.Error):
            ring(self.installation.database, job)

    def let_an_hour_pass(self) -> None:
        """What a dead worker held is free, unless the next one is at work already."""
        with suppress(psycopg.Error):
            if not self.installation.pids("worker"):
                self.installation.let_an_hour_pass()

    # ------------------------------------------------------------ the calm after it

    def calm_down(self) -> None:
        """The faults stop, what was not acknowledged arrives, and all of it is taken in: by webhooks alone."""
        self.sandbox.hubspot_server.faults.clear()
        self.sandbox.mailchimp_server.faults.clear()
        self.courier.calm_down()
        until(self.installation.is_ready, READY_S, "everything runs again")
        self.sandbox.hubspot.webhooks.flush(_DRAINED_S)
        self.sandbox.mailchimp.webhooks.flush(_DRAINED_S)
        self._until(lambda: self.courier.is_idle, "every delivery is acknowledged")
        self.installation.kill("worker")
        self.let_an_hour_pass()
        self.ring(WORK)
        self._until(lambda: not self.installation.rows(_TO_TAKE_IN), "the inbox is empty")

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait as long as anybody would, while an init system minds `serve`. Raises Broken, with what the courier knows."""
        try:
            until(lambda: self.installation.mind() and holds(), _DRAINED_S, what)
        except Broken as broken:
            raise Broken(
                f"{broken} ({self.courier.told}; serve ended by itself {self.installation.ended} times)"
            ) from None

    def replay_what_was_set_aside(self) -> int:
        """A delivery whose worker died five times waits for a person, who lets it be taken in again. Returns how many."""
        aside = [number for (number,) in self.installation.rows("SELECT id FROM delivery WHERE state = 'failed'")]
        for number in aside:
            self.installation.trellis("deliveries", "replay", str(number))
        if aside:
            self.calm_down()
        return len(aside)

    def poll_until_quiet(self) -> None:
        """Nobody works but passes by hand, an hour before each for what was interrupted, until two find nothing that waits:
        the second reads what the first has written. Raises Broken.
        """
        self.installation.stop()
        with attach_or_start(self.installation.data):
            quiet = 0
            for _ in range(_PASSES):
                self.installation.let_an_hour_pass()
                self.sync_when_search_shows_all()
                left = [*self.installation.rows(_TO_TAKE_IN), *self.installation.rows(_TO_DELIVER)]
                quiet = 0 if left else quiet + 1
                if quiet == 2:
                    return
        raise Broken(f"after {_PASSES} passes there still waits: {left}")

    def sync_when_search_shows_all(self) -> None:
        """One pass by hand; the search index lags behind, so it waits for it first."""
        time.sleep(self.sandbox.hubspot.settings.search_lag)
        self.installation.trellis("sync", expect=(0, 3))


@contextmanager
def opened(folder: Path, seed: int) -> Iterator[World]:
    """A world in which nothing runs yet but the platforms. Whatever runs at the end is killed."""
    sandbox = Sandbox()
    population = populate(sandbox, count=_PEOPLE)
    witness = Witness(sandbox.clock)
    sandbox.hubspot_server.told, sandbox.mailchimp_server.told = witness.hubspot, witness.mailchimp
    with sandbox:
        installation = Installation(folder, sandbox.hubspot_url, sandbox.mailchimp_url)
        targets = f"{installation.url}/webhooks/hubspot", f"{installation.url}/webhooks/mailchimp/{MAILCHIMP_TOKEN}"
        try:
            with Courier(sandbox, *targets, CLIENT_SECRET, seed) as courier:
                yield World(folder, sandbox, witness, installation, courier, Life(sandbox, population, seed))
        finally:
            installation.kill_all()
