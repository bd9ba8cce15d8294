"""A workflow as the flows API shows it (facts/hubspot.md §5)."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.sandbox.hubspot.workflow import Workflow

Shape = dict[str, object]


def summary(flow: Workflow) -> Shape:
    """A row of the listing."""
    return {
        "id": flow.id,
        "name": flow.name,
        "isEnabled": flow.enabled,
        "flowType": "WORKFLOW",
        "objectTypeId": "0-1",
        "revisionId": "1",
        "createdAt": flow.created,
        "updatedAt": flow.created,
    }


def full(flow: Workflow) -> Shape:
    """The whole definition."""
    actions = [
        {
            "actionId": str(i + 1),
            "actionTypeId": "0-4",
            "type": "SINGLE_CONNECTION",
            "fields": {"content_id": mail.name},
        }
        for i, mail in enumerate(flow.mails)
    ]
    shape: Shape = {
        **summary(flow),
        "type": "CONTACT_FLOW",
        "enrollmentCriteria": _criteria(flow),
        "suppressionListIds": list(flow.suppression_lists),
        "unEnrollmentSetting": {"type": "SELECTIVE", "flowIds": []},
        "timeWindows": [],
        "blockedDates": [],
        "actions": actions,
    }
    if flow.goal:
        shape["goalFilterBranch"] = _branch("OR", inner=[_branch("AND", _property(flow.goal[0], [flow.goal[1]]))])
    return shape


def _criteria(flow: Workflow) -> Shape:
    if not flow.property and not flow.list_id:
        return {"type": "MANUAL", "shouldReEnroll": flow.reenroll}
    return _events(flow) if flow.by_events else _filters(flow)


def _filters(flow: Workflow) -> Shape:
    branches = {
        "property": [_branch("AND", _property(flow.property, sorted(flow.values)))] if flow.property else [],
        "list": [_branch("AND", _in_list(flow))] if flow.list_id else [],
    }
    again = [one for by, found in branches.items() for one in found if flow.reenroll and by in flow.reenroll_by]
    return {
        "type": "LIST_BASED",
        "shouldReEnroll": bool(again),
        "unEnrollObjectsNotMeetingCriteria": flow.leave,
        "listFilterBranch": _branch("OR", inner=[*branches["property"], *branches["list"]]),
        "reEnrollmentTriggersFilterBranches": again,
    }


def _events(flow: Workflow) -> Shape:
    named = {"property": "hs_name", "operation": _operation("IS_EQUAL_TO", [flow.property])}
    valued = {
        "property": "hs_value",
        "operation": _operation("IS_ANY_OF" if flow.values else "IS_KNOWN", sorted(flow.values)),
    }
    changed = {**_branch("AND", named, valued), "filterBranchType": "UNIFIED_EVENTS", "eventTypeId": "4-655002"}
    return {
        "type": "EVENT_BASED",
        "shouldReEnroll": flow.reenroll,
        "eventFilterBranches": [{**changed, "operator": "HAS_COMPLETED"}] if flow.property else [],
        "listMembershipFilterBranches": [_branch("AND", _in_list(flow))] if flow.list_id else [],
    }


def _property(name: str, values: list[str]) -> Shape:
    operator = "IS_ANY_OF" if values else "IS_KNOWN"
    return {"filterType": "PROPERTY", "property": name, "operation": _operation(operator, values)}


def _operation(operator: str, values: list[str]) -> Shape:
    shape: Shape = {"operationType": "ENUMERATION", "operator": operator, "includeObjectsWithNoValueSet": False}
    return {**shape, "values": values} if values else shape


def _in_list(flow: Workflow) -> Shape:
    return {"filterType": "IN_LIST", "operator": "IN_LIST", "listId": flow.list_id}


def _branch(kind: str, *filters: Mapping[str, object], inner: list[Shape] | None = None) -> Shape:
    return {
        "filterBranchType": kind,
        "filterBranchOperator": kind,
        "filterBranches": inner or [],
        "filters": list(filters),
    }
