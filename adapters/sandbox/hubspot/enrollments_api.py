"""Routes of the legacy direct enrollment, v2 (facts/hubspot.md §5): into a workflow, out of it, and who is in which."""

from adapters.sandbox.hubspot.api import Api
from adapters.sandbox.hubspot.errors import invalid, missing
from adapters.sandbox.hubspot.portal import Portal
from adapters.sandbox.hubspot.record import Record
from adapters.sandbox.hubspot.workflow import Workflow
from adapters.sandbox.web import Request, Response

_SCOPE = "automation"


def register(api: Api) -> None:
    """Add the routes; all need the scope automation."""
    routes = _Enrollments(api.portal)
    enrollment = "/{workflow_id}/enrollments/contacts/{email}"
    api.add("POST", "enrollments", enrollment, routes.enroll, _SCOPE)
    api.add("DELETE", "enrollments", enrollment, routes.unenroll, _SCOPE)
    api.add("GET", "enrollments", "/enrollments/contacts/{vid}", routes.current, _SCOPE)


class _Enrollments:
    """What is said of who is not let in, or not in, is not documented: `Settings.v2_says_no` chooses."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def enroll(self, request: Request) -> Response:
        """Empty 204, also where the workflow lets nobody in; 404 for unknown workflows (flowIds too) and people."""
        workflow, record = self._workflow(request), self._record(request)
        entered = self._portal.workflows.enroll(workflow, record, "enrolled through the API")
        if not entered and self._portal.settings.v2_says_no:
            raise invalid("Contact could not be enrolled in this workflow")
        return Response(204)

    def unenroll(self, request: Request) -> Response:
        workflow, record = self._workflow(request), self._record(request)
        left = self._portal.workflows.unenroll(workflow, record, "unenrolled through the API")
        if not left and self._portal.settings.v2_says_no:
            raise missing("Contact is not enrolled in this workflow")
        return Response(204)

    def current(self, request: Request) -> Response:
        """The workflows that a contact is in now."""
        settings = self._portal.settings
        if not settings.v2_enroll_works:
            raise missing("Not found")
        vid = request.params["vid"]
        if not vid.isdigit() or self._portal.contacts.find(vid) is None:
            raise missing("Contact does not exist")
        inside = [
            {"id": int(one.workflow_id), "name": one.name, "enabled": one.enabled, "portalId": settings.portal_id}
            for one in self._portal.workflows
            if int(vid) in one.inside
        ]
        return Response.json(inside if settings.v2_lists_bare else {"workflows": inside})

    def _record(self, request: Request) -> Record:
        record = self._portal.contacts.find(request.params["email"], by_email=True)
        if record is None:
            raise missing("Contact does not exist")
        return record

    def _workflow(self, request: Request) -> Workflow:
        workflow = self._portal.workflows.by_workflow_id(request.params["workflow_id"])
        if workflow is None or not self._portal.settings.v2_enroll_works:
            raise missing("Workflow does not exist")
        return workflow
