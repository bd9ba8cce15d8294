"""HubSpot's refusals: the exact bodies of facts/hubspot.md §3 and §11."""

import uuid
from collections.abc import Iterable, Mapping, Sequence

import orjson

from adapters.sandbox.web import Refusal, Response

NOT_FOUND_HTML = (
    '<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>\n'
    "<title>Error 404 Not Found</title>\n</head>\n"
    "<body><h2>HTTP ERROR 404</h2>\n<p>Resource not found</p>\n</body>\n</html>\n"
)


def error_body(message: str, category: str | None, **more: object) -> dict[str, object]:
    """A StandardError; every field but `message` is optional on the real platform too."""
    body: dict[str, object] = {"status": "error", "message": message, "correlationId": str(uuid.uuid4())}
    if category is not None:
        body["category"] = category
    return {**body, **more}


def refusal(status: int, message: str, category: str | None, **more: object) -> Refusal:
    """An error answer, ready to be raised."""
    return Refusal(Response.json(error_body(message, category, **more), status))


def invalid(message: str, **more: object) -> Refusal:
    """400 VALIDATION_ERROR."""
    return refusal(400, message, "VALIDATION_ERROR", **more)


def not_found() -> Refusal:
    """404 as recorded for single records: HTML, no JSON."""
    return Refusal(Response(404, NOT_FOUND_HTML.encode(), {}, "text/html;charset=iso-8859-1"))


def missing(message: str, **more: object) -> Refusal:
    """404 OBJECT_NOT_FOUND, for definitions, lists and flows."""
    return refusal(404, message, "OBJECT_NOT_FOUND", **more)


def conflict(message: str) -> Refusal:
    """409 CONFLICT."""
    return refusal(409, message, "CONFLICT")


def bad_token() -> Refusal:
    """401 for a missing, unknown or withdrawn token."""
    return refusal(
        401,
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more "
        "details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        "INVALID_AUTHENTICATION",
    )


def missing_scopes(scopes: Iterable[str]) -> Refusal:
    """403; one of `scopes` would do."""
    return refusal(
        403,
        "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: "
        "https://developers.hubspot.com/scopes.",
        "MISSING_SCOPES",
        errors=[
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": sorted(scopes)},
            }
        ],
        links={"scopes": "https://developers.hubspot.com/scopes"},
    )


def rate_limited(policy: str, message: str, headers: Mapping[str, str]) -> Refusal:
    """429 with the policy's name (facts §3.1)."""
    body = error_body(
        message, "RATE_LIMITS", errorType="RATE_LIMIT", policyName=policy, groupName="publicapi:private-apps:sandbox"
    )
    return Refusal(Response.json(body, 429, headers=headers))


def invalid_values(problems: Sequence[Mapping[str, object]]) -> Refusal:
    """400 whose message carries the list of bad values as JSON text (facts §3.2)."""
    return invalid(invalid_values_message(problems))


def invalid_values_message(problems: Sequence[Mapping[str, object]]) -> str:
    """The message of `invalid_values` alone, for the errors of a 207."""
    return f"Property values were not valid: {orjson.dumps(problems).decode()}"
