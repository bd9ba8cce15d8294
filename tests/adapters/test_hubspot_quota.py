"""What HubSpot's rate headers say, and where bulk stops so that others have calls left for the day."""

from __future__ import annotations

import pytest

from adapters.budget import RateBudget, Told, urgent
from adapters.hubspot import HubSpotClient
from adapters.hubspot.answers import Answer
from adapters.hubspot.quota import read_quota
from adapters.ports import PlatformBusy
from adapters.sandbox.server import Server
from adapters.sandbox.web import Response, Routes

ROLLING = {
    "X-HubSpot-RateLimit-Max": "190",
    "X-HubSpot-RateLimit-Remaining": "188",
    "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
}
DAILY = {"X-HubSpot-RateLimit-Daily": "1000", "X-HubSpot-RateLimit-Daily-Remaining": "150"}


def test_the_headers_tell_window_and_day() -> None:
    assert read_quota(Answer(200, ROLLING | DAILY, b"")) == Told(190, 188, 10.0, day=1000, day_remaining=150)
    assert read_quota(Answer(200, ROLLING, b"")) == Told(190, 188, 10.0)  # OAuth apps are told no day


@pytest.mark.parametrize("broken", [{"X-HubSpot-RateLimit-Max": "0"}, {"X-HubSpot-RateLimit-Remaining": "-1"}])
def test_headers_that_make_no_sense_tell_nothing(broken: dict[str, str]) -> None:
    assert read_quota(Answer(200, ROLLING | broken, b"")) is None
    assert read_quota(Answer(200, {}, b"")) is None


def test_bulk_leaves_a_share_of_the_day_and_webhooks_may_use_it() -> None:
    answer = Response.json({"results": []}, headers=ROLLING | DAILY)
    with Server(Routes(not_found=lambda _: answer)) as server:
        client = HubSpotClient(
            "token",
            base_url=server.url,
            version="v3",
            budget=RateBudget(100, 10.0),
            search_budget=RateBudget(5, 1.0),
        )
        client.leave(0.8)
        client.call("owners")
        for call in ("owners", "contacts_search"):
            with pytest.raises(PlatformBusy) as caught:
                client.call(call)
            assert caught.value.daily
            assert 3590 < caught.value.retry_after <= 3600
        with urgent():
            client.call("owners")
        assert server.calls.total == 2


@pytest.mark.parametrize("broken", ["", "0", "many"])
def test_headers_that_make_no_sense_are_no_sign_that_there_is_no_limit(broken: str) -> None:
    answer = Response.json({"results": []}, headers=ROLLING | {"X-HubSpot-RateLimit-Max": broken})
    with Server(Routes(not_found=lambda _: answer)) as server:
        client = HubSpotClient(
            "token",
            base_url=server.url,
            version="v3",
            budget=RateBudget(100, 10.0),
            search_budget=RateBudget(5, 1.0),
        )
        for _ in range(6):
            client.call("owners")
        assert client.pace() <= 10
