"""HubSpot's side of the door: sends signed deliveries over raw sockets, and keeps what was acknowledged.

    python sender.py <url> --deliveries N [--first N] [--contacts N] [--in-flight N] [--rate N] [--journal FILE]

With a rate, deliveries are due at even times, and the wait for each answer counts from when it was due, whatever held
the sender up; without one, each connection sends as soon as it was answered, as HubSpot does with ten. The journal has
the number of each delivery that was answered 2xx, written before the next is sent. A line of JSON after each 1,000, and
at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Lock, Thread
from urllib.parse import urlsplit

from deliveries import SECRET, body

from adapters.sandbox.hubspot.signatures import signed_headers

_EVERY = 1_000
#: HubSpot gives up after five seconds (facts/hubspot.md §6.2).
_PATIENCE_S = 5.0
#: Who was not let in tries with the next one, a moment later.
_PAUSE_S = 0.02


@dataclass
class Told:
    """How the deliveries fared, of all connections."""

    answers: Counter[str] = field(default_factory=Counter)
    waits_s: list[float] = field(default_factory=list)
    sent_bytes: int = 0
    lock: Lock = field(default_factory=Lock)


class Sender:
    """One connection of ours after the other, kept alive."""

    def __init__(self, url: str) -> None:
        self._url = url
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        self._head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
        self._socket: socket.socket | None = None

    def send(self, content: bytes) -> str:
        """The status of the answer, or the name of what went wrong."""
        signed = signed_headers(SECRET, "POST", self._url, content, time.time_ns() // 1_000_000)
        lines = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
        head = f"{self._head}{lines}Content-Length: {len(content)}\r\n\r\n"
        try:
            return self._exchange(head.encode() + content)
        except OSError as error:
            self._close()
            return type(error).__name__

    def _exchange(self, request: bytes) -> str:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=_PATIENCE_S)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer or not answer.endswith(b"}\n"):
            piece = self._socket.recv(4096)
            if not piece:
                raise ConnectionResetError
            answer += piece
        if b"connection: close" in answer.lower():
            self._close()
        return answer[9:12].decode()

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("--deliveries", type=int, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--in-flight", type=int, default=10)
    parser.add_argument("--rate", type=float, default=0.0, help="deliveries a second; 0: as fast as they are answered")
    parser.add_argument("--journal", type=Path)
    given = parser.parse_args()
    journal = os.open(given.journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if given.journal else None
    told, numbers, began = Told(), count(), time.monotonic()

    def run() -> None:
        sender = Sender(given.url)
        while (place := next(numbers)) < given.deliveries:
            due = began + place / given.rate if given.rate else 0.0
            time.sleep(max(0.0, due - time.monotonic()))
            content = body(given.first + place, given.contacts, time.time_ns() // 1_000_000)
            sent = due or time.monotonic()
            status = sender.send(content)
            waited = time.monotonic() - sent
            good = status.startswith("2")
            if good and journal is not None:
                os.write(journal, b"%d\n" % (given.first + place))
            with told.lock:
                told.answers[status] += 1
                told.sent_bytes += len(content)
                if good:
                    told.waits_s.append(waited)
                done = told.answers.total()
            if done % _EVERY == 0:
                print(json.dumps({"done": done}), flush=True)
            if not good:
                time.sleep(_PAUSE_S)

    threads = [Thread(target=run) for _ in range(given.in_flight)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _tell(told, time.monotonic() - began)


def _tell(told: Told, seconds: float) -> None:
    waits = sorted(told.waits_s)

    def ms(part: float) -> float:
        return waits[min(len(waits) - 1, int(part * len(waits)))] * 1000 if waits else 0.0

    print(
        json.dumps(
            {
                "answers": told.answers,
                "seconds": seconds,
                "ms": {"p50": ms(0.5), "p99": ms(0.99), "p99.9": ms(0.999), "max": ms(1.0)},
                "kB": told.sent_bytes / 1000 / max(1, told.answers.total()),
                "cpu_s": time.process_time(),
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    main()
