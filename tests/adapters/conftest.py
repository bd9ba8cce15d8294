"""What several tests of adapters begin with. A file whose portal is another one has fixtures of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from adapters.budget import RateBudget
from adapters.hubspot import HubSpotClient
from adapters.sandbox import Sandbox

sys.path.append(str(Path(__file__).parent))  # `contract_stages` is what the conformance tests share


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A pretend HubSpot that sets no limits."""
    with Sandbox(mailchimp=False) as world:
        world.hubspot.settings.limits_on = False
        yield world


@pytest.fixture
def client(sandbox: Sandbox) -> HubSpotClient:
    """A client of it by the newest version of the API, which waits for nothing."""
    return HubSpotClient(
        "sandbox-token",
        base_url=sandbox.hubspot_url,
        version="2026-09",
        budget=RateBudget(10_000, 1.0, burst=1000),
        search_budget=RateBudget(10_000, 1.0, burst=1000),
        sleep=lambda _seconds: None,
    )


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What a test has opened is closed when it ends."""
    with ExitStack() as open_until_the_end:
        yield open_until_the_end
