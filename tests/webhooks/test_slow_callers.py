"""Callers that trickle, stall, break off or never hang up hold up nobody else, in a real gunicorn with our own worker."""

import contextlib
import http.client
import socket
import threading
import time

import pytest

TOKEN = "token-present-0123456789"
HEAD = f"POST /webhooks/mailchimp/{TOKEN} HTTP/1.1\r\nHost: x\r\n"
OF_LENGTH = f"{HEAD}Content-Length: 900\r\n\r\ntype=".encode()
IN_CHUNKS = f"{HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\nty".encode()

STALLED = {
    "silent": b"",
    "half a line": b"POST /webh",
    "half a head": HEAD.encode(),
    "half a body": OF_LENGTH,
    "half a chunk": IN_CHUNKS,
    "refused, and does not hang up": b"NONSENSE\r\n\r\n",
    "answered, and does not hang up": b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
}


@contextlib.contextmanager
def callers(served, number, opening):
    """So many who have said `opening`, and stay."""
    with contextlib.ExitStack() as stack:
        made = []
        for _ in range(number):
            made.append(stack.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=10)))
            with contextlib.suppress(OSError):
                made[-1].sendall(opening)
        yield made


def seconds_of_a_good_one(served, body=b"[]"):
    began = time.monotonic()
    assert served.post("/webhooks/hubspot", body, served.signed(body)) == 200
    return time.monotonic() - began


@pytest.mark.parametrize("opening", STALLED.values(), ids=STALLED.keys())
def test_forty_who_stall_hold_up_nobody(served, opening):
    with callers(served, 40, opening):
        assert max(seconds_of_a_good_one(served) for _ in range(4)) < 6


@pytest.mark.parametrize(
    "opening", [b"GET /healthz HTTP/1.1\r\nX: ", OF_LENGTH, IN_CHUNKS], ids=["head", "body", "chunks"]
)
def test_forty_who_trickle_hold_up_nobody(served, opening):
    done = threading.Event()

    def trickle(sockets):
        while not done.wait(0.05):
            for one in sockets:
                with contextlib.suppress(OSError):
                    one.send(b"x")

    with callers(served, 40, opening) as sockets:
        trickling = threading.Thread(target=trickle, args=(sockets,))
        trickling.start()
        try:
            assert max(seconds_of_a_good_one(served) for _ in range(4)) < 6
        finally:
            done.set()
            trickling.join()


def test_more_callers_than_there_is_room_for_give_way(served):
    with callers(served, served.room + 40, OF_LENGTH):
        assert max(seconds_of_a_good_one(served) for _ in range(4)) < 6


def test_whoever_takes_too_long_is_dropped_however_busy(served):
    began = time.monotonic()
    with callers(served, 1, OF_LENGTH) as (slow,):
        slow.settimeout(0.2)
        while time.monotonic() - began < 30:
            try:
                slow.send(b"x")
                if slow.recv(100) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    assert 8 < time.monotonic() - began < 25


def test_requests_in_one_piece_are_answered_in_their_order(served):
    two = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answers = served.raw(two)
    assert answers.count(b"HTTP/1.1 ") == 2
    assert answers.index(b" 200 OK") < answers.index(b" 404 ")


def test_a_connection_serves_one_request_after_the_other(served):
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    with contextlib.closing(connection):
        for number in range(3):
            connection.request("POST", f"/webhooks/mailchimp/{TOKEN}", b"kept open %d" % number)
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b'{"status": "stored"}\n')
            assert connection.sock is not None
    assert {b"kept open 0", b"kept open 1", b"kept open 2"} <= set(served.kept)


def test_a_caller_who_asks_before_sending_is_told_to_go_on(served):
    body = b"type=profile&asked=first"
    with callers(served, 1, f"{HEAD}Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n".encode()) as (one,):
        assert one.recv(100).startswith(b"HTTP/1.1 100 Continue")
        one.sendall(body)
        answers = b""
        while b" 200 OK" not in answers:
            answers += one.recv(65536)
    assert body in served.kept


def test_a_large_body_is_refused_before_it_has_come_and_the_answer_arrives(served):
    with callers(served, 1, f"{HEAD}Content-Length: {2**22}\r\n\r\n".encode()) as (one,):
        assert b" 413 " in one.recv(65536)
    assert served.post(f"/webhooks/mailchimp/{TOKEN}", b"x" * 2**22) == 413


def test_what_was_refused_in_the_middle_is_no_beginning_of_another_request(served):
    smuggled = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    answers = served.raw(f"{HEAD}Content-Length: {2**22}\r\n\r\n".encode() + smuggled)
    assert answers.count(b"HTTP/1.1 ") == 1
    assert b"Connection: close" in answers


def test_a_head_beyond_all_limits_is_not_waited_for(served):
    with callers(served, 1, HEAD.encode() + b"X: " + b"y" * 100_000) as (one,):
        began = time.monotonic()
        with contextlib.suppress(ConnectionResetError):
            assert one.recv(65536) == b""
        assert time.monotonic() - began < 5


def test_more_bytes_than_there_is_room_for_make_the_slowest_give_way(served):
    """Seventy callers a process, with all but the end of a largest body each, are more than the 64 MiB that it holds."""
    most = 2**20 - 1
    opening = f"{HEAD}Content-Length: {most + 1}\r\n\r\n".encode() + b"x" * most
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(callers(served, 47, opening))
        assert max(seconds_of_a_good_one(served) for _ in range(4)) < 6
