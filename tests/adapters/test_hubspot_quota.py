"""What HubSpot's rate headers say, and where bulk stops so that others have calls left for the day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.budget import RateBudget, Told, urgent
from adapters.hubspot import HubSpotClient
from adapters.hubspot.answers import Answer, sort_error
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


NONSENSE = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["²", "٣", "9" * 400, "9" * 5000, "-1", "1e9", "inf", "nan"]),
    st.lists(st.sampled_from(["Mon,", "01", "Jan", "31", "Tue", "00:00:00", "-99999999999999", "GMT", "99999"])).map(
        " ".join
    ),
)


@given(
    header=st.sampled_from(["Retry-After", *ROLLING, *DAILY]), value=NONSENSE, status=st.sampled_from([423, 429, 477])
)
@example(header="Retry-After", value="-99999999999999 Jan Tue 00:00:00 31", status=429)
@example(header="X-HubSpot-RateLimit-Interval-Milliseconds", value="²", status=429)
@example(header="Retry-After", value="9" * 400, status=423)
def test_no_header_whatever_it_says_makes_an_answer_unreadable(header: str, value: str, status: int) -> None:
    answer = Answer(status, ROLLING | DAILY | {header: value}, b"{}")
    read_quota(answer)
    busy = sort_error("owners", answer, writes=False, now=datetime(2026, 11, 21, tzinfo=UTC))
    assert isinstance(busy, PlatformBusy)
    assert 1 <= busy.retry_after <= 86_400
