"""Every HubSpot path that Trellis calls, per API version: the one place to look when HubSpot moves.

HubSpot's versions carry a date since 2026 (`2026-09` is current); v3 and v4 lose support in 2027 (facts/hubspot.md §4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Version = Literal["v3", "2026-09"]

#: HubSpot's id of the object type "contact", in lists, flows and limits.
CONTACT_TYPE = "0-1"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call: method, path by version, and whether it changes anything or has search's own rate limit.

    With `bare` a success may have no body, or one that is a JSON array, as only old endpoints give them. What is
    `repeatable` changes no more when it is done twice.
    """

    method: str
    old: str
    dated: str
    writes: bool = False
    searches: bool = False
    bare: bool = False
    repeatable: bool = False

    @property
    def once(self) -> bool:
        """Whether it must not be asked for again while it is unknown what became of it."""
        return self.writes and not self.repeatable

    def path(self, version: Version) -> str:
        """The path, with `{names}` still to be filled in."""
        return self.old if version == "v3" else self.dated


def _single(method: str, path: str, *, writes: bool = False, bare: bool = False) -> Endpoint:
    """An endpoint that is the same in both columns.

    Of flows, forms and submissions no released date-based version exists (facts/hubspot.md §4, as of 2026-09), of limits
    no other one. The calls of v2 into a workflow have no successor; HubSpot supports them until September 2027 (§5).
    """
    return Endpoint(method, path, path, writes=writes, bare=bare)


ENDPOINTS: dict[str, Endpoint] = {
    "account": Endpoint("GET", "/account-info/v3/details", "/account-info/2026-09/details"),
    "property_limit": _single("GET", "/crm/limits/2026-09/custom-properties"),
    "contacts_page": Endpoint("GET", "/crm/v3/objects/contacts", "/crm/objects/2026-09/contacts"),
    "contact": Endpoint("GET", "/crm/v3/objects/contacts/{contact_id}", "/crm/objects/2026-09/contacts/{contact_id}"),
    "contacts_read": Endpoint(
        "POST", "/crm/v3/objects/contacts/batch/read", "/crm/objects/2026-09/contacts/batch/read"
    ),
    "contacts_search": Endpoint(
        "POST", "/crm/v3/objects/contacts/search", "/crm/objects/2026-09/contacts/search", searches=True
    ),
    "contacts_update": Endpoint(
        "POST", "/crm/v3/objects/contacts/batch/update", "/crm/objects/2026-09/contacts/batch/update", writes=True
    ),
    "companies_read": Endpoint(
        "POST", "/crm/v3/objects/companies/batch/read", "/crm/objects/2026-09/companies/batch/read"
    ),
    "companies_search": Endpoint(
        "POST", "/crm/v3/objects/companies/search", "/crm/objects/2026-09/companies/search", searches=True
    ),
    "deals_search": Endpoint(
        "POST", "/crm/v3/objects/deals/search", "/crm/objects/2026-09/deals/search", searches=True
    ),
    "deals_contacts": Endpoint(
        "POST",
        "/crm/v4/associations/deals/contacts/batch/read",
        "/crm/associations/2026-09/deals/contacts/batch/read",
    ),
    "task_create": Endpoint("POST", "/crm/v3/objects/tasks", "/crm/objects/2026-09/tasks", writes=True),
    "tasks_read": Endpoint("POST", "/crm/v3/objects/tasks/batch/read", "/crm/objects/2026-09/tasks/batch/read"),
    "note_create": Endpoint("POST", "/crm/v3/objects/notes", "/crm/objects/2026-09/notes", writes=True),
    "owners": Endpoint("GET", "/crm/v3/owners/", "/crm/owners/2026-09"),
    "properties": Endpoint("GET", "/crm/v3/properties/contacts", "/crm/properties/2026-09/contacts"),
    "property_create": Endpoint("POST", "/crm/v3/properties/contacts", "/crm/properties/2026-09/contacts", writes=True),
    "property_update": Endpoint(
        "PATCH",
        "/crm/v3/properties/contacts/{name}",
        "/crm/properties/2026-09/contacts/{name}",
        writes=True,
        repeatable=True,
    ),
    "property_archive": Endpoint(
        "DELETE",
        "/crm/v3/properties/contacts/{name}",
        "/crm/properties/2026-09/contacts/{name}",
        writes=True,
        bare=True,
        repeatable=True,
    ),
    "company_properties": Endpoint("GET", "/crm/v3/properties/companies", "/crm/properties/2026-09/companies"),
    "groups": Endpoint("GET", "/crm/v3/properties/contacts/groups", "/crm/properties/2026-09/contacts/groups"),
    "group_create": Endpoint(
        "POST", "/crm/v3/properties/contacts/groups", "/crm/properties/2026-09/contacts/groups", writes=True
    ),
    "group_archive": Endpoint(
        "DELETE",
        "/crm/v3/properties/contacts/groups/{name}",
        "/crm/properties/2026-09/contacts/groups/{name}",
        writes=True,
        bare=True,
        repeatable=True,
    ),
    # Whether HubSpot counts this as a search is not documented: the smaller budget is the safe one.
    "lists": Endpoint("POST", "/crm/v3/lists/search", "/crm/lists/2026-09/search", searches=True),
    "list_by_name": Endpoint(
        "GET", "/crm/v3/lists/object-type-id/0-1/name/{name}", "/crm/lists/2026-09/object-type-id/0-1/name/{name}"
    ),
    "list_create": Endpoint("POST", "/crm/v3/lists/", "/crm/lists/2026-09", writes=True),
    "list_delete": Endpoint(
        "DELETE", "/crm/v3/lists/{list_id}", "/crm/lists/2026-09/{list_id}", writes=True, bare=True, repeatable=True
    ),
    "list_members": Endpoint(
        "GET", "/crm/v3/lists/{list_id}/memberships/join-order", "/crm/lists/2026-09/{list_id}/memberships/join-order"
    ),
    "list_add": Endpoint(
        "PUT", "/crm/v3/lists/{list_id}/memberships/add", "/crm/lists/2026-09/{list_id}/memberships/add", writes=True
    ),
    "list_remove": Endpoint(
        "PUT",
        "/crm/v3/lists/{list_id}/memberships/remove",
        "/crm/lists/2026-09/{list_id}/memberships/remove",
        writes=True,
    ),
    "lists_of_contact": Endpoint(
        "GET",
        "/crm/v3/lists/records/0-1/{contact_id}/memberships",
        "/crm/lists/2026-09/records/0-1/{contact_id}/memberships",
    ),
    "forms": _single("GET", "/marketing/v3/forms"),
    "submissions": _single("GET", "/form-integrations/v1/submissions/forms/{form_id}"),
    "flows": _single("GET", "/automation/v4/flows"),
    "flows_read": _single("POST", "/automation/v4/flows/batch/read"),
    "workflow_ids": _single("POST", "/automation/v4/workflow-id-mappings/batch/read"),
    "workflow_enroll": _single(
        "POST", "/automation/v2/workflows/{workflow_id}/enrollments/contacts/{email}", writes=True, bare=True
    ),
    "workflow_unenroll": _single(
        "DELETE", "/automation/v2/workflows/{workflow_id}/enrollments/contacts/{email}", writes=True, bare=True
    ),
    "workflows_of_contact": _single("GET", "/automation/v2/workflows/enrollments/contacts/{contact_id}", bare=True),
}
