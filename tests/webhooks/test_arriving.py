"""When a request is there to its end, whatever pieces it comes in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.arriving import MAX_HEAD_BYTES, Arrival
from webhooks.receiving import MAX_BODY_BYTES

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /webhooks/hubspot HTTP/1.1\r\nHost: x\r\n"
WHOLE = {
    "no body": GET,
    "a body": POST + b"content-LENGTH:  11 \r\n\r\n[{}]\r\n\r\n[x]",
    "an empty body": POST + b"Content-Length: 0\r\n\r\n",
    "chunks": POST + b"Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\nA;name=value\r\n0123456789\r\n0\r\n\r\n",
    "chunks that look like an end": POST + b"Transfer-Encoding: chunked\r\n\r\n7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n",
    "chunks and a trailer": POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n000\r\nX-Sum: 1\r\n\r\n",
}
HOPELESS = {
    "a body beyond the limit": POST + f"Content-Length: {MAX_BODY_BYTES + 1}\r\n\r\n".encode(),
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "a length and chunks": POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "chunks without a size": POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
    "chunks of an absurd size": POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 9 + b"\r\n",
    "an endless size": POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 5000,
    "an endless trailer": POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 900,
    "an endless head": POST + b"X: " + b"y" * MAX_HEAD_BYTES,
}


def fed(request, cuts=()):
    """The arrival after the last piece, and whether it was over before."""
    arrival, over, at = Arrival(), False, 0
    for cut in [*sorted(cuts), len(request)]:
        over = over or arrival.whole or arrival.hopeless
        arrival.add(request[at:cut])
        at = cut
    return arrival, over


@pytest.mark.parametrize("request_", WHOLE.values(), ids=WHOLE.keys())
@given(data=st.data())
def test_it_is_whole_with_its_last_byte_and_not_before(request_, data):
    cuts = data.draw(st.sets(st.integers(1, len(request_) - 1), max_size=12))
    arrival, over = fed(request_, cuts)
    assert (arrival.whole, arrival.hopeless, over) == (True, False, False)
    assert bytes(arrival.data) == request_


@pytest.mark.parametrize("request_", WHOLE.values(), ids=WHOLE.keys())
def test_byte_by_byte(request_):
    arrival, over = fed(request_, range(1, len(request_)))
    assert (arrival.whole, over) == (True, False)


@pytest.mark.parametrize("request_", HOPELESS.values(), ids=HOPELESS.keys())
@given(data=st.data())
def test_what_will_be_refused_is_not_waited_for(request_, data):
    arrival, _ = fed(request_, data.draw(st.sets(st.integers(1, len(request_) - 1), max_size=12)))
    assert (arrival.whole, arrival.hopeless) == (False, True)


def test_chunks_beyond_the_limit():
    arrival = Arrival(POST + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(16):
        arrival.add(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        assert not arrival.hopeless
    arrival.add(b"20000\r\n" + b"x" * 0x20000 + b"\r\n")
    assert arrival.hopeless


def test_what_begins_behind_it_belongs_to_the_next():
    assert Arrival(GET + POST).whole
    assert not Arrival(POST + b"Content-Length: 9\r\n\r\nhalf").whole


def test_a_caller_who_hangs_up_in_the_middle():
    broken, done = Arrival(POST + b"Content-Length: 9\r\n\r\nhalf"), Arrival(GET)
    broken.end()
    done.end()
    assert (broken.hopeless, done.hopeless) == (True, False)
