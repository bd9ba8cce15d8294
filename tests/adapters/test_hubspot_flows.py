"""What a workflow listens to, in the shapes of criteria that the flows API shows (facts/hubspot.md §5)."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.budget import RateBudget
from adapters.hubspot import HubSpotClient, HubSpotPlatform
from adapters.hubspot.criteria import criteria_of
from adapters.ports import Flow, Meets, Trigger
from adapters.sandbox.server import Server
from adapters.sandbox.web import Request, Response, Routes

TRACK = "trellis_track"


class Flows:
    """Serves flows of one's own making, `page` a listing page; `row` is what is told of the only one beside its criteria."""

    def __init__(self) -> None:
        self.criteria: Any = {}
        self.row: dict[str, Any] = {}
        self.shown = True
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
        row = {"id": "1", "name": "Finance", "isEnabled": True, "enrollmentCriteria": self.criteria, **self.row}
        return Response.json({"status": "COMPLETE", "results": [row] if self.shown else []})


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


def asks(name: str, operator: str, *values: str) -> dict[str, Any]:
    operation = {"operator": operator, "values": list(values), "operationType": "ENUMERATION"}
    return {"filterType": "PROPERTY", "property": name, "operation": operation}


def changed(*value: dict[str, Any], **more: Any) -> dict[str, Any]:
    name = {"property": "hs_name", "operation": {"operator": "IS_EQUAL_TO", "value": TRACK}}
    return {"eventTypeId": "4-655002", "filters": [name, *value], **more}


def branch(kind: str, *filters: dict[str, Any], inner: Any = ()) -> dict[str, Any]:
    return {"filterBranchType": kind, "filters": list(filters), "filterBranches": list(inner)}


def filtered(*branches: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "LIST_BASED", "listFilterBranch": branch("OR", inner=branches), **more}


FINANCE = asks(TRACK, "IS_ANY_OF", "finance")
IN_LIST = {"filterType": "IN_LIST", "operator": "IN_LIST", "listId": 12}
ELSEWHERE = asks("country", "IS_ANY_OF", "ES")


# ---------------------------------------------------------------- who gets in


def test_a_property_that_changes_to_a_value(flows: Flows) -> None:
    created = {"eventTypeId": "4-1463224", "filters": []}
    event = changed(asks("hs_value", "IS_ANY_OF", "finance", "winback"))
    flows.criteria = {"type": "EVENT_BASED", "eventFilterBranches": [created, event], "shouldReEnroll": True}
    found = read(flows)
    assert [found.hears("property", TRACK, value) for value in ("finance", "winback", "other", "")] == [
        True,
        True,
        False,
        False,
    ]
    assert (found.hears_again("property", TRACK, "finance"), found.by_events) == (True, True)
    assert found.lets_go("property", TRACK) is False  # whom an event let in, nobody watches


def test_a_property_that_changes_to_anything(flows: Flows) -> None:
    for event in (changed(asks("hs_value", "IS_KNOWN")), changed()):
        flows.criteria = {"type": "EVENT_BASED", "eventFilterBranches": [event], "shouldReEnroll": False}
        found = read(flows)
        assert [found.hears("property", TRACK, value) for value in ("finance", "")] == [True, False]
        assert found.hears_again("property", TRACK, "finance") is False


def test_an_event_that_is_refined_asks_for_more(flows: Flows) -> None:
    flows.criteria = {
        "type": "EVENT_BASED",
        "eventFilterBranches": [changed(FINANCE | {"property": "hs_value"})],
        "refinementCriteria": branch("OR", ELSEWHERE),
    }
    (trigger,) = read(flows).triggers
    assert (trigger.values, trigger.alone) == (("finance",), False)


def test_joining_a_list_as_an_event(flows: Flows) -> None:
    flows.criteria = {"type": "EVENT_BASED", "listMembershipFilterBranches": [branch("AND", IN_LIST)]}
    found = read(flows)
    assert (found.hears("list", "12"), found.hears("list", "13")) == (True, False)
    assert found.hears_again("list", "12") is None  # not told


def test_alternatives_and_what_is_asked_besides(flows: Flows) -> None:
    flows.criteria = filtered(
        branch("AND", FINANCE), branch("AND", IN_LIST, ELSEWHERE), unEnrollObjectsNotMeetingCriteria=True
    )
    found = read(flows)
    assert [(one.kind, one.name, one.alone, one.everywhere) for one in found.triggers] == [
        ("property", TRACK, True, False),
        ("list", "12", False, False),
        ("property", "country", False, False),
    ]
    assert found.lets_go("property", TRACK) is None  # she may be in it for her list, too


def test_an_and_of_ors_is_taken_apart(flows: Flows) -> None:
    either = branch("OR", inner=[branch("AND", ELSEWHERE), branch("AND", IN_LIST)])
    flows.criteria = filtered(branch("AND", FINANCE, inner=[either]), unEnrollObjectsNotMeetingCriteria=True)
    found = read(flows)
    assert found.hears("property", TRACK, "finance") is True
    assert (found.lets_go("property", TRACK), found.lets_go("list", "12")) == (True, None)


@pytest.mark.parametrize(
    ("operator", "bound", "heard"),
    [
        ("IS_GREATER_THAN", "70", [False, False, True]),
        ("IS_GREATER_THAN_OR_EQUAL_TO", "70", [False, True, True]),
        ("IS_LESS_THAN", "70.0", [True, False, False]),
        ("IS_LESS_THAN_OR_EQUAL_TO", "70", [True, True, False]),
        ("IS_EQUAL_TO", "70", [False, True, False]),
        ("IS_NONE_OF", "70", [True, False, True]),
        ("IS_BETWEEN", "70", [None, None, None]),
        ("IS_GREATER_THAN", "high", [None, None, None]),
    ],
)
def test_what_a_number_is_compared_with(flows: Flows, operator: str, bound: str, heard: list[bool | None]) -> None:
    flows.criteria = filtered(branch("AND", asks("trellis_score", operator, bound)))
    found = read(flows)
    assert [found.hears("property", "trellis_score", value) for value in ("69", "70", "71")] == heard


# ---------------------------------------------------------------- once more, and out again


@pytest.mark.parametrize(
    ("told", "again"),
    [
        ({"shouldReEnroll": True, "reEnrollmentTriggersFilterBranches": [branch("AND", FINANCE)]}, True),
        ({"shouldReEnroll": True, "reEnrollmentTriggersFilterBranches": [branch("AND", IN_LIST)]}, False),
        ({"shouldReEnroll": False, "reEnrollmentTriggersFilterBranches": [branch("AND", FINANCE)]}, False),
        ({"shouldReEnroll": True, "reEnrollmentTriggersFilterBranches": []}, None),
        ({"shouldReEnroll": True}, None),
        ({}, None),
    ],
)
def test_who_was_in_before_enters_by_what_the_workflow_names(flows: Flows, told: Any, again: bool | None) -> None:
    flows.criteria = filtered(branch("AND", FINANCE), **told)
    assert read(flows).hears_again("property", TRACK, "finance") is again


@pytest.mark.parametrize("told", [True, False, None, "yes"])
def test_who_ceases_to_match_leaves_where_the_workflow_says_so(flows: Flows, told: Any) -> None:
    flows.criteria = filtered(branch("AND", FINANCE), unEnrollObjectsNotMeetingCriteria=told)
    assert read(flows).lets_go("property", TRACK) is (told if isinstance(told, bool) else None)


def test_what_somebody_has_ever_been_she_does_not_cease_to_be(flows: Flows) -> None:
    ever = asks(TRACK, "HAS_EVER_BEEN_ANY_OF", "finance")
    flows.criteria = filtered(branch("AND", ever), unEnrollObjectsNotMeetingCriteria=True)
    found = read(flows)
    assert (found.hears("property", TRACK, "finance"), found.lets_go("property", TRACK)) == (True, None)


def test_lists_that_keep_people_out_and_a_goal(flows: Flows) -> None:
    flows.row = {"suppressionListIds": [7, "8"], "goalFilterBranch": branch("OR", ELSEWHERE)}
    found = read(flows)
    assert (found.keeps_out, found.has_goal) == (("7", "8"), True)


# ---------------------------------------------------------------- what is not understood


def test_a_workflow_without_triggers_is_reached_by_a_call_alone(flows: Flows) -> None:
    flows.criteria = {"type": "MANUAL", "shouldReEnroll": True}
    found = read(flows)
    assert (found.triggers, found.opaque, found.hears("property", TRACK, "finance")) == ((), False, False)


@pytest.mark.parametrize("criteria", [{}, None, "x", {"type": "DATASET"}, {"type": "LATER"}])
def test_criteria_of_a_kind_that_nobody_knows_cannot_be_told(flows: Flows, criteria: Any) -> None:
    flows.criteria = criteria
    found = read(flows)
    assert (found.triggers, found.hears("property", TRACK, "finance"), found.leaves) == ((), None, None)


def test_a_workflow_that_is_listed_but_not_shown_cannot_be_told(flows: Flows) -> None:
    flows.shown = False
    found = read(flows)
    assert (found.name, found.enabled, found.hears("list", "12")) == ("Finance", True, None)


@pytest.mark.parametrize(
    "tree",
    [
        branch("AND", asks(TRACK, "CONTAINS", "fin")),
        branch("AND", FINANCE, asks(TRACK, "IS_NONE_OF", "winback")),
        branch("NOT_ALL", FINANCE),
        branch("LATER", inner=[branch("AND", FINANCE)]),
        branch("AND", inner=[branch("OR", *[FINANCE] * 9)] * 9),
    ],
)
def test_what_looks_at_a_property_in_a_way_not_known_here_may_hear(flows: Flows, tree: Any) -> None:
    flows.criteria = filtered(tree, unEnrollObjectsNotMeetingCriteria=True)
    found = read(flows)
    assert found.hears("property", TRACK, "finance") is None
    assert found.hears("property", "another", "finance") is False


def test_what_another_object_is_like_is_no_value_of_hers(flows: Flows) -> None:
    of_company = branch("ASSOCIATION", asks(TRACK, "IS_ANY_OF", "finance"))
    flows.criteria = filtered(branch("AND", IN_LIST, inner=[of_company]))
    assert read(flows).triggers == (Trigger("list", "12", alone=False),)


@pytest.mark.parametrize(
    "event", [{"eventTypeId": "4-655002", "filters": []}, changed(asks("hs_name", "CONTAINS", "t"))]
)
def test_a_change_of_nobody_knows_which_property_cannot_be_told(flows: Flows, event: Any) -> None:
    flows.criteria = {"type": "EVENT_BASED", "eventFilterBranches": [event]}
    assert read(flows).hears("property", TRACK, "finance") is None


def test_a_filter_that_names_no_property_cannot_be_told(flows: Flows) -> None:
    flows.criteria = filtered(branch("AND", {"filterType": "PROPERTY", "operation": {"operator": "IS_KNOWN"}}))
    assert read(flows).hears("property", TRACK, "finance") is None


def test_being_off_a_list_is_not_joining_it(flows: Flows) -> None:
    flows.criteria = filtered(branch("AND", {**IN_LIST, "operator": "NOT_IN_LIST"}))
    assert read(flows).hears("list", "12") is False


def test_a_list_counts_without_a_value() -> None:
    assert Trigger("list", "12").fits("") is True
    assert Trigger("property", TRACK, Meets.ANY).fits("") is False


_WORDS = """
LIST_BASED EVENT_BASED MANUAL AND OR NOT_ALL PROPERTY IN_LIST IS_ANY_OF IS_KNOWN IS_GREATER_THAN 4-655002 hs_name hs_value
trellis_track finance 70
"""
_KEYS = """
type shouldReEnroll unEnrollObjectsNotMeetingCriteria listFilterBranch eventFilterBranches reEnrollmentTriggersFilterBranches
listMembershipFilterBranches refinementCriteria filters filterBranches filterBranchType filterType property operation operator
values value listId eventTypeId
"""
_words, _keys = st.sampled_from(_WORDS.split()), st.sampled_from(_KEYS.split())
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | _words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=5),
    max_leaves=20,
)


@given(_json)
def test_whatever_is_told_of_a_workflow_is_read(told: Any) -> None:
    """Real shapes are richer than any that are known here: the worst that may come of one is that it cannot be told."""
    found = criteria_of(told)
    flow = Flow("1", "F", True, found.triggers, found.again, found.opaque, found.by_events, found.leaves)
    answers = [
        flow.hears("property", TRACK, "finance"),
        flow.hears_again("list", "12"),
        flow.lets_go("property", TRACK),
    ]
    assert set(answers) <= {True, False, None}
    assert isinstance(told, dict) or flow.hears("property", TRACK, "finance") is None
