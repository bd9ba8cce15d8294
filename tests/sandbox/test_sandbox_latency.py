"""Latency of a pretend platform: every answer takes longer, each connection waits by itself."""

import time
from concurrent.futures import ThreadPoolExecutor

import requests

from adapters.sandbox import Sandbox


def test_eight_connections_wait_side_by_side():
    with Sandbox(mailchimp=False) as sandbox:
        sandbox.hubspot_server.latency = 0.5
        begin = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _n: requests.get(sandbox.hubspot_url, timeout=10), range(8)))
        took = time.monotonic() - begin
    assert 0.5 <= took < 8 * 0.5


def test_latency_is_set_over_http_and_control_itself_answers_at_once():
    with Sandbox(mailchimp=False) as sandbox:
        control = f"{sandbox.hubspot_url}/sandbox/latency"
        assert requests.post(control, json={"ms": 30_000}, timeout=5).json() == {"ms": 30_000}
        assert sandbox.hubspot_server.latency == 30
        assert requests.get(control, timeout=5).json() == {"ms": 30_000}
        for wrong in ({"ms": -1}, {"ms": "5"}, {}):
            assert requests.post(control, json=wrong, timeout=5).status_code == 400
