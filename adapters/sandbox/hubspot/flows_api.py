"""Routes of workflows: reading flows (v4) (facts/hubspot.md §5)."""

from adapters.sandbox.hubspot.api import Api, Cursors, limit_of
from adapters.sandbox.hubspot.errors import missing
from adapters.sandbox.hubspot.portal import Portal
from adapters.sandbox.hubspot.workflows import Workflow
from adapters.sandbox.web import Request, Response

_SCOPE = "automation"


def register(api: Api) -> None:
    """Add the routes; all need the scope automation."""
    routes = _Flows(api.portal)
    api.add("GET", "flows", "/flows", routes.page, _SCOPE)
    api.add("GET", "flows", "/flows/{flow_id}", routes.get, _SCOPE)
    api.add("POST", "flows", "/flows/batch/read", routes.batch_read, _SCOPE)
    api.add("POST", "flows", "/workflow-id-mappings/batch/read", routes.mappings, _SCOPE)


class _Flows:
    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def page(self, request: Request) -> Response:
        cursors, flows = Cursors(self._portal, request), list(self._portal.workflows)
        start, limit = cursors.asked(), limit_of(request, 100, 100)
        after = start + limit if start + limit < len(flows) else None
        shown = [_summary(x) for x in flows[start : start + limit]]
        return Response.json({"results": shown, **cursors.paging(after)})

    def get(self, request: Request) -> Response:
        for flow in self._portal.workflows:
            if flow.id == request.params["flow_id"]:
                return Response.json(_full(flow))
        raise missing(f"Flow {request.params['flow_id']} not found")

    def batch_read(self, request: Request) -> Response:
        wanted = {str(each["flowId"]) for each in request.json()["inputs"]}
        results = [_full(flow) for flow in self._portal.workflows if flow.id in wanted]
        return Response.json({"status": "COMPLETE", "results": results})

    def mappings(self, request: Request) -> Response:
        wanted = {str(each.get("flowId") or each.get("workflowId")) for each in request.json()["inputs"]}
        results = [
            {"flowId": flow.id, "workflowId": flow.workflow_id}
            for flow in self._portal.workflows
            if wanted & {flow.id, flow.workflow_id}
        ]
        return Response.json({"status": "COMPLETE", "results": results})


def _summary(flow: Workflow) -> dict[str, object]:
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


def _full(flow: Workflow) -> dict[str, object]:
    return {
        **_summary(flow),
        "type": "CONTACT_FLOW",
        "enrollmentCriteria": _criteria(flow),
        "suppressionListIds": list(flow.suppression_lists),
        "unEnrollmentSetting": {"type": "SELECTIVE", "flowIds": []},
        "timeWindows": [],
        "blockedDates": [],
        "actions": [
            {
                "actionId": str(i + 1),
                "actionTypeId": "0-4",
                "type": "SINGLE_CONNECTION",
                "fields": {"content_id": mail.name},
            }
            for i, mail in enumerate(flow.mails)
        ],
    }


def _criteria(flow: Workflow) -> dict[str, object]:
    if flow.property:
        operation = {
            "operationType": "ENUMERATION",
            "operator": "IS_ANY_OF",
            "values": sorted(flow.values),
            "includeObjectsWithNoValueSet": False,
        }
        chosen: dict[str, object] = {"filterType": "PROPERTY", "property": flow.property, "operation": operation}
    elif flow.list_id:
        chosen = {"filterType": "IN_LIST", "operator": "IN_LIST", "listId": flow.list_id}
    else:
        return {"type": "MANUAL", "shouldReEnroll": flow.reenroll}
    inner = {"filterBranchType": "AND", "filterBranchOperator": "AND", "filterBranches": [], "filters": [chosen]}
    return {
        "type": "LIST_BASED",
        "shouldReEnroll": flow.reenroll,
        "unEnrollObjectsNotMeetingCriteria": flow.leave,
        "listFilterBranch": {
            "filterBranchType": "OR",
            "filterBranchOperator": "OR",
            "filterBranches": [inner],
            "filters": [],
        },
        "reEnrollmentTriggersFilterBranches": [inner] if flow.reenroll else [],
    }
