"""Limits, health, errors that tell nothing, and logs without secrets."""

import json
import logging

import pytest

from webhooks.app import Readiness, ReceiverSettings
from webhooks.receiving import MAX_BODY_BYTES
from webhooks.redaction import RedactPaths

PATH = "/webhooks/hubspot"
TOKEN = "token-present-0123456789"
BODY = b"[]"


def test_a_body_of_one_mebibyte_is_the_largest(world, client):
    largest = b"x" * MAX_BODY_BYTES
    assert client.post(PATH, data=largest, headers=world.signed(largest)).status_code == 200
    larger = largest + b"x"
    response = client.post(PATH, data=larger, headers=world.signed(larger))
    assert (response.status_code, response.json) == (413, {"error": "request entity too large"})
    assert client.post(f"/webhooks/mailchimp/{TOKEN}", data=larger).status_code == 413
    assert [len(kept.body) for kept in world.inbox.kept] == [MAX_BODY_BYTES]


@pytest.mark.parametrize("encoding", ["gzip", "identity", "br"])
@pytest.mark.parametrize("path", [PATH, f"/webhooks/mailchimp/{TOKEN}"])
def test_any_content_encoding_is_refused(path, encoding, world, client):
    headers = {**world.signed(b"[]"), "Content-Encoding": encoding}
    assert client.post(path, data=b"[]", headers=headers).status_code == 415
    assert world.inbox.kept == []


def test_a_body_that_is_packed_for_the_way_is_refused_too(world, client):
    headers = {**world.signed(BODY), "Transfer-Encoding": "gzip, chunked"}
    assert client.post(PATH, data=BODY, headers=headers).status_code == 415
    assert world.inbox.kept == []


@pytest.mark.parametrize("kept", ["", "/trellis"])
def test_a_proxy_may_take_the_path_of_the_public_url_away_or_leave_it(kept, world, client):
    """As conftest's PUBLIC_URL has one; what is signed is the address that was called, in both cases."""
    assert client.post(f"{kept}{PATH}", data=BODY, headers=world.signed(BODY)).status_code == 200
    assert client.post(f"{kept}{PATH}", data=BODY).status_code == 401
    assert client.get(f"{kept}/webhooks/mailchimp/{TOKEN}").status_code == 200
    assert client.post(f"{kept}/webhooks/mailchimp/{TOKEN}", data=b"type=profile").status_code == 200
    assert client.get(f"{kept}/webhooks/mailchimp/{TOKEN[:-1]}").status_code == 404
    assert client.get(f"/elsewhere{kept}/webhooks/mailchimp/{TOKEN}").status_code == 404
    assert [one.body for one in world.inbox.kept] == [BODY, b"type=profile"]


def test_a_content_type_is_kept_short(world, client):
    headers = {**world.signed(b"[]"), "Content-Type": "x/" + "y" * 1000}
    client.post(PATH, data=b"[]", headers=headers)
    assert len(world.inbox.kept[0].content_type) == 200


def test_healthz_asks_nobody(world, client):
    world.readiness = Readiness(ready=False, checks={"store": "away"})
    response = client.get("/healthz")
    assert (response.status_code, response.json) == (200, {"status": "ok"})


@pytest.mark.parametrize(("ready", "status"), [(True, 200), (False, 503)])
def test_readyz_says_what_was_looked_at(ready, status, world, client):
    world.readiness = Readiness(ready=ready, checks={"store": "ok", "hubspot": "stopped: credentials refused"})
    response = client.get("/readyz")
    assert response.status_code == status
    assert response.json == {"ready": ready, "checks": dict(world.readiness.checks)}


def test_metrics_without_a_store_are_no_webhook_that_was_not_stored(world, client, caplog):
    world.store_away = OSError("10.0.0.7 refused the role trellis")
    response = client.get("/metrics")
    assert (response.status_code, response.json) == (503, {"error": "not to be had now, try again"})
    (said,) = (record for record in caplog.records if record.name == "trellis.webhooks")
    assert (said.getMessage(), said.levelname, said.facts["error"]) == ("not answered", "WARNING", "OSError")


def test_metrics(client):
    response = client.get("/metrics")
    assert response.data == b"trellis_up 1\n"
    assert response.headers["Content-Type"].startswith("text/plain; version=")


@pytest.mark.parametrize("path", ["/", "/nothing", "/webhooks/hubspot/", "/healthz/../readyz", "/static/x"])
def test_unknown_paths_are_one_line_of_json(path, client):
    response = client.get(path)
    assert (response.status_code, response.data) == (404, b'{"error": "not found"}\n')
    assert response.mimetype == "application/json"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_health_is_read_only(path, client):
    assert client.post(path).status_code == 405


def test_every_error_is_one_line_of_json_without_a_trace(world, client):
    world.inbox.broken = ValueError("INSERT … 'noor@acme.example'")
    answers = [
        client.post(PATH, data=b"[]", headers=world.signed(b"[]")),
        client.post(PATH, data=b"[]"),
        client.get(PATH),
        client.get("/webhooks/mailchimp/wrong"),
    ]
    for response in answers:
        assert response.status_code in (401, 404, 405, 503)
        assert response.data.count(b"\n") == 1
        assert set(json.loads(response.data)) == {"error"}


def test_logs_tell_kind_and_place_but_no_token_body_or_address(world, client, caplog):
    caplog.set_level(logging.DEBUG)
    world.inbox.broken = ValueError("INSERT … 'noor@acme.example'")
    client.post(f"/webhooks/mailchimp/{TOKEN}", data=b"data%5Bemail%5D=noor%40acme.example")
    client.post(PATH, data=b"[]", headers=world.signed(b"[]", secret="forged"))
    stored, refused = (record for record in caplog.records if record.name == "trellis.webhooks")
    assert (stored.getMessage(), stored.facts["error"]) == ("webhook not stored", "ValueError")
    assert stored.facts["where"].startswith("conftest.py:")
    assert refused.facts == {"route": "hubspot.receive", "reason": "wrong signature"}
    everything = "".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    for secret in (TOKEN, "noor", "present-client-secret", "Traceback"):
        assert secret not in everything


def test_settings_show_no_secret_and_refuse_an_empty_one():
    shown = repr(ReceiverSettings("https://x.example", ("s3cret-a",), ("s3cret-b",), lambda: ("s3cret-c",)))
    assert "s3cret" not in shown
    for empty in (("",), ("a", "")):
        with pytest.raises(ValueError, match="empty webhook secret"):
            ReceiverSettings("https://x.example", empty, (), tuple)
        with pytest.raises(ValueError, match="empty webhook secret"):
            ReceiverSettings("https://x.example", (), empty, tuple)


@pytest.mark.parametrize("url", ["hooks.example", "ftp://hooks.example", "https://", "https://hooks.example/?a=1"])
def test_a_public_url_must_be_one(url):
    with pytest.raises(ValueError, match="PUBLIC_URL"):
        ReceiverSettings(url, (), (), tuple)


@pytest.mark.parametrize(
    ("message", "args"),
    [
        ("Error handling request %s %s", ("POST", f"/webhooks/mailchimp/{TOKEN}?a=1")),
        (f"Invalid request from ip=1.2.3.4: Invalid HTTP request line: 'POST /webhooks/mailchimp/{TOKEN} x'", ()),
        (f'"GET /webhooks/mailchimp/{TOKEN} HTTP/1.1" 200', ()),
        (f"bad path //webhooks//mailchimp//{TOKEN}", ()),
        (f"bad path /webhooks%2Fmailchimp%2f{TOKEN}", ()),
        (f"bad path %252Fwebhooks%252Fmailchimp%252F{TOKEN}", ()),
        (f"bad path /Webhooks/MailChimp/{TOKEN}/", ()),
    ],
)
def test_a_servers_log_line_shows_no_token(message, args):
    record = logging.LogRecord("gunicorn.error", logging.ERROR, __file__, 1, message, args, None)
    assert RedactPaths().filter(record)
    assert TOKEN not in record.getMessage()
    assert "[redacted]" in record.getMessage()
