"""Routes of the account itself: details, usage, owners, subscription status, forms and their submissions."""

from adapters.sandbox.hubspot.account import Owner
from adapters.sandbox.hubspot.api import Api, Cursors, limit_of
from adapters.sandbox.hubspot.builtin import optout_property
from adapters.sandbox.hubspot.errors import missing
from adapters.sandbox.hubspot.portal import Portal
from adapters.sandbox.web import Request, Response


def register(api: Api) -> None:
    """Add the routes."""
    routes = _Account(api.portal)
    api.add("GET", "account", "/details", routes.details, "oauth")
    api.add("GET", "account", "/api-usage/daily/private-apps", routes.usage, "oauth")
    api.add("GET", "owners", "", routes.owners, "crm.objects.owners.read")
    api.add("GET", "owners", "/{owner_id}", routes.owner, "crm.objects.owners.read")
    subscriptions = "communication_preferences.read"
    api.add("GET", "subscriptions", "/status/email/{email}", routes.status, subscriptions)
    api.add("GET", "subscriptions", "/definitions", routes.subscription_types, subscriptions)
    api.add("GET", "forms", "", routes.forms, "forms")
    api.add("GET", "forms", "/{form_id}", routes.form, "forms")
    api.add("GET", "submissions", "/{form_id}", routes.submissions, "forms")


class _Account:
    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def details(self, _request: Request) -> Response:
        settings = self._portal.settings
        offset = self._portal.limits.resets_at().strftime("%z")
        return Response.json(
            {
                "portalId": settings.portal_id,
                "accountType": settings.account_type,
                "timeZone": settings.time_zone,
                "companyCurrency": "EUR",
                "additionalCurrencies": [],
                "utcOffset": f"{offset[:3]}:{offset[3:]}",
                "utcOffsetMilliseconds": (1 if offset[0] == "+" else -1)
                * (int(offset[1:3]) * 60 + int(offset[3:]))
                * 60_000,
                "uiDomain": "app-eu1.hubspot.com",
                "dataHostingLocation": "eu1",
            }
        )

    def usage(self, _request: Request) -> Response:
        limits = self._portal.limits
        row = {
            "name": "private-apps-api-calls-daily",
            "usageLimit": self._portal.settings.per_day,
            "currentUsage": limits.today,
            "collectedAt": self._portal.now_iso(),
            "fetchStatus": "SUCCESS",
            "resetsAt": limits.resets_at(),
        }
        return Response.json({"results": [row]})

    def owners(self, request: Request) -> Response:
        cursors = Cursors(self._portal, request)
        limit, start, email = limit_of(request, 100, 500), cursors.asked(), request.arg("email").lower()
        found = [o for o in self._portal.owners.values() if email in ("", o.email.lower()) and int(o.id) >= start]
        shown = found[:limit]
        after = int(found[limit].id) if len(found) > limit else None
        return Response.json({"results": [_owner(owner) for owner in shown], **cursors.paging(after)})

    def owner(self, request: Request) -> Response:
        owner = self._portal.owners.get(request.params["owner_id"])
        if owner is None:
            raise missing("resource not found")
        return Response.json(_owner(owner))

    def status(self, request: Request) -> Response:
        email = request.params["email"]
        record = self._portal.contacts.find(email, by_email=True)
        values = {} if record is None else record.values
        out = values.get("hs_email_optout") == "true"
        rows = [
            {
                "id": type_.id,
                "name": type_.name,
                "description": type_.name,
                "status": "NOT_SUBSCRIBED" if out or values.get(optout_property(type_.id)) == "true" else "SUBSCRIBED",
                "sourceOfStatus": "PORTAL_WIDE_STATUS" if out else "SUBSCRIPTION_STATUS",
                "brandId": None,
                "preferenceGroupName": None,
                "legalBasis": None,
                "legalBasisExplanation": None,
            }
            for type_ in self._portal.subscription_types.values()
        ]
        return Response.json({"recipient": email, "subscriptionStatuses": rows})

    def subscription_types(self, _request: Request) -> Response:
        rows = [
            {
                "id": type_.id,
                "name": type_.name,
                "description": type_.name,
                "isActive": True,
                "isDefault": True,
                "isInternal": False,
                "communicationMethod": "Email",
                "purpose": "Marketing",
            }
            for type_ in self._portal.subscription_types.values()
        ]
        return Response.json({"subscriptionDefinitions": rows})

    def forms(self, request: Request) -> Response:
        cursors = Cursors(self._portal, request)
        limit, start = limit_of(request, 20, 500), cursors.asked()
        forms = list(self._portal.forms.by_id.values())
        after = start + limit if start + limit < len(forms) else None
        return Response.json({"results": [f.as_json() for f in forms[start : start + limit]], **cursors.paging(after)})

    def form(self, request: Request) -> Response:
        return Response.json(self._portal.forms.get(request.params["form_id"]).as_json())

    def submissions(self, request: Request) -> Response:
        """Newest first; the cursor is a position, so it drifts when new ones come in, as a list by time does."""
        rows = self._portal.forms.get(request.params["form_id"]).submissions[::-1]
        cursors = Cursors(self._portal, request)
        limit, start = limit_of(request, 20, 50), cursors.asked()
        shown = [
            {
                "conversionId": row.conversion_id,
                "submittedAt": row.at,
                "values": [{"name": name, "value": value, "objectTypeId": "0-1"} for name, value in row.values.items()],
                "pageUrl": row.page_url,
            }
            for row in rows[start : start + limit]
        ]
        after = start + limit if start + limit < len(rows) else None
        return Response.json({"results": shown, **cursors.paging(after)})


def _owner(owner: Owner) -> dict[str, object]:
    return {
        "id": owner.id,
        "email": owner.email,
        "type": "PERSON",
        "firstName": owner.first_name,
        "lastName": owner.last_name,
        "userId": owner.user_id,
        "userIdIncludingInactive": owner.user_id,
        "createdAt": owner.created,
        "updatedAt": owner.created,
        "archived": False,
    }
