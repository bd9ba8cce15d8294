"""What Mailchimp really answered, read by the adapter over HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.budget import RateBudget, Slots
from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.platform import MailchimpPlatform
from adapters.sandbox.server import Server
from adapters.sandbox.web import Request, Response, Routes

PAYLOADS = Path(__file__).resolve().parents[2].parent / "shared" / "payloads"
RECORDED = PAYLOADS / "mailchimp_members_page_merge_fields_lists.json"


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    """Bodies by the last word of their path."""
    if not RECORDED.exists():
        pytest.skip(f"the recorded answers are not here: ../shared/payloads/{RECORDED.name}")
    found = json.loads(RECORDED.read_text())["interactions"]
    return {one["request"]["url"].partition("?")[0].rpartition("/")[2]: one["response"]["body"] for one in found}


@pytest.fixture
def platform(recorded: dict[str, Any]) -> Iterator[MailchimpPlatform]:
    """An audience as it was recorded: a first page of members, whatever is asked beyond it is empty."""

    def members(request: Request) -> Response:
        first = request.arg("offset") in ("", "0") and not request.arg("status")
        page = recorded["members"] if first else {**recorded["members"], "members": []}
        return Response.json({**page, "total_items": len(recorded["members"]["members"]) if first else 0})

    routes = Routes()
    routes.add("GET", "/3.0/lists/{id}/members", members)
    routes.add("GET", "/3.0/lists/{id}/merge-fields", lambda _request: Response.json(recorded["merge-fields"]))
    with Server(routes) as server:
        client = MailchimpClient(
            api_key="k-us1", base_url=f"{server.url}/3.0", slots=Slots(8), budget=RateBudget(10_000, 1.0)
        )
        yield MailchimpPlatform(client, audience="main", list_id="a36b032126")


def test_recorded_members_are_read_one_record_each(platform, recorded):
    (page,) = platform.all()
    rows = {row["contact_id"]: row for row in recorded["members"]["members"]}
    assert page.unreadable == {}
    assert {record.id for record in page.records} == set(rows)
    for record in page.records:
        row = rows[record.id]
        assert record.values["status"] == row["status"]
        assert record.values["member_rating"] == str(row["member_rating"])
        assert record.values["subscriber_hash"] == row["id"]


def test_recorded_merge_fields_are_definitions(platform, recorded):
    definitions = platform.definitions()
    assert set(definitions) >= {field["tag"] for field in recorded["merge-fields"]["merge_fields"]}
    for field in recorded["merge-fields"]["merge_fields"]:
        assert (definitions[field["tag"]].type, definitions[field["tag"]].label) == (field["type"], field["name"])
