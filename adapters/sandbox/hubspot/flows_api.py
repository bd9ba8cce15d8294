"""Routes of workflows: reading flows (v4) (facts/hubspot.md §5)."""

from adapters.sandbox.hubspot.api import Api, Cursors, limit_of
from adapters.sandbox.hubspot.errors import missing
from adapters.sandbox.hubspot.flow_shapes import full, summary
from adapters.sandbox.hubspot.portal import Portal
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
        shown = [summary(x) for x in flows[start : start + limit]]
        return Response.json({"results": shown, **cursors.paging(after)})

    def get(self, request: Request) -> Response:
        for flow in self._portal.workflows:
            if flow.id == request.params["flow_id"]:
                return Response.json(full(flow))
        raise missing(f"Flow {request.params['flow_id']} not found")

    def batch_read(self, request: Request) -> Response:
        wanted = {str(each["flowId"]) for each in request.json()["inputs"]}
        results = [full(flow) for flow in self._portal.workflows if flow.id in wanted]
        return Response.json({"status": "COMPLETE", "results": results})

    def mappings(self, request: Request) -> Response:
        wanted = {str(each.get("flowId") or each.get("workflowId")) for each in request.json()["inputs"]}
        results = [
            {"flowId": flow.id, "workflowId": flow.workflow_id}
            for flow in self._portal.workflows
            if wanted & {flow.id, flow.workflow_id}
        ]
        return Response.json({"status": "COMPLETE", "results": results})
