"""Contacts of a pretend portal from pages made beforehand, so that a benchmark measures the reader and not the portal.

`python benchmarks/platform/page_server.py [--contacts N] [--gap N] [--latency MS] [--quota N] [--no-headers]` prints its
address and serves until it is killed; `serving(...)` does the same in a process of its own for as long as a block runs.
One thread, HTTP/1.1 with keep-alive, any number of connections side by side; about 0.1 ms of CPU for a page of 100.

It knows the list of contacts, the batch read, and of search the total and the highest id: all that a full read asks.
With a quota it refuses with 429 what goes beyond so many calls in any ten seconds; `GET /calls` tells how many calls of
which kind came, and how many were refused. Not a simulation: `adapters.sandbox` is.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager

import orjson

WINDOW_S = 10.0
FIRST_ID = 51_854_903_501
PROPERTIES = (
    "firstname",
    "lastname",
    "jobtitle",
    "company",
    "phone",
    "city",
    "country",
    "industry",
    "website",
    "lifecyclestage",
    "hs_lead_status",
    "hubspot_owner_id",
    "num_conversion_events",
    "recent_conversion_date",
    "recent_conversion_event_name",
    "hs_email_open",
    "hs_email_click",
    "hs_analytics_num_page_views",
    "hs_analytics_last_timestamp",
    "hs_email_optout",
)
_HEAD = re.compile(rb"(?:GET|POST) (\S+) HTTP/1.1\r\n(.*?)\r\n\r\n", re.DOTALL)
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_AFTER = re.compile(rb"[?&]after=(\d+)")


def contact(number: int, id_: int) -> bytes:
    """One row of about 600 bytes: twenty properties and what HubSpot adds unasked."""
    values: dict[str, str | None] = {name: f"{name[:8]} {number % 97}" for name in PROPERTIES}
    values |= {"phone": None, "website": None, "industry": None, "hs_email_optout": None}
    values |= {"email": f"p{number}@acme.example", "hs_object_id": str(id_), "createdate": "2026-01-07T09:12:31.334Z"}
    values["lastmodifieddate"] = f"2026-10-{number % 28 + 1:02}T10:{number % 60:02}:29.{number % 1000:03}Z"
    changed = values["lastmodifieddate"]
    return orjson.dumps(
        {
            "id": str(id_),
            "properties": values,
            "createdAt": values["createdate"],
            "updatedAt": changed,
            "archived": False,
        }
    )


class Portal:
    """The rows, and what came in."""

    def __init__(self, contacts: int, *, gap: int, quota: int | None, headers: bool) -> None:
        self.first, self.gap = FIRST_ID, gap
        self.rows = [contact(i, self.first + i * gap) for i in range(contacts)]
        self.quota = quota
        self.headers = headers
        self.calls: Counter[str] = Counter()
        self._recent: deque[float] = deque()

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Status and body of one call."""
        if path == "/calls":
            return 200, orjson.dumps(self.calls)
        kind = "search" if path.endswith("/search") else "read" if path.endswith("/read") else "page"
        if kind != "search" and not self._admit():
            self.calls["refused"] += 1
            return (
                429,
                b'{"status":"error","policyName":"TEN_SECONDLY_ROLLING","message":"You have reached your limit."}',
            )
        self.calls[kind] += 1
        if kind == "page":
            return 200, self._page(path.encode())
        wish = orjson.loads(body)
        if kind == "search":
            last = self.rows[-1:] if wish.get("limit") == 1 else []
            return 200, b'{"total":%d,"results":[%b]}' % (len(self.rows), b",".join(last))
        places = [divmod(int(each["id"]) - self.first, self.gap) for each in wish["inputs"]]
        there = [self.rows[place] for place, off in places if not off and 0 <= place < len(self.rows)]
        return 200, b'{"status":"COMPLETE","results":[%b]}' % b",".join(there)

    def rate_headers(self) -> str:
        """What every answer but search's carries."""
        if not self.headers:
            return ""
        limit = self.quota or 190
        left = limit - len(self._recent) if self.quota else limit
        return (
            f"X-HubSpot-RateLimit-Max: {limit}\r\nX-HubSpot-RateLimit-Remaining: {left}\r\n"
            "X-HubSpot-RateLimit-Interval-Milliseconds: 10000\r\n"
        )

    def _page(self, target: bytes) -> bytes:
        found = _AFTER.search(target)
        start = max(0, -(-(int(found[1]) - self.first) // self.gap)) if found else 0
        rows = b",".join(self.rows[start : start + 100])
        if start + 100 >= len(self.rows):
            return b'{"results":[%b]}' % rows
        after = self.first + (start + 99) * self.gap + 1
        return b'{"results":[%b],"paging":{"next":{"after":"%d"}}}' % (rows, after)

    def _admit(self) -> bool:
        if self.quota is None:
            return True
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - WINDOW_S:
            self._recent.popleft()
        if len(self._recent) >= self.quota:
            return False
        self._recent.append(now)
        return True


class Connection(asyncio.Protocol):
    """One client's connection: requests one after the other, each answered after the latency."""

    def __init__(self, portal: Portal, latency_s: float) -> None:
        self._portal = portal
        self._latency_s = latency_s
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while (head := _HEAD.match(self._unread)) is not None:
            length = _LENGTH.search(head[2])
            end = head.end() + (int(length[1]) if length else 0)
            if len(self._unread) < end:
                return
            body, self._unread = self._unread[head.end() : end], self._unread[end:]
            status, content = self._portal.answer(head[1].decode(), body)
            lines = (
                f"HTTP/1.1 {status} Told\r\nContent-Type: application/json;charset=utf-8\r\n"
                f"{self._portal.rate_headers()}Content-Length: {len(content)}\r\n\r\n"
            )
            wire = lines.encode() + content
            if self._latency_s:
                asyncio.get_running_loop().call_later(self._latency_s, self._transport.write, wire)
            else:
                self._transport.write(wire)


@contextmanager
def serving(*arguments: str) -> Iterator[str]:
    """The address of a server in a process of its own, started with these arguments."""
    command = [sys.executable, __file__, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


async def serve(portal: Portal, latency_s: float) -> None:
    """Print the address and serve until the process ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(portal, latency_s), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--gap", type=int, default=1, help="from one id to the next")
    parser.add_argument("--latency", type=float, default=0.0, help="ms before each answer")
    parser.add_argument("--quota", type=int, help="calls in any ten seconds")
    parser.add_argument("--no-headers", action="store_true", help="tell no limits")
    args = parser.parse_args()
    portal = Portal(args.contacts, gap=args.gap, quota=args.quota, headers=not args.no_headers)
    asyncio.run(serve(portal, args.latency / 1000))


if __name__ == "__main__":
    main()
