"""What `check` says of clocks, quotas, limits and PUBLIC_URL: pure, each line as a person reads it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.budget import Quota
from adapters.budget.pacing import Rate, Told
from adapters.budget.quota import quota_of
from adapters.reach import Reached
from adapters.skew import ComparedClock, Skew, compare
from connector.steps.checkup.address import address_findings
from connector.steps.checkup.clocks import clock_findings
from connector.steps.checkup.limits import room_for_merge_fields, room_for_properties
from connector.steps.checkup.quota import quota_findings
from connector.steps.reading.estimate import Estimate

NOW = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
NTP = "Let the machine keep time by itself: `timedatectl set-ntp true`."
OURS = Reached(405, b'{"error": "method not allowed"}\n', valid_until=NOW + timedelta(days=60))
URL = "https://trellis.acme.example"
HOOK = f"{URL}/webhooks/mailchimp/canary-of-more-than-22-characters"


def lines(findings) -> list[str]:
    return [str(one) for one in findings]


# ---------------------------------------------------------------- clocks


@pytest.mark.parametrize(
    ("ahead", "within", "line"),
    [
        (29.0, 0.1, None),
        (31.0, 2.0, None),  # perhaps 29
        (-31.0, 0.5, f"warning: the clock of this machine is 31 s behind HubSpot's. {NTP}"),
        (239.0, 0.5, f"warning: the clock of this machine is 3 min 59 s ahead of HubSpot's. {NTP}"),
        (
            -250.0,
            1.0,
            f"error: the clock of this machine is 4 min 10 s behind HubSpot's, and webhooks are refused from 5 min on. {NTP}",
        ),
        (
            7205.0,
            1.0,
            f"error: the clock of this machine is 2 h 5 s ahead of HubSpot's, and webhooks are refused from 5 min on. {NTP}",
        ),
    ],
)
def test_a_clock_is_told_from_half_a_minute_on(ahead, within, line):
    assert lines(clock_findings({"HubSpot": Skew(ahead, within)})) == ([] if line is None else [line])


def test_each_clock_has_its_line():
    told = lines(clock_findings({"Mailchimp": Skew(40.0, 1.0), "the database": Skew(-90.0, 0.0)}))
    assert told == [
        f"warning: the clock of this machine is 40 s ahead of Mailchimp's. {NTP}",
        f"warning: the clock of this machine is 1 min 30 s behind the database's. {NTP}",
    ]


@given(
    ahead=st.floats(-1e6, 1e6),
    way_there=st.floats(0, 60),
    way_back=st.floats(0, 60),
)
def test_the_true_difference_lies_within_what_is_told(ahead, way_there, way_back):
    theirs = NOW - timedelta(seconds=ahead)
    skew = compare(NOW - timedelta(seconds=way_there), theirs, NOW + timedelta(seconds=way_back))
    assert abs(skew.ahead_s - ahead) <= skew.within_s + 1e-5


def test_of_all_answers_the_fastest_counts_and_a_date_that_is_none_says_nothing():
    clock = ComparedClock()
    for nonsense in (None, "", "yesterday", "Tue, 99 Nov 2026 11:00:00 GMT"):
        clock.heard(nonsense, NOW, NOW)
    assert clock.skew is None
    clock.heard("Tue, 24 Nov 2026 11:00:00 GMT", NOW, NOW + timedelta(seconds=8))
    clock.heard("Tue, 24 Nov 2026 10:59:00 -0000", NOW, NOW + timedelta(seconds=1))
    clock.heard("Tue, 24 Nov 2026 12:00:00 +0100", NOW, NOW + timedelta(seconds=9))
    assert clock.skew == Skew(60.0, 1.0)


# ---------------------------------------------------------------- quotas and limits

SMALL = Estimate("hubspot", 4_000, 45, 3.0)
LARGE = Estimate("hubspot", 1_000_000, 30_000, 3_000.0)


@pytest.mark.parametrize(
    ("quota", "full_read", "told"),
    [
        (None, LARGE, []),
        (Quota(190, 10.0, 0, None, 0), LARGE, []),  # an app by OAuth is told nothing of the day
        (Quota(190, 10.0, 12, 625_000, 600_000), LARGE, []),
        (
            Quota(100, 10.0, 0, 250_000, 12_400),
            LARGE,
            [
                (
                    "warning: reading everything takes about 30,000 calls, and 12,400 of today's 250,000 are left. Wait with"
                    " `trellis sync --full` until midnight in the portal's time zone; what was begun goes on by itself."
                )
            ],
        ),
        (
            Quota(100, 10.0, 0, 250_000, 12_400),
            SMALL,
            [
                "warning: 12,400 of today's 250,000 calls to HubSpot are left. See in HubSpot's settings which app makes them."
            ],
        ),
        (
            Quota(190, 10.0, 120, 625_000, 600_000),
            SMALL,
            [
                (
                    "warning: somebody else makes 120 of the 190 calls that HubSpot allows our token in 10 s. Give Trellis a key"
                    " of its own, and let all its processes use one database."
                )
            ],
        ),
    ],
)
def test_what_is_left_of_the_calls(quota, full_read, told):
    assert lines(quota_findings(quota, full_read)) == told


def test_a_quota_is_believed_for_a_day_and_others_for_a_window():
    rate = Rate().after_headers(Told(190, 100, 10.0, 625_000, 600_000, sent=1_000, answered=1_200), 1_200)
    assert quota_of(rate, 1_300) == Quota(190, 10.0, 90, 625_000, 600_000)
    assert quota_of(rate, 20_000) == Quota(190, 10.0, 0, 625_000, 600_000)
    assert quota_of(rate, 86_500_000) is None
    assert quota_of(Rate(), 0) is None


@pytest.mark.parametrize(
    ("missing", "limit", "told"),
    [
        (12, None, []),
        (0, (940, 1000), []),
        (12, (900, 1000), []),
        (
            0,
            (950, 1000),
            [
                (
                    "advice: the portal holds 950 of 1000 custom contact properties. Archive what nobody uses: a key under `write`"
                    " in fields.yaml may need one more."
                )
            ],
        ),
        (
            12,
            (990, 1000),
            [
                (
                    "error: 12 properties are missing, and the portal holds 990 of 1000 custom ones. Archive some, then run"
                    " `trellis provision`."
                )
            ],
        ),
    ],
)
def test_room_for_properties(missing, limit, told):
    assert lines(room_for_properties(missing, limit)) == told


def test_room_for_merge_fields():
    assert lines(room_for_merge_fields("main", 0, 60)) == []  # they are there, whatever the plan
    assert lines(room_for_merge_fields("main", 3, 26)) == []
    (line,) = lines(room_for_merge_fields("main", 3, 27))
    assert line == (
        "warning: Mailchimp audience main would have 31 fields with the 3 that are missing; Mailchimp allows 30, on Premium"
        " 80. Delete fields that nobody uses, or take names of merge fields out of `write` in fields.yaml."
    )
    assert lines(room_for_merge_fields("main", 3, 77))[0].startswith("error: ")


# ---------------------------------------------------------------- PUBLIC_URL


def address(found: Reached, *, url: str = URL, hook: str | None = None, at_hook: int = 200) -> list[str]:
    def reach(asked: str, _seconds: float) -> Reached:
        return Reached(at_hook) if asked == hook else found

    told = lines(address_findings(url, hook, reach, NOW))
    assert "canary" not in " ".join(told)
    return told


def test_our_receiver_is_nothing_to_speak_of():
    assert address(OURS) == []
    assert address(OURS, hook=HOOK) == []


def test_an_answer_from_within_proves_nothing_of_the_internet_and_is_told_only_if_nothing_worse_is():
    cure = "Ask it from elsewhere: `curl -i` of /webhooks/hubspot under it gets status 405 if all is well."
    assert address(replace(OURS, inside=True), hook=HOOK) == [
        f"advice: PUBLIC_URL was answered from within this network, which proves nothing of the way from the Internet. {cure}"
    ]
    (told,) = address(replace(OURS, inside=True, status=502))
    assert told.startswith("warning: PUBLIC_URL answers 502")
    assert address(Reached(trouble="proxy", said="it answers 403")) == [
        f"advice: PUBLIC_URL could not be asked: the proxy of HTTPS_PROXY does not let us through to it (it answers 403). {cure}"
    ]


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (
            Reached(trouble="name", said="Name or service not known"),
            "warning: PUBLIC_URL: nobody knows that name. Correct it, or make a DNS record for it.",
        ),
        (
            Reached(trouble="connection", said="connection refused"),
            (
                "warning: PUBLIC_URL gives no answer from here: connection refused. Start `trellis serve`, and see that firewall and"
                " proxy let its PORT through; if `curl` gets an answer from elsewhere, all is well."
            ),
        ),
        (
            Reached(trouble="certificate", said="certificate has expired"),
            (
                "error: the certificate of PUBLIC_URL is not valid: certificate has expired. Renew it, for this very name and with"
                " the certificates between; no platform sends webhooks before."
            ),
        ),
        (
            Reached(301, location="https://www.acme.example/login?next=/webhooks"),
            (
                "error: PUBLIC_URL leads on to https://www.acme.example, where no webhook follows. Write the address that answers"
                " itself; webhooks are signed for it."
            ),
        ),
        (
            Reached(502, b"<html>"),
            (
                "warning: PUBLIC_URL answers 502: the proxy there finds nobody behind it. Start `trellis serve`, and let the proxy"
                " pass on to its PORT."
            ),
        ),
        *(
            (
                Reached(status, body),
                (
                    f"error: somebody else answers at PUBLIC_URL ({status} to /webhooks/hubspot, which takes posts alone)."
                    " Let it lead to the PORT of `trellis serve`."
                ),
            )
            for status, body in (
                (404, b"<html>"),
                (200, b'{"status": "ok"}'),
                (405, b"<h1>405</h1>"),
                (405, b"[]"),
                (405, b"3"),
                (405, b"[" * 4096),
            )
        ),
        (
            Reached(405, b'{"error": "method not allowed"}', valid_until=NOW + timedelta(days=9, hours=1)),
            "warning: the certificate of PUBLIC_URL ends in 9 days, on 2026-12-03. See why it was not renewed by itself.",
        ),
    ],
)
def test_what_is_in_the_way_of_webhooks(found, line):
    assert address(found, hook=HOOK) == [line]


def test_a_receiver_that_was_started_with_another_token():
    assert address(OURS, hook=HOOK, at_hook=404) == [
        (
            "error: the receiver at PUBLIC_URL does not know MAILCHIMP_WEBHOOK_TOKEN. Give `trellis serve` the same environment,"
            " and start it again."
        )
    ]


@pytest.mark.parametrize("status", [403, 500, None])
def test_a_proxy_that_lets_one_path_through_and_not_the_other(status):
    (told,) = address(OURS, hook=HOOK, at_hook=status)
    assert told.startswith("error: Mailchimp's webhook address under PUBLIC_URL is not answered as it should be (")


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://[", "no address at all"),
        ("https://ana:secret@evil.example/x", "https://evil.example"),
        ("?x", "another path"),
    ],
)
def test_where_a_redirect_leads_is_told_without_what_it_repeats(location, shown):
    (told,) = address(Reached(302, location=location))
    assert told.startswith(f"error: PUBLIC_URL leads on to {shown}, where")


@pytest.mark.parametrize(
    "host", ["localhost:8000", "127.0.0.1:8000", "192.168.1.20", "[::1]:80", "trellis", "box.local"]
)
def test_an_address_that_nobody_outside_reaches_is_not_asked(host):
    def reach(_url: str, _seconds: float) -> Reached:
        raise AssertionError

    told = lines(address_findings(f"http://{host}", None, reach, NOW))
    assert told == [
        (
            "warning: PUBLIC_URL is an address of this machine or network: no platform's webhooks reach it. Set it to the one under"
            " which the world sees it."
        )
    ]


def test_a_secret_is_not_shown_in_the_clear():
    def reach(_url: str, _seconds: float) -> Reached:
        raise AssertionError

    told = lines(address_findings("http://trellis.acme.example", "http://trellis.acme.example/x", reach, NOW))
    assert told == [
        (
            "error: PUBLIC_URL is not https: HubSpot sends no webhooks there, and Mailchimp's would show their secret to all. Put a"
            " proxy with a certificate before `trellis serve`, and write https://."
        )
    ]
