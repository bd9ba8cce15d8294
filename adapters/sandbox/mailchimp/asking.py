"""What a request asks for: body, page, moments and switches, refused the way Mailchimp refuses them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from adapters.sandbox.mailchimp.problems import Problem, invalid
from adapters.sandbox.web import Request

Json = dict[str, Any]
Row = TypeVar("Row")
MAX_COUNT = 1000
_KINDS = {"NoneType": "NULL", "list": "array", "str": "string", "bool": "boolean", "int": "integer", "float": "number"}


@dataclass(frozen=True, slots=True)
class Page:
    """One window of a listing; `count` 0 means every row (seen in the wild, facts §8.9)."""

    count: int
    offset: int

    def cut(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows of this page."""
        return rows[self.offset : self.offset + self.count] if self.count else rows[self.offset :]


def page(request: Request) -> Page:
    """`count` (default 10, at most 1000) and `offset`; raises Problem 400 outside these."""
    count, offset = _integer(request, "count", 10), _integer(request, "offset", 0)
    if count > MAX_COUNT:
        raise invalid(("count", f"Number is too large. Value must be less than or equal to {MAX_COUNT}."))
    return Page(count, offset)


def body(request: Request) -> Json:
    """The JSON object of the body; raises Problem 400 for anything else."""
    try:
        value = request.json()
    except ValueError:
        raise Problem(400, "JSON Parse Exception", "We encountered an unspecified JSON parsing error.") from None
    if not isinstance(value, dict):
        kind = _KINDS.get(type(value).__name__, "unknown")
        raise invalid(("", f"Schema describes object, {kind} found instead"))
    return value


def text(body_: Json, name: str) -> str:
    """A required, non-empty text of the body."""
    value = body_.get(name)
    if not isinstance(value, str):
        raise invalid((name, "This value should not be blank."))
    return value


def moment(request: Request, name: str) -> datetime | None:
    """A time of the query; without a zone it is UTC, and one that cannot be read is refused."""
    raw = request.arg(name)
    if not raw:
        return None
    return moment_of(raw, name)


def moment_of(raw: object, name: str) -> datetime:
    """A time given as ISO 8601 text; raises Problem 400 naming the field."""
    try:
        at = datetime.fromisoformat(str(raw))
    except ValueError:
        raise invalid((name, "This value is not a valid datetime.")) from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def flag(request: Request, name: str) -> bool:
    """A boolean of the query; the SDK sends `True`, others `true` or `1`."""
    return request.arg(name).lower() in ("true", "1")


def choice(request: Request, name: str, allowed: Sequence[str]) -> str:
    """One of `allowed`, or "" where the parameter is absent; raises Problem 400 otherwise."""
    value = request.arg(name)
    if value and value.lower() not in allowed:
        raise invalid((name, f"Value must be one of: {', '.join(allowed)}."))
    return value.lower()


def _integer(request: Request, name: str, default: int) -> int:
    raw = request.arg(name)
    if not raw:
        return default
    if not raw.isdigit():
        raise invalid((name, "This value should be of type integer."))
    return int(raw)
