"""The cases that Standard Webhooks lists, at both doors: one mutation of a rightly signed request each.

Neither platform sends a message id. What stands in its place is the dedupe of the inbox, which counts what was told.
"""

from datetime import timedelta

import pytest

from webhooks import hubspot, mailchimp

BODY = b'[{"objectId":101}]'
FORM = b"type=profile&data%5Bemail%5D=maria%40acme.example"
TOKEN = "token-present-0123456789"
SIGNATURE, STAMP = hubspot.SIGNATURE, hubspot.TIMESTAMP


def to_hubspot(world, *, body=BODY, drop=(), **changes):
    """Changes are headers: text, or a function of the right text."""
    headers = {name: value for name, value in world.signed(BODY).items() if name not in drop}
    for which, change in changes.items():
        name = {"signature": SIGNATURE, "stamp": STAMP}[which]
        headers[name] = change(headers[name]) if callable(change) else change
    return world.app().test_client().post(hubspot.PATH, data=body, headers=headers)


def to_mailchimp(world, header, *, body=FORM):
    world.signing_secrets = ("mc-secret",)
    stamp = str(int(world.now.timestamp()))
    right = mailchimp.sign(stamp, FORM, "mc-secret")
    headers = {} if header is None else {mailchimp.SIGNATURE: header(stamp, right)}
    return world.app().test_client().post(f"{mailchimp.PATH}/{TOKEN}", data=body, headers=headers)


def at(world, seconds):
    """A right signature of another moment."""
    stamp = str(int((world.now + timedelta(seconds=seconds)).timestamp()))
    return f"t={stamp},v1={mailchimp.sign(stamp, FORM, 'mc-secret')}"


HUBSPOT_REFUSES = {
    "missing timestamp": {"drop": (STAMP,)},
    "missing signature": {"drop": (SIGNATURE,)},
    "both missing": {"drop": (STAMP, SIGNATURE)},
    "empty timestamp": {"stamp": ""},
    "empty signature": {"signature": ""},
    "garbled signature": {"signature": lambda right: right[::-1]},
    "partial signature": {"signature": lambda right: right[:20]},
    "no padding": {"signature": lambda right: right.rstrip("=")},
    "more padding": {"signature": lambda right: right + "=="},
    "another alphabet": {"signature": lambda right: right.translate(str.maketrans("+/", "-_")) + "-"},
    "wrong case": {"signature": str.swapcase},
    "a version in front": {"signature": lambda right: f"v1,{right}"},
    "several, the right one last": {"signature": lambda right: f"v1,Zm9v v1,{right}"},
    "several, the right one first": {"signature": lambda right: f"{right}, {right}"},
    "a blank inside": {"signature": lambda right: right[:9] + " " + right[9:]},
    "unicode": {"signature": "ключ"},
    "not ascii behind it": {"signature": lambda right: right + "é"},
    "extremely long": {"signature": lambda right: right * 5000},
    "the timestamp extremely long": {"stamp": lambda right: right * 5000},
    "the timestamp in another script": {
        "stamp": lambda right: right.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    },
    "the timestamp in seconds": {"stamp": lambda right: right[:-3]},
    "the timestamp as a number with a point": {"stamp": lambda right: right + ".0"},
    "the timestamp with a sign": {"stamp": lambda right: f"+{right}"},
    "the timestamp of a second later": {"stamp": lambda right: str(int(right) + 1000)},
    "another body": {"body": BODY + b"\n"},
    "no body": {"body": b""},
}


@pytest.mark.parametrize("change", HUBSPOT_REFUSES.values(), ids=HUBSPOT_REFUSES.keys())
def test_hubspot_refuses(change, world):
    response = to_hubspot(world, **change)
    assert (response.status_code, world.inbox.kept) == (401, [])
    assert set(response.json) == {"error"}


@pytest.mark.parametrize("seconds", [-300, -1, 0, 300])
def test_hubspot_within_five_minutes(seconds, world):
    headers = world.signed(BODY, at=timedelta(seconds=seconds))
    assert world.app().test_client().post(hubspot.PATH, data=BODY, headers=headers).status_code == 200


@pytest.mark.parametrize("seconds", [-301, 301, -86_400, 10**9])
def test_hubspot_beyond_five_minutes_though_rightly_signed(seconds, world):
    headers = world.signed(BODY, at=timedelta(seconds=seconds))
    assert world.app().test_client().post(hubspot.PATH, data=BODY, headers=headers).status_code == 401


MAILCHIMP_REFUSES = {
    "missing": None,
    "empty": lambda t, v: "",
    "missing timestamp": lambda t, v: f"v1={v}",
    "missing signature": lambda t, v: f"t={t}",
    "empty timestamp": lambda t, v: f"t=,v1={v}",
    "empty signature": lambda t, v: f"t={t},v1=",
    "two timestamps": lambda t, v: f"t={t},t={t},v1={v}",
    "garbled": lambda t, v: f"t={t},v1={v[::-1]}",
    "partial": lambda t, v: f"t={t},v1={v[:32]}",
    "padded": lambda t, v: f"t={t},v1={v}=",
    "wrong case": lambda t, v: f"t={t},v1={v.upper()}",
    "wrong case of the names": lambda t, v: f"T={t},V1={v}",
    "another version": lambda t, v: f"t={t},v2={v}",
    "blanks inside": lambda t, v: f"t = {t} , v1 = {v}",
    "other separators": lambda t, v: f"t={t};v1={v}",
    "unicode": lambda t, v: f"t={t},v1={'é' * 64}",
    "extremely long": lambda t, v: f"t={t}," + ",".join(f"v1={'0' * 64}" for _ in range(5000)),
    "the timestamp extremely long": lambda t, v: f"t={t * 5000},v1={v}",
    "the timestamp in milliseconds": lambda t, v: f"t={t}000,v1={v}",
    "the timestamp of a second later": lambda t, v: f"t={int(t) + 1},v1={v}",
    "hubspot's way": lambda t, v: v,
}


@pytest.mark.parametrize("header", MAILCHIMP_REFUSES.values(), ids=MAILCHIMP_REFUSES.keys())
def test_mailchimp_refuses(header, world):
    response = to_mailchimp(world, header)
    assert (response.status_code, world.inbox.kept) == (401, [])
    assert set(response.json) == {"error"}


MAILCHIMP_TAKES = {
    "one": lambda t, v: f"t={t},v1={v}",
    "another order": lambda t, v: f"v1={v},t={t}",
    "blanks between": lambda t, v: f" t={t}, v1={v} ",
    "several, the right one last": lambda t, v: f"t={t},v1={'0' * 64},v1={v}",
    "several, the right one first": lambda t, v: f"t={t},v1={v},v1={'0' * 64}",
    "versions that are not known yet": lambda t, v: f"t={t},v0=x,v1={v},v2=y",
}


@pytest.mark.parametrize("header", MAILCHIMP_TAKES.values(), ids=MAILCHIMP_TAKES.keys())
def test_mailchimp_takes(header, world):
    assert to_mailchimp(world, header).status_code == 200
    assert [kept.body for kept in world.inbox.kept] == [FORM]


def test_mailchimp_refuses_another_body(world):
    assert to_mailchimp(world, lambda t, v: f"t={t},v1={v}", body=FORM + b"&").status_code == 401


@pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-300, 200), (300, 200), (301, 401)])
def test_mailchimps_five_minutes(seconds, status, world):
    assert to_mailchimp(world, lambda _t, _v: at(world, seconds)).status_code == status


ELSEWHERE = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Original-URL": "/x",
             "X-Rewrite-URL": "/x", "X-Forwarded-Prefix": "/x", "Forwarded": "host=evil.example;proto=http", "X-Forwarded-Port": "81"}  # fmt: skip


@pytest.mark.parametrize("name", ELSEWHERE)
def test_no_header_moves_the_address_that_is_signed(name, world, client):
    """Neither does a right request fail by it, nor does one pass that was signed for the address that the header names."""
    right = {**world.signed(BODY), name: ELSEWHERE[name]}
    assert client.post(hubspot.PATH, data=BODY, headers=right).status_code == 200
    stamp = right[STAMP]
    for url in (
        "https://evil.example/webhooks/hubspot",
        "http://hooks.acme.example/trellis/webhooks/hubspot",
        "https://hooks.acme.example/x",
    ):
        forged = {
            **right,
            SIGNATURE: hubspot.sign(hubspot.signed_text("POST", url, BODY, stamp), "present-client-secret"),
        }
        assert client.post(hubspot.PATH, data=BODY, headers=forged).status_code == 401
