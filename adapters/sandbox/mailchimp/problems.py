"""Problem answers: `application/problem+json` as Mailchimp sends them (facts/mailchimp.md §2)."""

from collections.abc import Iterable, Mapping

from adapters.sandbox.web import Response

_TYPE = "https://mailchimp.com/developer/marketing/docs/errors/"
_SEE_ERRORS = "The resource submitted could not be validated. For field-specific details, see the 'errors' array."
FieldErrors = Iterable[tuple[str, str]]


class Problem(Exception):
    """Raised anywhere below a handler; `errors` are (field, message) pairs."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        errors: FieldErrors = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def response(self, instance: str) -> Response:
        """The answer; `instance` is also its X-Request-Id."""
        body: dict[str, object] = {
            "type": _TYPE,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
        }
        if self.errors:
            body["errors"] = [{"field": field, "message": message} for field, message in self.errors]
        return Response.json(
            body, self.status, headers=self.headers, content_type="application/problem+json; charset=utf-8"
        )


def not_found() -> Problem:
    """An unknown id, hash or path."""
    return Problem(404, "Resource Not Found", "The requested resource could not be found.")


def invalid(*errors: tuple[str, str], detail: str = _SEE_ERRORS) -> Problem:
    """A body or parameter that fails validation."""
    return Problem(400, "Invalid Resource", detail, errors)


def bad_request(detail: str) -> Problem:
    """A request that makes no sense as a whole."""
    return Problem(400, "Bad Request", detail)


def not_allowed(detail: str, allow: str) -> Problem:
    """Wrong method, or a method that this state of the resource refuses."""
    return Problem(405, "Method Not Allowed", detail, headers={"Allow": allow})


def member_exists(email: str) -> Problem:
    """POST of, or a stray PUT to, an address that the audience already holds (even archived)."""
    return Problem(400, "Member Exists", f"{email} is already a list member. Use PUT to insert or update list members.")


def in_compliance_state(email: str) -> Problem:
    """The person unsubscribed, bounced or complained; no API call may subscribe her again."""
    return Problem(
        400,
        "Member In Compliance State",
        f"{email} is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.",
    )


def forgotten(email: str) -> Problem:
    """The address was permanently deleted."""
    return Problem(
        400,
        "Forgotten Email Not Subscribed",
        f"{email} was permanently deleted and cannot be re-imported. "
        "The contact must re-subscribe to get back on the list.",
    )


#: What the request header `X-Trigger-Error` can ask for (facts §2).
TRIGGERED = {
    "APIKeyMissing": Problem(401, "API Key Missing", "Your request did not include an API key."),
    "APIKeyInvalid": Problem(
        401, "API Key Invalid", "Your API key may be invalid, or you've attempted to access the wrong datacenter."
    ),
    "Forbidden": Problem(403, "Forbidden", "You are not permitted to access this resource."),
    "UserDisabled": Problem(403, "User Disabled", "This account has been disabled."),
    "AuthorizationFailure": Problem(403, "Authorization Failure", "Your account's plan does not include this."),
    "BadRequest": bad_request("Your request could not be processed."),
    "InvalidAction": Problem(400, "Invalid Action", "The action requested was not valid for this resource."),
    "InvalidResource": invalid(),
    "JSONParseError": Problem(400, "JSON Parse Exception", "We encountered an unspecified JSON parsing error."),
    "ResourceNotFound": not_found(),
    "MethodNotAllowed": not_allowed("The requested method and resource are not compatible.", "GET"),
    "TooManyRequests": Problem(429, "Too Many Requests", "You have exceeded the limit of 10 simultaneous connections."),
    "InternalServerError": Problem(500, "Internal Server Error", "An unexpected internal error has occurred."),
}
