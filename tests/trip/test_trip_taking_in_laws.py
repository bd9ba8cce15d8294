"""Laws of taking in: the same events end in the same ledger, however they are cut, shuffled, repeated, or broken off."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count, pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event as engine_event
from sqlalchemy import text

from adapters.memory_hubspot import HubSpotMemory
from adapters.memory_mailchimp import MailchimpMemory
from adapters.ports import Record
from connector.assembly import Store, make_parts
from connector.clients import Platforms
from connector.rulebook.read import read_rulebook
from connector.settings import read_settings
from connector.steps.parts import Parts
from connector.steps.reading.intake import read_by_ids
from connector.steps.taking_in import take_in_deliveries
from connector.store import inbox
from connector.store.engine import connect

NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)
MAPPINGS = Path(__file__).parents[2] / "mappings"
PEOPLE = ("101", "102", "103", "104")
AUDIENCE = "main"
SOURCE = f"mailchimp:{AUDIENCE}"
EMPTIED = (
    "delivery, seen, contact, identity, record, sighting, event, failure, tombstone, past_to_read, unsettled, secret"
)

#: What HubSpot tells, without how it was delivered. The last two nobody understands.
KINDS = ("creation", "propertyChange", "deletion", "merge", "associationChange", "privacyDeletion", "sneezed", "")


@pytest.fixture
def parts(database: str) -> Iterator[Parts]:
    """The real store over platforms in memory; of those whom webhooks name, 104 is at neither."""
    engine = connect(database)
    rulebook = read_rulebook(MAPPINGS)
    portal, audience = HubSpotMemory(), MailchimpMemory()
    for id_ in PEOPLE[:3]:
        email = f"p{id_}@acme.example"
        portal.add(Record("hubspot", id_, email, {"email": email, "jobtitle": "CFO"}, NOW))
        audience.add(Record(SOURCE, f"m{id_}", email, {"email_address": email, "status": "subscribed"}, NOW))
    made = make_parts(
        read_settings({}), Store(engine, database), rulebook, clients=Platforms(None, None), now=lambda: NOW
    )
    yield replace(made, hubspot=portal, mailchimp={SOURCE: audience})
    engine.dispose()


def list_id(parts: Parts) -> str:
    return parts.rulebook.fields.audiences[AUDIENCE].list


def events() -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(
        st.builds(
            lambda kind, id_, at: {
                "subscriptionType": f"contact.{kind}",
                "objectId": int(id_),
                "fromObjectId": int(id_),
                "primaryObjectId": int(id_),
                "mergedObjectIds": [104],
                "occurredAt": at,
                "propertyName": "jobtitle",
                "propertyValue": "CFO",
            },
            st.sampled_from(KINDS),
            st.sampled_from(PEOPLE),
            st.integers(1, 3),
        ),
        min_size=1,
        max_size=8,
    )


@st.composite
def sendings(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[list[dict[str, Any]]]]:
    """Events, and the deliveries that bring each of them at least once: cut, shuffled and repeated as it comes."""
    told = draw(events())
    sent = draw(st.permutations(told + draw(st.lists(st.sampled_from(told), max_size=6))))
    cuts = sorted(draw(st.sets(st.integers(0, len(sent)), max_size=4)))
    bounds = [0, *cuts, len(sent)]
    deliveries = [
        [{**one, "eventId": number, "attemptNumber": start} for number, one in enumerate(sent[start:end])]
        for start, end in pairwise(bounds)
    ]
    return told, deliveries


def deliver(parts: Parts, bodies: Sequence[Any], platform: str = "hubspot") -> None:
    with parts.engine.begin() as conn:
        for body in bodies:
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            inbox.receive(conn, platform=platform, body=raw, content_type="", received_at=NOW, meta={})


def take_in(parts: Parts) -> None:
    errors: list[Any] = []
    for _ in range(50):
        take_in_deliveries(parts, errors)
        with parts.engine.begin() as conn:
            conn.execute(text("UPDATE delivery SET lease_until = NULL"))
            if not inbox.waiting(conn):
                break
    assert errors == []


def ledger(parts: Parts) -> Mapping[str, Any]:
    """What is known in the end, but for our own numbers; and how many events count as seen."""
    with parts.engine.connect() as conn:
        return {
            "records": conn.execute(
                text("SELECT source, platform_id, email, raw::text, archived FROM record ORDER BY 1, 2")
            ).all(),
            "identities": conn.execute(
                text(
                    "SELECT source, platform_id, (SELECT min(platform_id) FROM identity AS same"
                    " WHERE same.contact = identity.contact) FROM identity ORDER BY 1, 2"
                )
            ).all(),
            "buried": conn.scalar(text("SELECT count(*) FROM tombstone")),
            "seen": conn.scalar(text("SELECT count(*) FROM seen")),
            "failures": conn.execute(text("SELECT platform_id, reason FROM failure ORDER BY 1")).all(),
        }


def endings(parts: Parts) -> set[str]:
    with parts.engine.connect() as conn:
        return {state for _, state in inbox.count_by_ending(conn)}


def afresh(parts: Parts) -> None:
    """An empty inbox, and a ledger that knows everybody: of whom it does not, an erasure can bury no more than the id."""
    with parts.engine.begin() as conn:
        conn.execute(text(f"TRUNCATE {EMPTIED} RESTART IDENTITY"))
    for source, platform in parts.platforms.items():
        read_by_ids(parts, source, platform, [f"m{one}" if source == SOURCE else one for one in PEOPLE])


def test_events_end_the_same_however_they_are_cut_shuffled_and_repeated(parts: Parts) -> None:
    @settings(max_examples=30)
    @given(sendings())
    def holds(sending: tuple[list[dict[str, Any]], list[list[dict[str, Any]]]]) -> None:
        told, deliveries = sending
        afresh(parts)
        deliver(parts, [told])
        take_in(parts)
        once, ended = ledger(parts), endings(parts)
        afresh(parts)
        deliver(parts, deliveries)
        take_in(parts)
        assert ledger(parts) == once
        assert endings(parts) <= ended | {"handled", "ignored"}
        assert ("unknown" in endings(parts)) == ("unknown" in ended)

    holds()


class Killed(Exception):
    """The worker is gone at this very point."""


@contextmanager
def killed_at(parts: Parts, point: str, number: int) -> Iterator[None]:
    """Nothing happens any more from the `number`-th begin or commit of a transaction on."""
    points = count(1)

    def strike(_conn: Any) -> None:
        if next(points) >= number:
            raise Killed

    engine_event.listen(parts.engine, point, strike)
    try:
        with suppress(Killed):
            yield
    finally:
        engine_event.remove(parts.engine, point, strike)


def some_of_everything(parts: Parts) -> None:
    """Two batches of each platform: news, echoes of others, an erasure, what nobody understands."""
    told = [
        {"subscriptionType": f"contact.{kind}", "objectId": int(id_), "fromObjectId": int(id_), "occurredAt": number}
        for number, (kind, id_) in enumerate((kind, id_) for kind in KINDS[:3] for id_ in PEOPLE)
    ]
    deliver(parts, [told[:5], told[3:8], [{"subscriptionType": "x"}], told[8:], b"{"])
    deliver(parts, [[{"subscriptionType": "contact.privacyDeletion", "objectId": 102, "occurredAt": 1}], told])
    forms = [
        {"type": type_, "fired_at": "2026-11-24 11:00:00", "data[list_id]": list_id(parts), "data[email]": email}
        for type_ in ("subscribe", "profile")
        for email in ("p101@acme.example", "p103@acme.example", "nobody@acme.example")
    ]
    deliver(parts, [urlencode(form).encode() for form in forms], "mailchimp")


@pytest.mark.parametrize("point", ["begin", "commit"])
def test_a_kill_at_any_point_loses_nothing_and_ends_the_same(parts: Parts, point: str) -> None:
    afresh(parts)
    some_of_everything(parts)
    take_in(parts)
    whole = ledger(parts)
    with parts.engine.connect() as conn:
        ended = inbox.count_by_ending(conn)
    assert {state for _, state in ended} == {"handled", "ignored", "unknown"}
    broken_off = 0
    for number in count(1):
        afresh(parts)
        some_of_everything(parts)
        with killed_at(parts, point, number):
            take_in_deliveries(parts, [])
            break
        with parts.engine.connect() as conn:
            broken_off += inbox.waiting(conn) > 0
        take_in(parts)
        assert ledger(parts) == whole, f"{point} {number}"
        with parts.engine.connect() as conn:
            after = inbox.count_by_ending(conn)
        assert {key for key in after if key[1] != "ignored"} == {key for key in ended if key[1] != "ignored"}
        assert sum(after.values()) == sum(ended.values())
    assert broken_off >= 10
