"""Two real processes on one store call one portal as fast as they may: not one 429, and both get on."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import pytest

from adapters.sandbox.server import Server
from adapters.sandbox.web import Request, Response, Routes

ROOT = Path(__file__).parents[2]
CALLS, SECONDS = 19, 1.0
RUN_S = 5.0

CALLER = """
import json, os, sys, threading, time
from connector.clients import connect_platforms
from connector.settings import read_settings
from connector.store.engine import connect

engine = connect(sys.argv[1])
client = connect_platforms(read_settings(os.environ), engine).hubspot
client.call("owners")
print("ready", flush=True)
seconds = float(sys.stdin.readline())
ends = time.monotonic() + seconds

def work():
    while time.monotonic() < ends:
        client.call("owners")

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
client.close()
engine.dispose()
print(json.dumps({outcome: n for (_, outcome), n in client.calls.items()}))
"""


class Portal:
    """Counts calls in a rolling window, as HubSpot does, but in a short one; tells it, and refuses what is too much."""

    def __init__(self) -> None:
        self.window: deque[float] = deque()
        self.lock = Lock()

    def __call__(self, _request: Request) -> Response:
        with self.lock:
            now = time.monotonic()
            while self.window and self.window[0] <= now - SECONDS:
                self.window.popleft()
            refused = len(self.window) >= CALLS
            if not refused:
                self.window.append(now)
            headers = {
                "X-HubSpot-RateLimit-Max": str(CALLS),
                "X-HubSpot-RateLimit-Remaining": str(CALLS - len(self.window)),
                "X-HubSpot-RateLimit-Interval-Milliseconds": str(int(SECONDS * 1000)),
            }
        return Response.json({"results": []}, 429 if refused else 200, headers=headers)


@contextmanager
def caller(database: str, url: str) -> Iterator[subprocess.Popen[str]]:
    environ = {"HUBSPOT_ACCESS_TOKEN": "one-token", "HUBSPOT_BASE_URL": url, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", CALLER, database],
        cwd=ROOT,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("latency", [0.0, 0.05])
def test_two_processes_share_what_the_portal_allows(database: str, latency: float) -> None:
    with Server(Routes(not_found=Portal())) as server:
        server.latency = latency
        with caller(database, server.url) as one, caller(database, server.url) as other:
            for process in (one, other):
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n"
            for process in (one, other):
                assert process.stdin is not None
                process.stdin.write(f"{RUN_S}\n")
                process.stdin.flush()
            told = [process.communicate(timeout=60)[0] for process in (one, other)]
    calls = [json.loads(text) for text in told]
    assert [set(each) for each in calls] == [{"200"}, {"200"}]
    made = [each["200"] for each in calls]
    assert min(made) > 15
    assert sum(made) > 0.8 * CALLS / SECONDS * RUN_S
