"""The receiver behind a real server on loopback: gunicorn with our own settings, and raw sockets in front of it."""

TOKEN = "token-present-0123456789"


def test_deliveries_arrive_as_raw_bytes(served):
    body = b'[{"objectId": 1}]\r\n\x00\xff'
    assert served.post("/webhooks/hubspot", body, served.signed(body)) == 200
    form = b"type=subscribe&data%5Bmerges%5D%5BADDRESS%5D%5Baddr1%5D=x"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert served.post(f"/webhooks/mailchimp/{TOKEN}", form, headers) == 200
    assert body in served.kept
    assert form in served.kept


def test_forged_and_oversized_ones_do_not(served):
    before = len(served.kept)
    assert served.post("/webhooks/hubspot", b"[]", served.signed(b"[1]")) == 401
    assert served.post("/webhooks/mailchimp/wrong", b"x") == 404
    head = f"POST /webhooks/mailchimp/{TOKEN} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    assert b" 413 " in served.raw(f"{head}Content-Length: {2**31}\r\n\r\n".encode())
    assert len(served.kept) == before


def chunked(pieces):
    head = f"POST /webhooks/mailchimp/{TOKEN} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head.encode() + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


def test_chunked_bodies_have_the_same_limit(served):
    pieces = [bytes([65 + number]) * 0x10000 for number in range(17)]
    assert b" 200 " in served.raw(chunked(pieces[:16]) + b"0\r\n\r\n")
    assert b"".join(pieces[:16]) in served.kept
    before = len(served.kept)
    assert b" 413 " in served.raw(chunked(pieces) + b"0\r\n\r\n")
    assert len(served.kept) == before


def test_a_body_that_breaks_off_is_not_kept(served):
    before = len(served.kept)
    head = f"POST /webhooks/mailchimp/{TOKEN} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100\r\n\r\n"
    assert b" 400 " in served.raw(head.encode() + b"type=unsubscribe")
    assert b" 200 " not in served.raw(chunked([b"type=unsubscribe"]))
    assert len(served.kept) == before


def test_the_servers_own_log_shows_no_token(served):
    served.post(f"/webhooks/mailchimp/{TOKEN}", b"crash")
    served.raw(f"POST /webhooks/mailchimp/{TOKEN} NONSENSE/9.9\r\n\r\n".encode())
    served.raw(f"GET /webhooks/mailchimp/{TOKEN}/{'x' * 3000} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    served.wait_until(lambda: "request refused" in served.log, "the malformed requests logged")
    assert "webhook not stored" in served.log
    assert TOKEN not in served.log


def test_it_leaves_nothing_in_the_home_directory(served):
    assert not (served.folder / ".gunicorn").exists()
