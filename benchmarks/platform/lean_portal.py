"""A HubSpot that costs next to nothing, so that a benchmark measures the reader or writer and not the portal.

`python benchmarks/platform/lean_portal.py [--contacts N] [--mappings DIR] [--gap N] [--latency MS] [--quota N]
[--no-headers]` prints its address and serves until it is killed. One thread, HTTP/1.1 with keep-alive, any number of
connections side by side; about 0.1 ms of CPU for a page of 100.

It knows the list of contacts, batch reads, updates, and of search the total and the highest id: all that a full read
and a writer ask. Rows are made beforehand: `people.PROPERTIES`, or with `--mappings` what that rulebook reads. With a
quota it refuses with 429 what goes beyond so many calls in any ten seconds. `GET /counts` tells how many calls of which
kind came, how many were refused, and the most that were under way at once. Not a simulation: `adapters.sandbox` is.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from people import FIRST_ID, PROPERTIES, moment, values_of

WINDOW_S = 10.0
_UNASKED = ("hs_object_id", "createdate", "lastmodifieddate")
_HEAD = re.compile(rb"(GET|POST|PATCH) (\S+) HTTP/1.1\r\n(.*?)\r\n\r\n", re.DOTALL)
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_AFTER = re.compile(r"[?&]after=(\d+)")
_LIMITED = b'{"status":"error","policyName":"TEN_SECONDLY_ROLLING","message":"You have reached your limit."}'


def contact(number: int, id_: int, properties: Sequence[str]) -> bytes:
    """One row: the properties that are asked for, null where there is no value, and what HubSpot adds unasked."""
    changed, known = moment(number), values_of(number)
    created = "2026-01-01T09:12:31.334Z"
    values = {name: known.get(name) for name in properties if name not in _UNASKED}
    values |= dict(zip(_UNASKED, (str(id_), created, changed), strict=True))
    row = {"id": str(id_), "properties": values, "createdAt": created, "updatedAt": changed, "archived": False}
    return orjson.dumps(row)


class Portal:
    """The rows, and what came in."""

    def __init__(self, contacts: int, properties: Sequence[str], *, gap: int, quota: int | None, headers: bool) -> None:
        self.first, self.gap = FIRST_ID, gap
        self.rows = [contact(number, self.first + number * gap, properties) for number in range(contacts)]
        self.quota = quota
        self.headers = headers
        self.counts: Counter[str] = Counter()
        self._recent: deque[float] = deque()

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        """Status and body of one call."""
        kind = "single" if method == "PATCH" else _kind(target)
        if kind == "counts":
            return 200, orjson.dumps(self.counts)
        if kind != "search" and not self._admit():
            self.counts["refused"] += 1
            return 429, _LIMITED
        self.counts[kind] += 1
        return 200, self._page(target) if kind == "page" else self._told(kind, target, orjson.loads(body))

    def _told(self, kind: str, target: str, wish: Mapping[str, Any]) -> bytes:
        if kind == "search":
            last = self.rows[-1:] if wish.get("limit") == 1 else []
            return b'{"total":%d,"results":[%b]}' % (len(self.rows), b",".join(last))
        if kind == "single":
            return orjson.dumps({**wish, "id": target.rpartition("/")[2], "updatedAt": moment(0)})
        if kind == "update":
            rows = [{**each, "updatedAt": moment(0)} for each in wish["inputs"]]
            return orjson.dumps({"status": "COMPLETE", "results": rows})
        places = [divmod(int(each["id"]) - self.first, self.gap) for each in wish["inputs"]]
        there = [self.rows[place] for place, off in places if not off and 0 <= place < len(self.rows)]
        return b'{"status":"COMPLETE","results":[%b]}' % b",".join(there)

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

    def _page(self, target: str) -> bytes:
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


def _kind(target: str) -> str:
    path = target.partition("?")[0]
    last = path.rpartition("/")[2]
    return last if last in ("counts", "search", "update", "read") else "page"


class Connection(asyncio.Protocol):
    """One client's connection: requests one after the other, each answered after the latency."""

    under_way = 0

    def __init__(self, portal: Portal, latency_s: float) -> None:
        self._portal = portal
        self._latency_s = latency_s
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while (head := _HEAD.match(self._unread)) is not None:
            length = _LENGTH.search(head[3])
            end = head.end() + (int(length[1]) if length else 0)
            if len(self._unread) < end:
                return
            body, self._unread = self._unread[head.end() : end], self._unread[end:]
            Connection.under_way += 1
            counts = self._portal.counts
            counts["at_once"] = max(counts["at_once"], Connection.under_way)
            status, content = self._portal.answer(head[1].decode(), head[2].decode(), body)
            lines = (
                f"HTTP/1.1 {status} Told\r\nContent-Type: application/json;charset=utf-8\r\n"
                f"{self._portal.rate_headers()}Content-Length: {len(content)}\r\n\r\n"
            )
            wire = lines.encode() + content
            if self._latency_s:
                asyncio.get_running_loop().call_later(self._latency_s, self._send, wire)
            else:
                self._send(wire)

    def _send(self, wire: bytes) -> None:
        Connection.under_way -= 1
        self._transport.write(wire)


async def serve(portal: Portal, latency_s: float) -> None:
    """Print the address and serve until the process ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(portal, latency_s), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--mappings", type=Path, help="a rulebook whose properties the rows have")
    parser.add_argument("--gap", type=int, default=1, help="from one id to the next")
    parser.add_argument("--latency", type=float, default=0.0, help="ms before each answer")
    parser.add_argument("--quota", type=int, help="calls in any ten seconds")
    parser.add_argument("--no-headers", action="store_true", help="tell no limits")
    args = parser.parse_args()
    properties = _asked(args.mappings) if args.mappings else PROPERTIES
    portal = Portal(args.contacts, properties, gap=args.gap, quota=args.quota, headers=not args.no_headers)
    asyncio.run(serve(portal, args.latency / 1000))


def _asked(mappings: Path) -> Sequence[str]:
    from connector.rulebook import mapping
    from connector.rulebook.read import read_rulebook

    rulebook = read_rulebook(mappings)
    return mapping.hubspot_properties(rulebook.fields, rulebook.tracks)


if __name__ == "__main__":
    main()
