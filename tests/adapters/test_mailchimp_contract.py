"""Every request that the adapter makes, and what the sandbox answers, held against the vendor's own contract."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from adapters.budget import RateBudget, Slots
from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.platform import MailchimpPlatform
from adapters.ports import Change, Deadline, Definition, Enrollment, Option
from adapters.sandbox import Clock, Sandbox, mailchimp
from adapters.sandbox.server import Server
from adapters.sandbox.web import Request, Response, Routes

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SPEC = (
    Path(__file__).resolve().parents[2].parent
    / "shared"
    / "specs"
    / "mailchimp"
    / "marketing-3.0.85.openapi3.full.json"
)


@cache
def contract() -> dict[str, Any]:
    if not SPEC.exists():
        pytest.skip(f"the vendor's contract is not here: ../shared/specs/mailchimp/{SPEC.name}")
    return json.loads(SPEC.read_text())


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = contract()
        for name in node["$ref"].lstrip("#/").split("/"):
            found = found[name]
        node = found
    return node


def merged(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with what it is made of laid together."""
    schema = resolved(schema)
    for part in schema.get("allOf", ()):
        inner = merged(part)
        schema = {**inner, **schema, "properties": {**inner.get("properties", {}), **schema.get("properties", {})}}
    return schema


class Exchange:
    """One request below /3.0 and its answer."""

    def __init__(self, request: Request, response: Response) -> None:
        self.method = request.method
        self.path = request.path.removeprefix("/3.0") or "/"
        self.query = {name: values[0] for name, values in request.query.items()}
        self.sent = request.json()
        self.status = response.status
        self.answer = json.loads(response.content) if response.content else None

    def __repr__(self) -> str:
        return f"{self.method} {self.path}"


class Tapped(Routes):
    """The routes of a pretend platform, with a note of everything that goes through."""

    def __init__(self, inner: Routes) -> None:
        super().__init__()
        self._inner = inner
        self.seen: list[Exchange] = []

    def answer(self, request: Request) -> Response:
        response = self._inner.answer(request)
        self.seen.append(Exchange(request, response))
        return response


@pytest.fixture(scope="module")
def exchanges() -> list[Exchange]:
    """Everything that the adapter can do, done once."""
    hook = Routes()
    hook.add("GET", "/hook", lambda _request: Response())
    with Sandbox(Clock(NOON), hubspot=False) as sandbox, Server(hook) as receiver:
        tapped = Tapped(mailchimp.routes(sandbox.mailchimp))
        with Server(tapped) as server:
            client = MailchimpClient(
                api_key="sandbox-us19",
                base_url=f"{server.url}/3.0",
                slots=Slots(8),
                budget=RateBudget(10_000, 1.0, burst=10_000),
            )
            make_all(sandbox, client, f"{receiver.url}/hook")
        return tapped.seen


def make_all(sandbox: Sandbox, client: MailchimpClient, hook: str) -> None:
    life = sandbox.mailchimp.life
    platform = MailchimpPlatform(client, audience="main", list_id="abc123")
    sandbox.mailchimp.add_audience("main", id="abc123")
    region = Definition("REGION", "Region", "dropdown", options=(Option("North", "North"),))
    markers = Definition("TRACKMARK", "Markers", "text")
    platform.define([region, markers])
    platform.define([Definition("REGION", "Region", "dropdown", options=(Option("South", "South"),))])
    for name in ("maria", "brian", "noor"):
        life.subscribe(f"{name}@acme.example", merge_fields={"FNAME": name})
    for number in range(52):
        life.tag("brian@acme.example", f"tag {number}")
    old = life.send_campaign("Old", at=NOON - timedelta(days=30))
    life.open("maria@acme.example", old)
    life.click("maria@acme.example", old, "https://acme.example/pricing")
    life.unsubscribe("noor@acme.example", campaign=old)
    life.buy("maria@acme.example", "10")
    life.archive("brian@acme.example")
    platform.account(), platform.count(), platform.definitions(), platform.webhooks(), platform.create_webhook(hook)
    records = [record for page in platform.all() for record in page.records]
    list(platform.changed(NOON - timedelta(hours=1), NOON))
    by_name = {str(record.email).partition("@")[0]: record.id for record in records}
    narrow = MailchimpPlatform(client, audience="main", list_id="abc123", page_size=2)
    life.send_campaign("New")
    list(narrow.activity(NOON - timedelta(hours=1), NOON))
    sandbox.mailchimp.switches.idle_listed = False
    fresh = MailchimpPlatform(client, audience="main", list_id="abc123")
    list(fresh.activity(NOON - timedelta(hours=1), NOON))
    list(platform.orders(0))
    platform.member_activity(by_name["maria"])
    platform.by_ids(tuple(by_name.values()))
    platform.member_by_email("maria@acme.example")
    platform.standings(tuple(by_name.values()))
    platform.write([Change(by_name["maria"], {"TRACKMARK": "x:1", "REGION": "North"})])
    channel = platform.tag_channel("trellis:track:finance")
    rows = [Enrollment(by_name["maria"], "finance", "finance:1")]
    channel.enroll(rows, Deadline.after(60))
    channel.entered(rows)
    channel.leave(rows, Deadline.after(60))


def operation(exchange: Exchange) -> tuple[str, dict[str, Any]]:
    for path, operations in contract()["paths"].items():
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), exchange.path) and exchange.method.lower() in operations:
            return path, operations[exchange.method.lower()]
    raise AssertionError(f"{exchange} is not in the contract")


def test_every_way_of_reading_was_walked(exchanges):
    told = {exchange.path.rpartition("/")[2] for exchange in exchanges if exchange.method == "GET"}
    assert told >= {
        *("", "members", "tags", "activity-feed", "merge-fields", "webhooks", "reports", "email-activity", "sent-to"),
        *("click-details", "unsubscribed", "stores", "orders"),
    }


def test_every_get_names_its_fields_and_gets_no_links(exchanges):
    """But for the webhooks, whose listing has no such parameter."""
    reads = [one for one in exchanges if one.method == "GET" and not one.path.endswith("/webhooks")]
    assert [one for one in reads if not one.query.get("fields")] == []
    assert [one for one in reads if "_links" in json.dumps(one.answer)] == []


def test_paths_methods_and_queries_are_those_of_the_contract(exchanges):
    for exchange in exchanges:
        _path, known = operation(exchange)
        names = {resolved(one)["name"]: resolved(one) for one in known.get("parameters", ())}
        assert set(exchange.query) <= set(names), exchange
        for name, value in exchange.query.items():
            schema = merged(names[name]["schema"])
            options = resolved(schema.get("items", schema)).get("enum")
            assert not options or set(value.split(",")) <= set(options), (exchange, name, value)
            assert not (schema.get("maximum") and int(value) > schema["maximum"]), (exchange, name, value)


def test_what_is_sent_has_keys_that_the_contract_knows(exchanges):
    written = [exchange for exchange in exchanges if exchange.sent is not None]
    assert {exchange.method for exchange in written} == {"POST", "PATCH"}
    for exchange in written:
        _path, known = operation(exchange)
        body = merged(next(iter(resolved(known["requestBody"])["content"].values()))["schema"])
        assert set(exchange.sent) <= set(body["properties"]), exchange
        assert "status" not in exchange.sent, exchange
        assert "sync_tags" not in exchange.sent, exchange


#: The contract calls merge-field values objects, though they are texts and numbers (../shared/specs/README.md), and an
#: audience may hold more keys than it names.
_OPEN = frozenset({"merge_fields", "options", "event_properties"})
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


def strange(value: Any, schema: dict[str, Any], at: str) -> Iterator[str]:
    """Where a value does not look like its schema."""
    schema = merged(schema)
    kinds = schema.get("anyOf") or schema.get("oneOf")
    if kinds:
        if all(any(True for _ in strange(value, kind, at)) for kind in kinds):
            yield f"{at}: none of {len(kinds)} shapes"
        return
    expected = _TYPES.get(schema.get("type", ""))
    if expected and not isinstance(value, expected):
        yield f"{at}: {type(value).__name__}, not {schema['type']}"
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from strange(item, schema.get("items", {}), f"{at}[{number}]")
    elif isinstance(value, dict) and schema.get("properties") and at.rpartition(".")[2] not in _OPEN:
        for name, item in value.items():
            if name not in schema["properties"]:
                yield f"{at}.{name}: unknown"
            elif name not in _OPEN:
                yield from strange(item, schema["properties"][name], f"{at}.{name}")
    elif schema.get("enum") and value not in (*schema["enum"], ""):
        yield f"{at}: {value!r} is none of the options"


#: Where real answers are ahead of this version of the contract (facts/mailchimp.md §4).
_NEWER = ("signing_enabled: unknown", "signing_secret: unknown")


def test_the_sandbox_answers_in_the_shapes_of_the_contract(exchanges):
    found = set()
    for exchange in exchanges:
        _path, known = operation(exchange)
        answers = known["responses"]
        schema = resolved(answers.get(str(exchange.status)) or answers["default"]).get("content")
        if schema and exchange.answer is not None and exchange.status < 400:
            for one in strange(exchange.answer, next(iter(schema.values()))["schema"], "answer"):
                if not one.endswith(_NEWER):
                    found.add(f"{exchange.method} {_path} {re.sub(r'[0-9]+', 'n', one)}")
    assert not found
