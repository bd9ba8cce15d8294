"""What a workflow listens to, in the shapes of criteria that the flows API shows (facts/hubspot.md §5)."""

from collections.abc import Iterator
from typing import Any

import pytest

from adapters.budget import RateBudget
from adapters.hubspot import HubSpotClient, HubSpotPlatform
from adapters.ports import Flow
from adapters.sandbox.server import Server
from adapters.sandbox.web import Request, Response, Routes


class Flows:
    """Serves flows of one's own making, `page` a listing page."""

    def __init__(self) -> None:
        self.criteria: dict[str, Any] = {}
        routes = Routes()
        routes.add("GET", "/automation/v4/flows", self._page)
        routes.add("POST", "/automation/v4/flows/batch/read", self._read)
        self.server = Server(routes)

    def _page(self, request: Request) -> Response:
        if request.arg("after"):
            other = {"id": "9", "objectTypeId": "0-2", "name": "Of companies", "isEnabled": True}
            return Response.json({"results": [other]})
        own = {"id": "1", "objectTypeId": "0-1", "name": "Finance", "isEnabled": True}
        return Response.json({"results": [own], "paging": {"next": {"after": "2"}}})

    def _read(self, request: Request) -> Response:
        assert request.json() == {"inputs": [{"type": "FLOW_ID", "flowId": "1"}]}
        row = {"id": "1", "name": "Finance", "isEnabled": True, "enrollmentCriteria": self.criteria}
        return Response.json({"status": "COMPLETE", "results": [row]})


@pytest.fixture
def flows() -> Iterator[Flows]:
    pretend = Flows()
    with pretend.server:
        yield pretend


def read(flows: Flows) -> Flow:
    budget = RateBudget(1000, 1.0, burst=100)
    client = HubSpotClient("token", base_url=flows.server.url, version="v3", budget=budget, search_budget=budget)
    (only,) = HubSpotPlatform(client, properties=[]).flows()
    return only


def equals(name: str, *values: str) -> dict[str, Any]:
    return {
        "filterType": "PROPERTY",
        "property": name,
        "operation": {"operator": "IS_ANY_OF", "values": list(values), "operationType": "ENUMERATION"},
    }


def test_a_property_that_changes_to_a_value(flows: Flows) -> None:
    name = {"property": "hs_name", "operation": {"operator": "IS_EQUAL_TO", "value": "trellis_track"}}
    branch = {"eventTypeId": "4-655002", "filters": [name, equals("hs_value", "finance", "winback")]}
    created = {"eventTypeId": "4-1463224", "filters": []}
    flows.criteria = {"type": "EVENT_BASED", "eventFilterBranches": [created, branch], "shouldReEnroll": True}
    found = read(flows)
    assert found.listens_to == (("property", "trellis_track=finance"), ("property", "trellis_track=winback"))
    assert (found.re_enrolls, found.leaves) == (True, False)


def test_a_property_that_changes_to_anything(flows: Flows) -> None:
    name = {"property": "hs_name", "operation": {"operator": "IS_EQUAL_TO", "value": "trellis_track"}}
    known = {"property": "hs_value", "operation": {"operator": "IS_KNOWN"}}
    branch = {"eventTypeId": "4-655002", "filters": [name, known]}
    flows.criteria = {"type": "EVENT_BASED", "eventFilterBranches": [branch]}
    assert read(flows).listens_to == (("property", "trellis_track"),)


def test_filters_within_branches_within_branches(flows: Flows) -> None:
    in_list = {"filterType": "IN_LIST", "operator": "IN_LIST", "listId": 12}
    inner = {"filterBranches": [], "filters": [equals("trellis_track", "finance"), in_list]}
    flows.criteria = {
        "type": "LIST_BASED",
        "listFilterBranch": {"filterBranches": [inner, inner], "filters": []},
        "unEnrollObjectsNotMeetingCriteria": True,
    }
    found = read(flows)
    assert found.listens_to == (("property", "trellis_track=finance"), ("list", "12"))
    assert found.leaves


@pytest.mark.parametrize("criteria", [{}, {"type": "MANUAL"}, {"listFilterBranch": None}, {"eventFilterBranches": "x"}])
def test_a_flow_that_listens_to_nothing(flows: Flows, criteria: dict[str, Any]) -> None:
    flows.criteria = criteria
    assert read(flows).listens_to == ()
