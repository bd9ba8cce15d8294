"""A small HTTP/1.1 server for loopback: keep-alive, one thread a connection, one write an answer."""

import http
import socket
import struct
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from email.utils import format_datetime
from io import BufferedReader
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

from adapters.sandbox.calls import CallLog
from adapters.sandbox.clock import Clock
from adapters.sandbox.faults import Fault, Faults
from adapters.sandbox.web import Request, Response, Routes

CONTROL = "/sandbox/"
_REASONS = {status.value: status.phrase for status in http.HTTPStatus}


class Server:
    """Serves `routes` on 127.0.0.1 and `control` under `/sandbox/`; control is neither logged nor harmed by faults.

    `port=0` takes any free port; a taken port raises OSError in the constructor. Context manager: start and stop.
    `latency` is how many seconds every answer of the platform takes longer, as over a network; connections wait apart.
    `clock` gives the `Date` of each answer, as every web server's does (RFC 9110 §6.6.1).
    `told` is called with each answer of the platform that is about to go out whole and unchanged: what a client knows.
    """

    def __init__(
        self,
        routes: Routes,
        control: Routes | None = None,
        *,
        port: int = 0,
        name: str = "sandbox",
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.calls = CallLog()
        self.faults = Faults()
        self.latency = 0.0
        self.told: Callable[[Request, Response], None] = _nobody
        self._routes = routes
        self._control = control or Routes()
        self._name = name
        self._clock = clock or Clock()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._lock = Lock()
        self._connections: dict[socket.socket, Thread] = {}
        self._closing = Event()
        self._acceptor = Thread(target=self._accept, name=f"{name}-accept", daemon=True)

    def start(self) -> None:
        """Begin to accept connections."""
        self._acceptor.start()

    def stop(self) -> None:
        """Close the port and every open connection, then wait for the threads; answers that are held back go nowhere."""
        self._closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._acceptor.is_alive():
            self._acceptor.join()
        with self._lock:
            open_now = list(self._connections.items())
        for connection, _ in open_now:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for _, thread in open_now:
            thread.join(timeout=5)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = Thread(target=self._serve, args=(connection,), name=f"{self._name}-connection", daemon=True)
            with self._lock:
                self._connections[connection] = thread
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection.makefile("rb") as reader:
                while not self._closing.is_set() and (request := _read_request(reader, connection)) is not None:
                    if not self._exchange(request, connection):
                        break
        except (OSError, ValueError):
            pass  # the client went away, or does not speak HTTP: as with a real server, nobody to tell
        finally:
            with self._lock:
                self._connections.pop(connection, None)
            connection.close()

    def _exchange(self, request: Request, connection: socket.socket) -> bool:
        """Answer one request; False ends the connection."""
        if request.path.startswith(CONTROL):
            connection.sendall(self._encode(self._answer(self._control, request), request))
            return _keeps_alive(request)
        if self.latency and self._closing.wait(self.latency):
            return False
        fault = self.faults.strike(request)
        if fault is None:
            response = self._answer(self._routes, request)
            self.calls.record(request.method, request.template, response.status)
            self.told(request, response)
            connection.sendall(self._encode(response, request))
            return _keeps_alive(request)
        response = Response()
        if fault.takes_effect:
            response = self._answer(self._routes, request)
        else:
            self._routes.matches(request)
        response = fault.response() or response
        if fault.delay and self._closing.wait(fault.delay):
            return False
        self.calls.record(request.method, request.template, 0 if fault.ending == "drop" else response.status)
        if fault.takes_effect and fault.status is None and fault.ending == "whole":
            self.told(request, response)
        return _send_broken(self._encode(response, request), fault, connection) and _keeps_alive(request)

    def _answer(self, routes: Routes, request: Request) -> Response:
        try:
            return routes.answer(request)
        except Exception:  # noqa: BLE001 - a defect of the sandbox must show up as such, not as a hanging client
            traceback.print_exc()
            return Response.json({"status": "error", "message": "the sandbox itself failed; see its stderr"}, 500)

    def _encode(self, response: Response, request: Request) -> bytes:
        lines = [f"HTTP/1.1 {response.status} {_REASONS.get(response.status, 'Unknown')}"]
        if response.status != 204:
            if response.content or response.content_type:
                lines.append(f"Content-Type: {response.content_type}")
            lines.append(f"Content-Length: {len(response.content)}")
        headers = {"Date": format_datetime(self._clock(), usegmt=True), **response.headers}
        lines.extend(f"{name}: {value}" for name, value in headers.items())
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        return head if request.method == "HEAD" or response.status == 204 else head + response.content


def _nobody(_request: Request, _response: Response) -> None:
    """Nobody listens."""


def _read_request(reader: BufferedReader, connection: socket.socket) -> Request | None:
    line = reader.readline(65537)
    if not line:
        return None
    method, target, _version = line.decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    while (raw := reader.readline(65537).decode("latin-1").strip()) != "":
        name, _, value = raw.partition(":")
        headers[name.lower()] = value.strip()
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body = _read_chunks(reader)
    else:
        length = int(headers.get("content-length", "0"))
        body = reader.read(length) if length else b""
    return Request(method.upper(), target, headers, body)


def _read_chunks(reader: BufferedReader) -> bytes:
    pieces = []
    while size := int(reader.readline().partition(b";")[0], 16):
        pieces.append(reader.read(size))
        reader.readline()
    while reader.readline().strip():
        pass
    return b"".join(pieces)


def _keeps_alive(request: Request) -> bool:
    return request.headers.get("connection", "").lower() != "close"


def _send_broken(wire: bytes, fault: Fault, connection: socket.socket) -> bool:
    """Send an encoded answer the way `fault` wants it to end; False ends the connection."""
    if fault.ending == "whole":
        connection.sendall(wire)
        return True
    if fault.ending == "drop":
        return False
    if fault.ending == "trickle":
        step = max(1, len(wire) // 20)
        for start in range(0, len(wire), step):
            connection.sendall(wire[start : start + step])
            time.sleep(fault.pause)
        return True
    head, separator, content = wire.partition(b"\r\n\r\n")
    connection.sendall(head + separator + content[: len(content) // 2])
    if fault.ending == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False
