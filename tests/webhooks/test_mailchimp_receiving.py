"""`GET|HEAD|POST /webhooks/mailchimp/<token>`: token, signature, raw form bodies."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.mailchimp import sign, verify_signature
from webhooks.verifying import Unverified

RECORDED = Path(__file__).parents[3] / "shared" / "payloads" / "mailchimp_webhook_form_bodies.json"
NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
STAMP = "1804671000"
FORM = "application/x-www-form-urlencoded; charset=utf-8"
BODY = b"type=unsubscribe&fired_at=2027-03-10+09%3A29%3A58&data%5Baction%5D=unsub&data%5Bemail%5D=noor%40acme.example"
TOKENS = ["token-present-0123456789", "token-previous-012345678"]


def path(token=TOKENS[0]):
    return f"/webhooks/mailchimp/{token}"


def signature(secret="mc-secret", stamp=STAMP, body=BODY):
    return f"t={stamp},v1={sign(stamp, body, secret)}"


def recorded_bodies():
    if not RECORDED.exists():
        return [pytest.param("", marks=pytest.mark.skip(reason=f"no recorded payloads at {RECORDED}"))]
    return [one["request"]["body_text"] for one in json.loads(RECORDED.read_text())["interactions"]]


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_validator_gets_its_200(method, token, world, client):
    assert client.open(path(token), method=method).status_code == 200
    assert world.inbox.kept == []


@pytest.mark.parametrize("token", TOKENS)
def test_an_unsigned_post_is_kept_as_long_as_no_secret_is_known(token, world, client):
    response = client.post(path(token), data=BODY, content_type=FORM)
    assert (response.status_code, response.data) == (200, b'{"status": "stored"}\n')
    (kept,) = world.inbox.kept
    assert (kept.platform, kept.body, kept.content_type) == ("mailchimp", BODY, FORM)
    assert (kept.received_at, kept.meta, world.inbox.rings) == (NOW, {"signed": "no"}, 1)


@pytest.mark.parametrize("body", recorded_bodies())
def test_recorded_bodies(body, world, client):
    assert client.post(path(), data=body.encode(), content_type=FORM).status_code == 200
    assert world.inbox.kept[0].body == body.encode()


@pytest.mark.parametrize("token", ["wrong", TOKENS[0][:-1], TOKENS[0] + "x", TOKENS[0].upper(), "%C3%A9", "%ff", "%00"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_wrong_token_is_a_404_like_any_other(method, token, world, client):
    wrong, unknown = (client.open(p, method=method, data=BODY) for p in (path(token), "/webhooks/nothing-here"))
    assert wrong.status_code == unknown.status_code == 404
    assert wrong.data == unknown.data
    assert world.inbox.kept == []


@pytest.mark.parametrize("there", ["/webhooks/mailchimp", "/webhooks/mailchimp/", f"/webhooks//mailchimp/{TOKENS[0]}"])
def test_neighbors_of_the_path_are_404_and_no_redirect(there, client):
    assert client.post(there, data=BODY).status_code == 404


def test_without_tokens_the_door_is_shut(world):
    world.mailchimp_tokens = ()
    assert world.app().test_client().get("/webhooks/mailchimp/").status_code == 404
    assert world.app().test_client().get(path("anything")).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
def test_other_methods(method, client):
    assert client.open(path(), method=method).status_code == 405


class TestSigned:
    @pytest.fixture(autouse=True)
    def _secrets(self, world):
        world.signing_secrets = ("other-audience", "mc-secret")

    def test_a_signed_post_is_kept(self, world, client):
        headers = {"X-Mailchimp-Signature": signature()}
        assert client.post(path(), data=BODY, content_type=FORM, headers=headers).status_code == 200
        assert world.inbox.kept[0].meta == {"signed": "yes"}
        assert world.inbox.kept[0].body == BODY

    @pytest.mark.parametrize("headers", [{}, {"X-Mailchimp-Signature": signature("forged")}])
    def test_an_unsigned_or_forged_one_leaves_no_row(self, headers, world, client):
        assert client.post(path(), data=BODY, content_type=FORM, headers=headers).status_code == 401
        assert world.inbox.kept == []

    def test_the_token_is_asked_for_first(self, client):
        headers = {"X-Mailchimp-Signature": signature()}
        assert client.post(path("wrong"), data=BODY, headers=headers).status_code == 404

    def test_secrets_that_cannot_be_read_mean_later_not_unchecked(self, world, client):
        world.store_away = ConnectionError("away")
        assert client.post(path(), data=BODY, content_type=FORM).status_code == 503
        assert world.inbox.kept == []


def verify(header, *, body=BODY, secrets=("mc-secret",), now=NOW):
    verify_signature(header=header, body=body, secrets=secrets, now=now)


def test_known_answer():
    assert NOW.timestamp() == int(STAMP)
    assert sign(STAMP, b"type=subscribe", "mc-secret") == (
        "f0ac038343ba7363bfd743d9b801fb7931e4b7761cc3270cbf1cd025aed6df73"  # by openssl dgst -hmac
    )


def test_several_signatures_and_several_secrets():
    right = sign(STAMP, BODY, "mc-secret")
    verify(f"t={STAMP},v1={'0' * 64},v1={right}")
    verify(f"t={STAMP}, v1={right}, v0=ignored")
    verify(f"v1={right},t={STAMP}", secrets=("new", "mc-secret"))


@pytest.mark.parametrize("seconds", [-300, 300])
def test_within_five_minutes_both_ways(seconds):
    verify(signature(), now=NOW + timedelta(seconds=seconds))


RIGHT = sign(STAMP, BODY, "mc-secret")


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("", "no signature"),
        ("garbage", "unreadable signature"),
        (f"v1={RIGHT}", "unreadable signature"),
        (f"t={STAMP},t={STAMP},v1={RIGHT}", "unreadable signature"),
        (f"t=,v1={RIGHT}", "no timestamp"),
        (f"t=soon,v1={RIGHT}", "unreadable timestamp"),
        (signature(stamp="1804670699"), "timestamp too old"),
        (signature(stamp="1804671301"), "timestamp in the future"),
        (signature(stamp="1804671000000"), "timestamp in the future"),
        (f"t={STAMP}", "wrong signature"),
        (f"t={STAMP},v1=", "wrong signature"),
        (f"t={STAMP},v1={RIGHT[:-1]}", "wrong signature"),
        (f"t={STAMP},v1={RIGHT.upper()}", "wrong signature"),
        (f"t={STAMP},v0={RIGHT}", "wrong signature"),
        (f"t=1804671001,v1={RIGHT}", "wrong signature"),
        (signature("another"), "wrong signature"),
        (signature(body=BODY + b"&"), "wrong signature"),
    ],
)
def test_what_does_not_verify(header, why):
    with pytest.raises(Unverified) as refusal:
        verify(header)
    assert str(refusal.value) == why


@given(st.text(max_size=100))
def test_no_header_text_makes_it_crash_or_pass(header):
    with pytest.raises(Unverified):
        verify(header)
