"""gunicorn's gthread worker, except that its threads get requests that are whole, and never wait for a caller.

gthread gives a thread to each connection, and the thread then reads head and body as slowly as the caller sends them,
without any time limit; and its main loop waits up to 2 s for each caller that does not hang up (gunicorn 27,
workers/gthread.py `handle`, `finish_request`). So a handful of slow callers would hold up everybody. Here the main loop
collects the bytes of all callers side by side; whoever is not done in time is dropped, and when there is no room for
another caller, the one who has been sending for the longest.
"""

from __future__ import annotations

import json
import selectors
import socket
import struct
import time
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn import http
from gunicorn.http import errors
from gunicorn.workers.gthread import TConn, ThreadWorker

from webhooks.arriving import Arrival

#: A request takes no longer than this to come in: the platforms send theirs in one piece.
ARRIVES_WITHIN_S = 10.0
#: All bytes that one worker holds of requests that are not answered yet.
MAX_HELD_BYTES = 64 * 2**20
#: So long a caller may go on sending after it was refused: closed any sooner, it would not see the answer.
_LINGERS_S = 2.0
_MAX_LINGERING = 100
#: An answer is a line: a caller that does not take it in this time is gone.
_SEND_TIMEOUT = struct.pack("ll", 5, 0)
_PIECE = 2**16

#: How gunicorn's parser says no, and what the caller is told.
_REFUSALS: tuple[tuple[type[Exception], tuple[int, str]], ...] = (
    (errors.LimitRequestLine, (414, "URI Too Long")),
    (errors.LimitRequestHeaders, (431, "Request Header Fields Too Large")),
    (errors.ExpectationFailed, (417, "Expectation Failed")),
    (errors.UnsupportedTransferCoding, (501, "Not Implemented")),
    (errors.ParseException, (400, "Bad Request")),
)
_FAILED = (500, "Internal Server Error")


class _NoMore:
    """What the parser reads from once it has used up what had come: the end."""

    def recv(self, _size: int) -> bytes:
        return b""


class _Connection(TConn):  # type: ignore[misc] # untyped
    """A caller, and what has come of its present request."""

    def __init__(self, worker: Worker, sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(worker.cfg, sock, client, server)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _SEND_TIMEOUT)
        self.initialized = True
        self.parser = http.get_parser(worker.cfg, _NoMore(), client)
        self.arrival = Arrival()
        self.deadline = 0.0
        self._worker = worker

    def begin(self) -> None:
        """Expect the next request; it may have begun behind the last one."""
        self.sock.setblocking(False)
        self.arrival = Arrival(self.parser.unreader.take_buffered())
        self.deadline = time.monotonic() + ARRIVES_WITHIN_S

    def close(self, graceful: bool = False) -> None:
        if graceful:
            self._worker.linger(self.sock)
        else:
            with suppress(OSError):
                self.sock.close()


class Worker(ThreadWorker):  # type: ignore[misc] # untyped
    """Collects requests in the main loop and answers them in threads."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._arriving: dict[_Connection, None] = {}  # the one that began first is first
        self._lingering: dict[socket.socket, float] = {}
        self._held = 0

    def accept(self, listener: socket.socket) -> None:
        """Take the next caller in, if need be at the cost of the slowest."""
        try:
            sock, client = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections:
            self._drop_the_slowest()
        self.enqueue_req(_Connection(self, sock, client, listener.getsockname()))

    def enqueue_req(self, conn: _Connection) -> None:
        """Collect a request: of a new caller, or of one that was kept and has something to say."""
        conn.begin()
        self._held += len(conn.arrival.data)
        self._arriving[conn] = None
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._read, conn))
        self._read(conn, conn.sock)

    def handle_quit(self, sig: int, frame: Any) -> None:
        """Leave at once. gthread shuts its pool first: where the signal falls into the handing over of a request, whose lock
        this very thread holds then, it would wait for ever, and with it the port (gunicorn 27, workers/gthread.py).
        """
        super(ThreadWorker, self).handle_quit(sig, frame)

    def murder_pending(self) -> None:
        """Drop whoever took too long; while stopping, also who has not begun."""
        now = time.monotonic()
        while self._arriving and (first := next(iter(self._arriving))).deadline <= now:
            self._drop(first)
        while self._lingering and next(iter(self._lingering.values())) <= now:
            self._let_go(next(iter(self._lingering)))
        if not self.alive:
            for conn in [conn for conn in self._arriving if not conn.arrival.data]:
                self._drop(conn)

    def handle_request(self, req: Any, conn: _Connection) -> Any:
        """Answer a request. One that is not there to its end is the last on its connection: where would the next begin?"""
        if not conn.arrival.whole:
            req.force_close()
        return super().handle_request(req, conn)

    def handle_error(self, _req: Any, client: socket.socket, _addr: Any, exc: BaseException) -> None:
        """Refuse what is no request, in our one line of JSON: gunicorn's page and its log line quote what came, token and all."""
        code, reason = next((told for kind, told in _REFUSALS if isinstance(exc, kind)), _FAILED)
        self.log.warning("request refused: %d %s (%s)", code, reason, type(exc).__name__)
        body = json.dumps({"error": reason.lower()}) + "\n"
        head = f"HTTP/1.1 {code} {reason}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        with suppress(OSError):
            client.sendall(f"{head}\r\n\r\n{body}".encode())

    def finish_request(self, conn: _Connection, fs: Future[Any]) -> None:
        """Go on with a connection after its request was answered."""
        self._held -= len(conn.arrival.data)
        super().finish_request(conn, fs)

    def linger(self, sock: socket.socket) -> None:
        """Close in both directions, but give the caller a moment to stop sending and to read the answer."""
        try:
            sock.setblocking(False)
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            sock.close()
            return
        if len(self._lingering) >= _MAX_LINGERING:
            self._let_go(next(iter(self._lingering)))
        self._lingering[sock] = time.monotonic() + _LINGERS_S
        self.poller.register(sock, selectors.EVENT_READ, self._discard)

    def _read(self, conn: _Connection, sock: socket.socket) -> None:
        if conn not in self._arriving:  # dropped by another event of the same moment
            return
        arrival = conn.arrival
        if not arrival.whole:
            try:
                piece = sock.recv(_PIECE)
            except BlockingIOError:
                return
            except OSError:
                self._drop(conn)
                return
            self._take(arrival, piece)
        if self._held > MAX_HELD_BYTES:
            self._drop_the_slowest()
        if conn not in self._arriving:
            return
        if arrival.hopeless and not arrival.has_head:
            self._drop(conn)
        elif arrival.whole or arrival.hopeless:
            self._hand_over(conn)
        elif arrival.expects_continue:
            arrival.expects_continue = False
            # gunicorn says it once more when a thread takes the request: callers must bear that (RFC 9110 §15.2).
            with suppress(OSError):
                sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _take(self, arrival: Arrival, piece: bytes) -> None:
        if piece:
            arrival.add(piece)
        else:
            arrival.end()
        self._held += len(piece)

    def _hand_over(self, conn: _Connection) -> None:
        del self._arriving[conn]
        self.poller.unregister(conn.sock)
        conn.parser.unreader.unread(bytes(conn.arrival.data))
        super().enqueue_req(conn)

    def _drop_the_slowest(self) -> None:
        if self._arriving:
            self._drop(next(iter(self._arriving)))

    def _drop(self, conn: _Connection) -> None:
        del self._arriving[conn]
        self.poller.unregister(conn.sock)
        self._held -= len(conn.arrival.data)
        self.nr_conns -= 1
        conn.close()

    def _discard(self, sock: socket.socket) -> None:
        try:
            more = sock.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            more = b""
        if not more:
            self._let_go(sock)

    def _let_go(self, sock: socket.socket) -> None:
        if self._lingering.pop(sock, None) is not None:
            self.poller.unregister(sock)
            sock.close()
