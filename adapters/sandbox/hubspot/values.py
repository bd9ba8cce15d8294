"""What HubSpot takes as a property value, and how it stores it: always text (facts/hubspot.md §3.2, §9)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

from adapters.sandbox.hubspot.definitions import Definition

_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]{2,}")
_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_LONGEST_TEXT = 65_536
_DAY_MS = 86_400_000


class BadValue(Exception):
    """A value that HubSpot refuses; `code` is the `error` of the problem."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@lru_cache(maxsize=65_536)
def iso(ms: int) -> str:
    """Milliseconds since 1970 as HubSpot writes times: `2026-11-21T10:00:00.000Z`."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def milliseconds(moment: datetime) -> int:
    """An aware datetime in milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def parse_ms(text: str) -> int | None:
    """ISO 8601 or milliseconds as text; None where it is neither."""
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return milliseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def stored(definition: Definition, value: object, is_owner: Callable[[str], bool]) -> str:
    """The text that HubSpot stores for a JSON value; raises BadValue. An empty text clears and is always allowed."""
    text = _as_text(value)
    if text.strip() == "":
        return ""
    if definition.name == "email":
        return _email(text)
    return _BY_TYPE.get(definition.type, _text)(definition, text, is_owner)


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _email(text: str) -> str:
    address = text.strip().lower()
    if not _EMAIL.fullmatch(address):
        raise BadValue(f"Email address {text} is invalid", "INVALID_EMAIL")
    return address


def _text(_definition: Definition, text: str, _is_owner: Callable[[str], bool]) -> str:
    if len(text) > _LONGEST_TEXT:
        raise BadValue(f"The value is {len(text)} characters long, which is over {_LONGEST_TEXT}", "VALUE_TOO_LONG")
    return text


def _number(_definition: Definition, text: str, _is_owner: Callable[[str], bool]) -> str:
    number = text.strip()
    if not _NUMBER.fullmatch(number):
        raise BadValue(f"{text} was not a valid number.", "INVALID_INTEGER")
    return number


def _moment(_definition: Definition, text: str, _is_owner: Callable[[str], bool]) -> str:
    ms = parse_ms(text.strip())
    if ms is None:
        raise BadValue(f"{text} was not a valid long.", "INVALID_LONG")
    return iso(ms)


def _day(_definition: Definition, text: str, _is_owner: Callable[[str], bool]) -> str:
    ms = parse_ms(text.strip())
    if ms is None:
        raise BadValue(f"{text} was not a valid long.", "INVALID_LONG")
    if ms % _DAY_MS:
        raise BadValue(f"{text} is at {iso(ms)[11:19]} UTC, not midnight!", "INVALID_DATE")
    return iso(ms)[:10]


def _choice(definition: Definition, text: str, is_owner: Callable[[str], bool]) -> str:
    if definition.external:
        if definition.name == "hubspot_owner_id" and not is_owner(text):
            raise BadValue(f"Owner {text} does not exist", "INVALID_OWNER_ID")
        return text
    chosen = text.split(";") if definition.field_type == "checkbox" else [text]
    for value in chosen:
        if value and value not in definition.values:
            allowed = ", ".join(f'label: "{o.label}" value: "{o.value}"' for o in definition.options)
            raise BadValue(f"{value} was not one of the allowed options: [{allowed}]", "INVALID_OPTION")
    return text


def _yes_no(definition: Definition, text: str, is_owner: Callable[[str], bool]) -> str:
    return _choice(definition, text.strip().lower(), is_owner)


_BY_TYPE: dict[str, Callable[[Definition, str, Callable[[str], bool]], str]] = {
    "number": _number,
    "datetime": _moment,
    "date": _day,
    "enumeration": _choice,
    "bool": _yes_no,
}
