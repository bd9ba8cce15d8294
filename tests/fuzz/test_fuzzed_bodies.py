"""Bodies that the right secret signed and that nobody understands, all the way through: received over the real inbox, and
taken in over platforms in memory. The receiver stores what is verified; how deep it nests, and whether it is JSON at all,
is the worker's to find. Each ends handled, ignored, unknown or failed, and none makes anybody up.

The same bodies every time; a failure names the number of its body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from adapters.memory_hubspot import HubSpotMemory
from adapters.memory_mailchimp import MailchimpMemory
from adapters.ports import Record
from connector.assembly import Store, make_parts, receiver_over
from connector.clients import Platforms
from connector.rulebook.read import read_rulebook
from connector.settings import read_settings
from connector.steps.parts import Parts
from connector.steps.taking_in import take_in_deliveries
from connector.store import inbox, state
from connector.store.engine import connect
from webhooks import hubspot, mailchimp

BODIES = 1_000
NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
MAPPINGS = Path(__file__).parents[2] / "mappings"
SECRET = "canary-client-secret"
TOKEN = "canary-webhook-token-0123456789"
SIGNING = "canary-signing-secret"
PUBLIC_URL = "https://hooks.acme.example"
ENDINGS = {"handled", "ignored", "unknown", "failed"}
PEOPLE = {"101": "maria@acme.example", "102": "brian@acme.example", "103": "noor@acme.example"}

ODD: list[Any] = [
    None, True, False, 0, -1, 1, 101, "101", "", " ", "\x00", "\ud83d", "é" * 300, 2**31, 2**63, -(2**63), 10**30, 1.5, 1e300,
    float("nan"), float("inf"), [], {}, [[]], {"a": {"b": []}}, [101, 102], "contact", "contact.", ".", "a.b.c", "contact.merge",
    "contact.privacyDeletion", "contact.associationChange", "object.restore", "company.deletion", "0-1", "2-999", "maria@acme.example",
    "../../etc/passwd", "'; DROP TABLE contact; --", "=cmd()", "%00", "1" * 400,
]  # fmt: skip


def a_body(number: int, kept: list[bytes]) -> bytes:
    """Body `number`: one of the corpus, whose values, names, bytes or nesting are spoiled."""
    random = Random(number)
    body = random.choice(kept)
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if isinstance(value, list) and random.random() < 0.8:
        for _ in range(random.randint(1, 4)):
            spoil(random, value)
        return json.dumps(value, ensure_ascii=random.random() < 0.7).encode("utf-8", "surrogatepass")
    return spoil_bytes(random, body)


def spoil(random: Random, events: list[Any]) -> None:
    if not events or random.random() < 0.1:
        events.insert(0, random.choice(ODD))
        return
    event = random.choice(events)
    if not isinstance(event, dict) or not event or random.random() < 0.05:
        events[events.index(event)] = random.choice(ODD)
        return
    name = random.choice(list(event))
    match random.randrange(5):
        case 0:
            del event[name]
        case 1:
            event[name] = nested(random.choice([10, 40, 900]), random.choice(ODD))
        case 2:
            event[str(random.choice(ODD))] = random.choice(ODD)
        case 3:
            events.extend([dict(event)] * random.randint(1, 120))
        case _:
            event[name] = random.choice(ODD)


def nested(depth: int, value: Any) -> Any:
    for _ in range(depth):
        value = [value]
    return value


def spoil_bytes(random: Random, body: bytes) -> bytes:
    at = random.randint(0, len(body))
    odd = random.choice(
        [
            b"%00",
            b"%ff",
            b"%",
            b"&",
            b"=",
            b"[",
            b"]",
            b"\x00",
            b"\xff",
            b"&type=",
            b"[" * 50_000,
            b"&a=b" * 1200,
            b"+" * 99,
        ]
    )
    return random.choice(
        [body[:at], body[:at] + odd + body[at:], odd, body[at:] + body[:at], body * 2, body.replace(b"abc123", odd)]
    )


@pytest.fixture
def parts(database: str) -> Iterator[Parts]:
    """The real store with a receiver's settings, and three people on each platform in memory."""
    engine = connect(database)
    rulebook = read_rulebook(MAPPINGS)
    with engine.begin() as conn:
        state.activate(conn, rulebook.hash, rulebook.source, NOW)
    portal, audience = HubSpotMemory(), MailchimpMemory()
    for id_, email in PEOPLE.items():
        portal.add(Record("hubspot", id_, email, {"email": email, "jobtitle": "CFO"}, NOW))
        audience.add(Record("mailchimp:main", id_, email, {"email_address": email, "status": "subscribed"}, NOW))
    made = make_parts(_settings(), Store(engine, database), rulebook, clients=Platforms(None, None), now=lambda: NOW)
    yield replace(made, hubspot=portal, mailchimp={"mailchimp:main": audience})
    engine.dispose()


def _settings() -> Any:
    return read_settings(
        {
            "HUBSPOT_CLIENT_SECRET": SECRET,
            "MAILCHIMP_WEBHOOK_TOKEN": TOKEN,
            "MAILCHIMP_WEBHOOK_SECRET": SIGNING,
            "PUBLIC_URL": PUBLIC_URL,
        }
    )


@pytest.fixture
def send(parts: Parts, database: str) -> Callable[[str, bytes], int]:
    """Posts a signed body to the receiver over that store; gives the status."""
    client = receiver_over(_settings(), Store(parts.engine, database), now=lambda: NOW).test_client()
    stamp = int(NOW.timestamp())

    def post(platform: str, body: bytes) -> int:
        if platform == "hubspot":
            signed = hubspot.signed_text("POST", f"{PUBLIC_URL}{hubspot.PATH}", body, f"{stamp}000")
            headers = {hubspot.SIGNATURE: hubspot.sign(signed, SECRET), hubspot.TIMESTAMP: f"{stamp}000"}
            return client.post(hubspot.PATH, data=body, headers=headers).status_code
        headers = {mailchimp.SIGNATURE: f"t={stamp},v1={mailchimp.sign(str(stamp), body, SIGNING)}"}
        return client.post(f"{mailchimp.PATH}/{TOKEN}", data=body, headers=headers).status_code

    return post


def take_in_all(parts: Parts) -> None:
    for _ in range(20):
        errors: list[Any] = []
        take_in_deliveries(parts, errors)
        assert errors == []
        with parts.engine.connect() as conn:
            if inbox.waiting(conn) == 0:
                return
    raise AssertionError("deliveries wait for ever")


def check(parts: Parts, sent: dict[int, str]) -> None:
    """Every row has an ending and a reason for a person, which quotes no person; and nobody was made up."""
    with parts.engine.connect() as conn:
        ended = conn.execute(text("SELECT id, state, reason FROM delivery ORDER BY id")).all()
        addresses = set(conn.scalars(text("SELECT email FROM record")))
    assert len(ended) == len(sent)
    for row, name in zip(ended, sent.values(), strict=True):
        assert row.state in ENDINGS, f"{name}: {row}"
        assert row.reason, f"{name}: {row}"
        assert not re.search(r"@acme|Traceback|canary", row.reason), f"{name}: {row}"
    assert addresses <= {*PEOPLE.values(), None}


@pytest.mark.parametrize("platform", ["hubspot", "mailchimp"])
def test_what_is_kept_in_the_corpus_ends(
    platform: str, corpus: Callable[[str], dict[str, bytes]], parts: Parts, send: Callable[[str, bytes], int]
) -> None:
    bodies = corpus(platform)
    for name, body in bodies.items():
        assert send(platform, body) == 200, name
    take_in_all(parts)
    check(parts, dict(enumerate(bodies)))


def test_signed_garbage_ends(
    corpus: Callable[[str], dict[str, bytes]], parts: Parts, send: Callable[[str, bytes], int]
) -> None:
    kept = {platform: list(corpus(platform).values()) for platform in ("hubspot", "mailchimp")}
    sent = {}
    for number in range(BODIES):
        platform = ("hubspot", "mailchimp")[number % 2]
        assert send(platform, a_body(number, kept[platform])) == 200, f"body {number}"
        sent[number] = f"body {number}"
    take_in_all(parts)
    check(parts, sent)


def test_what_was_taken_in_stays_so_when_all_of_it_is_said_again(
    corpus: Callable[[str], dict[str, bytes]], parts: Parts, send: Callable[[str, bytes], int]
) -> None:
    bodies = list(corpus("hubspot").values())
    for _ in range(2):
        for body in bodies:
            send("hubspot", body)
        take_in_all(parts)
    with parts.engine.connect() as conn:
        people = conn.execute(text("SELECT count(*) FROM contact")).scalar_one()
        ends = conn.execute(text("SELECT state, reason, body FROM delivery ORDER BY id")).all()
    assert people <= len(PEOPLE)
    again = [row for row in ends[len(bodies) :] if row.state == "handled"]
    assert [row for row in again if b"occurredAt" in row.body] == []  # without its time, an event may be another one
