"""The v3 verifier on its own: known answers, and one mutation a case (as standard-webhooks lists them)."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.hubspot import sign, signed_text, verify_v3
from webhooks.verifying import Unverified

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
STAMP = "1804671000000"
SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
URL = "https://hooks.acme.example/webhooks/hubspot"
BODY = (
    b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
    b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM",'
    b'"changeFlag":"NEW","appId":54321}]'
)


def verify(**changes):
    text = signed_text("POST", URL, BODY, STAMP)
    request = {
        "method": "POST",
        "url": URL,
        "body": BODY,
        "signature": sign(text, SECRET),
        "timestamp": STAMP,
        "secrets": (SECRET,),
        "now": NOW,
    }
    verify_v3(**{**request, **changes})


def reason(**changes):
    with pytest.raises(Unverified) as refusal:
        verify(**changes)
    return str(refusal.value)


def test_hubspots_own_body_and_secret_give_hubspots_own_v1_signature():
    v1 = hashlib.sha256(SECRET.encode() + BODY).hexdigest()
    assert v1 == "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"


def test_known_answer():
    assert NOW.timestamp() * 1000 == int(STAMP)
    assert (
        sign(signed_text("POST", URL, BODY, STAMP), SECRET) == "U490XQ30FO3kXfDGsJ2uL/HnjtwKbE+rEaPOBYxWEuo="
    )  # by openssl dgst -hmac


def test_the_signature_is_plain_hmac_over_method_uri_body_and_timestamp():
    expected = hmac.new(SECRET.encode(), b"POST" + URL.encode() + BODY + STAMP.encode(), hashlib.sha256).digest()
    verify(signature=base64.b64encode(expected).decode())


def test_either_secret_during_a_rotation():
    verify(secrets=("new-secret", SECRET))
    verify(secrets=(SECRET, "old-secret"))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"signature": ""}, "no signature"),
        ({"timestamp": ""}, "no timestamp"),
        ({"timestamp": "yesterday"}, "unreadable timestamp"),
        ({"timestamp": "-1804671000000"}, "unreadable timestamp"),
        ({"timestamp": "1804671000000.0"}, "unreadable timestamp"),
        ({"timestamp": "١٨٠٤٦٧١٠٠٠٠٠٠"}, "unreadable timestamp"),
        ({"timestamp": "1" * 40}, "unreadable timestamp"),
        ({"timestamp": "0"}, "timestamp too old"),
        ({"timestamp": "1804671000"}, "timestamp too old"),
        ({"timestamp": "1804671000001"}, "wrong signature"),
        ({"timestamp": "01804671000000"}, "wrong signature"),
        ({"secrets": ()}, "no client secret is configured"),
        ({"secrets": ("another",)}, "wrong signature"),
        ({"method": "GET"}, "wrong signature"),
        ({"url": URL + "/"}, "wrong signature"),
        ({"url": URL.replace("https", "http")}, "wrong signature"),
        ({"url": URL.replace("acme", "rival")}, "wrong signature"),
        ({"url": URL + "?a=1"}, "wrong signature"),
        ({"body": BODY + b" "}, "wrong signature"),
        ({"body": BODY.replace(b"123", b"124")}, "wrong signature"),
        ({"body": b""}, "wrong signature"),
    ],
)
def test_one_mutation_is_enough(change, why):
    assert reason(**change) == why


@pytest.mark.parametrize(
    "garble",
    [
        lambda right: right.rstrip("="),
        lambda right: right + "=",
        lambda right: right.lower(),
        lambda right: right[1:] + right[:1],
        lambda right: f"v3,{right}",
        lambda right: f"{right},{right}",
        lambda right: f" {right}",
        lambda right: base64.b64decode(right).hex(),
        lambda _: "é" * 44,
        lambda _: "\ud800",
    ],
    ids=["no padding", "more padding", "case", "rotated", "prefix", "twice", "blank", "hex", "not ascii", "surrogate"],
)
def test_a_garbled_signature(garble):
    right = sign(signed_text("POST", URL, BODY, STAMP), SECRET)
    assert reason(signature=garble(right)) == "wrong signature"


@pytest.mark.parametrize("seconds", [-300, -299, 0, 300])
def test_within_five_minutes_both_ways(seconds):
    verify(now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(("ms", "why"), [(300_001, "timestamp too old"), (-300_001, "timestamp in the future")])
def test_beyond_five_minutes_though_signed_rightly(ms, why):
    assert reason(now=NOW + timedelta(milliseconds=ms)) == why


@pytest.mark.parametrize(
    ("called", "signed"),
    [
        ("/a%3Ab%2Fc%3Fd%40e%21f%24g", "/a:b/c?d@e!f$g"),
        ("/%27%28%29%2A%2C%3B", "/'()*,;"),
        ("/%3a%2f%2a", "/:/*"),
        ("?q=a%20b%26c%3Dd%25%23%2B", "?q=a%20b%26c%3Dd%25%23%2B"),
        ("/%253A", "/%253A"),
        ("/caf%C3%A9", "/caf%C3%A9"),
    ],
    ids=["first half", "second half", "lower case", "the rest stays", "decoded once", "utf-8 stays"],
)
def test_what_is_decoded_in_the_uri(called, signed):
    assert signed_text("POST", "https://x.example" + called, b"", "1") == f"POSThttps://x.example{signed}1".encode()


@given(st.binary(max_size=200), st.integers(0, 10**4))
def test_any_body_verifies_untouched_and_not_with_one_bit_flipped(body, where):
    signature = sign(signed_text("POST", URL, body, STAMP), SECRET)
    verify(body=body, signature=signature)
    if body:
        at = where % len(body)
        flipped = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        assert reason(body=flipped, signature=signature) == "wrong signature"


@given(st.text(max_size=80), st.text(max_size=30))
def test_no_header_text_makes_it_crash_or_pass(signature, timestamp):
    assert reason(signature=signature, timestamp=timestamp)
