"""A HubSpot that does nothing but take batch updates: what a writer costs, without what the platform costs.

`python benchmarks/platform/write_server.py [--latency MS] [--per-10-s N]` prints its address and serves both API versions
until its standard input ends. Every answer echoes what was sent, as HubSpot's does, and comes after `latency`; with
`--per-10-s` it carries rate headers, and beyond N calls in ten seconds it is a 429. `GET /count` tells the batches, the
rows, the 429 and the most batches at once since it was last asked.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import orjson

from adapters.sandbox.server import Server
from adapters.sandbox.web import Request, Response, Routes

_WINDOW_S = 10.0
_UPDATED = "2026-11-24T11:00:00.000Z"


class WriteServer:
    """The routes and what they counted."""

    def __init__(self, *, latency_s: float = 0.0, per_10_s: int | None = None) -> None:
        self._latency_s = latency_s
        self._per_10_s = per_10_s
        self._lock = Lock()
        self._calls: deque[float] = deque()
        self._at_once = 0
        self._count = dict.fromkeys(("batches", "rows", "refused", "at_once"), 0)
        self.routes = Routes()
        for path in ("/crm/v3/objects/contacts/batch/update", "/crm/objects/2026-09/contacts/batch/update"):
            self.routes.add("POST", path, self._update)
        self.routes.add("GET", "/count", self._counted)

    def _update(self, request: Request) -> Response:
        with self._lock:
            headers, refused = self._permit()
            self._at_once += 1
            self._count["at_once"] = max(self._count["at_once"], self._at_once)
        try:
            time.sleep(self._latency_s)
            if refused:
                return Response.json({"status": "error", "policyName": "TEN_SECONDLY_ROLLING"}, 429, headers=headers)
            inputs = request.json()["inputs"]
            rows = [{"id": each["id"], "properties": each["properties"], "updatedAt": _UPDATED} for each in inputs]
            with self._lock:
                self._count["batches"] += 1
                self._count["rows"] += len(rows)
            return Response.json({"status": "COMPLETE", "results": rows}, headers=headers)
        finally:
            with self._lock:
                self._at_once -= 1

    def _permit(self) -> tuple[dict[str, str], bool]:
        """The rate headers of a call that comes now, and whether it is one too many."""
        if self._per_10_s is None:
            return {}, False
        now = time.monotonic()
        while self._calls and self._calls[0] <= now - _WINDOW_S:
            self._calls.popleft()
        refused = len(self._calls) >= self._per_10_s
        if refused:
            self._count["refused"] += 1
        else:
            self._calls.append(now)
        told = {"Max": self._per_10_s, "Remaining": self._per_10_s - len(self._calls), "Interval-Milliseconds": 10_000}
        return {f"X-HubSpot-RateLimit-{name}": str(number) for name, number in told.items()}, refused

    def _counted(self, _request: Request) -> Response:
        with self._lock:
            counted, self._count = self._count, dict.fromkeys(self._count, 0)
        return Response(content=orjson.dumps(counted))


@contextmanager
def running(*, latency_ms: float = 0.0, per_10_s: int | None = None) -> Iterator[str]:
    """A write server in a process of its own; its address."""
    command = [sys.executable, str(Path(__file__)), "--latency", str(latency_ms), "--per-10-s", str(per_10_s or 0)]
    root = str(Path(__file__).parents[2])
    pipe, there = subprocess.PIPE, {"PYTHONPATH": root}
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=there) as process:
        assert process.stdin
        assert process.stdout
        yield process.stdout.readline().strip()
        process.stdin.close()


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds until each answer")
    parser.add_argument("--per-10-s", type=int, default=0, help="the rate limit; 0 is none, and no headers")
    given = parser.parse_args()
    with Server(WriteServer(latency_s=given.latency / 1000, per_10_s=given.per_10_s or None).routes) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
