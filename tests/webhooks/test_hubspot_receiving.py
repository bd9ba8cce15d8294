"""`POST /webhooks/hubspot`: what is verified is kept byte for byte, everything else leaves no row."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

RECORDED = Path(__file__).parents[3] / "shared" / "payloads" / "hubspot_webhook_events.json"
PATH = "/webhooks/hubspot"
BODY = b'[{"eventId":4101286121,"subscriptionType":"contact.propertyChange","objectId":541935488729}]'


def recorded_bodies():
    if not RECORDED.exists():
        return [pytest.param(b"", marks=pytest.mark.skip(reason=f"no recorded payloads at {RECORDED}"))]
    interactions = json.loads(RECORDED.read_text())["interactions"]
    return [json.dumps(one["request"]["body"]).encode() for one in interactions]


def test_a_signed_delivery_is_kept_as_it_came_and_the_bell_rings(world, client):
    headers = world.signed(BODY)
    response = client.post(PATH, data=BODY, headers=headers)
    assert (response.status_code, response.data) == (200, b'{"status": "stored"}\n')
    (kept,) = world.inbox.kept
    assert (kept.platform, kept.body, kept.content_type) == ("hubspot", BODY, "application/json")
    assert kept.received_at == world.now
    assert kept.meta == {"timestamp": headers["X-HubSpot-Request-Timestamp"]}
    assert world.inbox.rings == 1


@pytest.mark.parametrize("body", recorded_bodies())
def test_recorded_bodies(body, world, client):
    assert client.post(PATH, data=body, headers=world.signed(body)).status_code == 200
    assert world.inbox.kept[0].body == body


@pytest.mark.parametrize("body", [b"", b"not json", b"{}", b"null", b"[NaN]", b"\xff\xfe", b"[" * 5000])
def test_a_verified_body_is_kept_whatever_it_holds(body, world, client):
    assert client.post(PATH, data=body, headers=world.signed(body)).status_code == 200
    assert world.inbox.kept[0].body == body


def test_the_previous_secret_verifies_during_a_rotation(world, client):
    headers = world.signed(BODY, secret="previous-client-secret")
    assert client.post(PATH, data=BODY, headers=headers).status_code == 200


def test_the_query_belongs_to_the_signature(world, client):
    query = "?team=caf%C3%A9%3A%20north&empty="
    assert client.post(PATH + query, data=BODY, headers=world.signed(BODY, query=query)).status_code == 200
    assert client.post(PATH + query, data=BODY, headers=world.signed(BODY)).status_code == 401


def test_the_address_comes_from_configuration_not_from_headers(world, client):
    headers = {
        **world.signed(BODY),
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "http",
        "Forwarded": "host=evil.example",
    }
    assert client.post(PATH, data=BODY, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        (lambda world: {}, "no signature"),
        (lambda world: world.signed(BODY, secret="guessed"), "wrong signature"),
        (lambda world: world.signed(BODY + b" "), "wrong signature"),
        (lambda world: world.signed(BODY, at=timedelta(seconds=-301)), "timestamp too old"),
        (lambda world: world.signed(BODY, at=timedelta(seconds=301)), "timestamp in the future"),
        (lambda world: {**world.signed(BODY), "X-HubSpot-Signature-v3": "é"}, "wrong signature"),
    ],
    ids=["unsigned", "forged", "changed", "stale", "future", "not ascii"],
)
def test_what_does_not_verify_is_401_and_no_row(headers, why, world, client):
    response = client.post(PATH, data=BODY, headers=headers(world))
    assert (response.status_code, response.json) == (401, {"error": why})
    assert (world.inbox.kept, world.inbox.rings) == ([], 0)


def test_without_a_configured_secret_nothing_verifies(world):
    headers = world.signed(BODY, secret="")
    world.hubspot_secrets = ()
    response = world.app().test_client().post(PATH, data=BODY, headers=headers)
    assert (response.status_code, world.inbox.kept) == (401, [])


def test_what_could_not_be_stored_is_not_acknowledged(world, client):
    world.inbox.broken = RuntimeError("noor@acme.example")
    response = client.post(PATH, data=BODY, headers=world.signed(BODY))
    assert (response.status_code, response.json) == (503, {"error": "not stored, try again"})
    assert world.inbox.rings == 0


def test_a_silent_bell_does_not_undo_what_is_stored(world, client):
    world.inbox.mute = ConnectionError("away")
    assert client.post(PATH, data=BODY, headers=world.signed(BODY)).status_code == 200
    assert len(world.inbox.kept) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods(method, client):
    response = client.open(PATH, method=method)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
