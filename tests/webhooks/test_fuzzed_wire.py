"""Bytes on the wire, spoiled in front of a real gunicorn: what reaches the app is in tests/fuzz, this is the parser's part.

The same bytes every time; a failure names the number of its request.
"""

import re
from random import Random

REQUESTS = 400
TOKEN = "token-present-0123456789"
PIECES = [
    b"\r\n", b"\n", b"\r", b"\x00", b"\xff", b" ", b"\t", b":", b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"content-length:+3\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding:\x0bchunked\r\n", b"Expect: 100-continue\r\n",
    b"Expect: magic\r\n", b"Connection: close, upgrade\r\n", b"Upgrade: h2c\r\nHTTP2-Settings: AAAA\r\n", b"Host: y\r\n", b"Content-Encoding: gzip\r\n",
    b"0\r\n\r\n", b"5\r\nabcde\r\n", b"ffffffff\r\n", b"X: " + b"y" * 5000 + b"\r\n", b"GET / HTTP/1.1\r\n\r\n", b"HTTP/2.0", b"HTTP/0.9", b"../", b"%00", b"X_Y: z\r\n",
]  # fmt: skip


def a_request(number, served):
    """Request `number` as bytes; the first of each ten is left as it is."""
    random = Random(number)
    body = b"wire %d " % number + random.randbytes(random.randint(0, 300))
    if random.random() < 0.5:
        head = b"POST /webhooks/hubspot HTTP/1.1\r\n" + b"".join(
            f"{name}: {value}\r\n".encode() for name, value in served.signed(body).items()
        )
    else:
        head = f"POST /webhooks/mailchimp/{TOKEN} HTTP/1.1\r\n".encode()
    head += b"Host: x\r\n"
    if random.random() < 0.3:
        framed = head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    else:
        framed = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    for _ in range(random.randint(1, 3) if number % 10 else 0):
        at = random.randrange(len(framed))
        piece = random.choice(PIECES)
        framed = random.choice(
            [framed[:at], framed[at:], framed[:at] + piece + framed[at:], framed[:at] + piece + framed[at + 1 :], framed.replace(b"\r\n", b"\n"),
             framed.replace(b"\r\n", b"\r\n" + piece, 1), framed + framed, framed.replace(b"POST", b"post"), piece + framed]
        ) or b"x"  # fmt: skip
    return framed, body


def test_spoiled_bytes_are_refused_in_one_line_and_the_server_goes_on(served):
    whole = 0
    for number in range(REQUESTS):
        sent, body = a_request(number, served)
        answer = served.raw(sent)
        statuses = {int(one) for one in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)}
        assert statuses <= {100, 200, 400, 401, 404, 405, 413, 414, 415, 417, 431, 501}, (
            f"request {number}: {sent} {answer}"
        )
        assert b"Traceback" not in answer, f"request {number}"
        assert TOKEN.encode() not in answer, f"request {number}: {answer}"
        if number % 10 == 0:
            assert statuses == {200}, f"request {number}: {answer}"
            whole += body in served.kept
    assert whole == REQUESTS / 10
    assert served.post("/webhooks/hubspot", b"after all", served.signed(b"after all")) == 200
    assert [line for line in served.log.splitlines() if TOKEN in line] == []
    assert "Worker (pid" not in served.log  # gunicorn's word for one that was lost
