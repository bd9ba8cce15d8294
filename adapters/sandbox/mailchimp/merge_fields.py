"""Merge fields: definitions, and what each type accepts (facts/mailchimp.md §8.4, §8.5)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.problems import invalid

MAX_TEXT_BYTES = 255
NO_SCHEMA = "Data did not match any of the schemas described in anyOf."
_TAG = re.compile(r"[A-Z0-9_]{1,10}")
_ADDRESS_NEEDS = ("addr1", "city", "state", "zip")
_ADDRESS_KEYS = ("addr1", "addr2", "city", "state", "zip", "country")
_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%d-%m-%Y", "%m/%d/%Y")
MergeValue = str | int | float | dict[str, str]


@dataclass(slots=True)
class MergeField:
    """One column of an audience besides the address."""

    merge_id: int
    tag: str
    name: str
    type: str = "text"
    required: bool = False
    default_value: str = ""
    public: bool = False
    display_order: int = 0
    options: Json = field(default_factory=dict)
    help_text: str = ""

    def as_json(self, list_id: str) -> Json:
        """The definition as the API shows it, without links."""
        return {
            "merge_id": self.merge_id,
            "tag": self.tag,
            "name": self.name,
            "type": self.type,
            "required": self.required,
            "default_value": self.default_value,
            "public": self.public,
            "display_order": self.display_order,
            "options": self.options,
            "help_text": self.help_text,
            "list_id": list_id,
        }

    @property
    def missing(self) -> tuple[str, str]:
        """The error of a required field without a value."""
        asks = "Please enter a complete address" if self.type == "address" else "Please enter a value"
        return self.tag, asks

    def accept(self, value: Any) -> MergeValue | None:
        """The value as it is stored, None for "unset"; raises ValueError with Mailchimp's message."""
        if value == "":
            return None
        if value is None or isinstance(value, list | bool):
            raise ValueError(NO_SCHEMA)
        if isinstance(value, dict) != (self.type == "address"):
            raise ValueError(NO_SCHEMA)
        return _ACCEPT[self.type](value, self)


def defaults() -> list[MergeField]:
    """The fields that every new audience has."""
    return [
        MergeField(1, "FNAME", "First Name", public=True, display_order=2, options={"size": 25}),
        MergeField(2, "LNAME", "Last Name", public=True, display_order=3, options={"size": 25}),
        MergeField(3, "ADDRESS", "Address", "address", display_order=4, options={"default_country": 164}),
        MergeField(4, "PHONE", "Phone Number", "phone", display_order=5, options={"phone_format": "none"}),
    ]


def checked_tag(tag: Any) -> str:
    """A merge tag that Mailchimp takes: up to 10 of A–Z 0–9 _ ; lower case is raised."""
    if not isinstance(tag, str) or not _TAG.fullmatch(tag.upper()):
        raise invalid(("tag", "Merge tags can be at most 10 characters: letters, numbers and underscores."))
    return tag.upper()


def checked_type(kind: Any) -> str:
    """A known field type."""
    if kind not in _ACCEPT:
        raise invalid(("type", f"Value must be one of: {', '.join(sorted(_ACCEPT))}."))
    return str(kind)


def _text(value: Any, _field: MergeField) -> str:
    return str(value).encode()[:MAX_TEXT_BYTES].decode("utf-8", "ignore")


def _number(value: Any, _field: MergeField) -> int | float:
    try:
        number = float(value)
    except ValueError:
        raise ValueError("Please enter a number") from None
    return int(number) if number.is_integer() else number


def _date(value: Any, _field: MergeField) -> str:
    for pattern in _DATES:
        try:
            return datetime.strptime(str(value), pattern).replace(tzinfo=UTC).strftime("%Y-%m-%d")
        except ValueError:
            continue
    raise ValueError("Please enter the date")


def _birthday(value: Any, _field: MergeField) -> str:
    try:  # 2024 is a leap year, so that 02/29 is a birthday
        datetime.strptime(f"2024/{value}", "%Y/%m/%d").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError("Please enter the month and day as MM/DD") from None
    return str(value)


def _zip(value: Any, _field: MergeField) -> str:
    if not re.fullmatch(r"\d{5}", str(value)):
        raise ValueError("Please enter a valid zip code (5 digits)")
    return str(value)


def _address(value: Any, _field: MergeField) -> dict[str, str]:
    if not all(isinstance(value.get(key), str) for key in _ADDRESS_NEEDS):
        raise ValueError(NO_SCHEMA)
    if not all(value[key].strip() for key in _ADDRESS_NEEDS):
        raise ValueError("Please enter a complete address")
    return {key: str(value.get(key, "")) for key in _ADDRESS_KEYS}


def _choice(value: Any, field_: MergeField) -> str:
    if value not in field_.options.get("choices", []):
        raise ValueError("Please select one of the choices")
    return str(value)


def _url(value: Any, _field: MergeField) -> str:
    if not re.fullmatch(r"https?://[^\s/]+\.[^\s]+", str(value)):
        raise ValueError("Please enter a valid URL")
    return str(value)


_ACCEPT: dict[str, Callable[[Any, MergeField], MergeValue]] = {
    "text": _text,
    "number": _number,
    "address": _address,
    "phone": _text,
    "date": _date,
    "url": _url,
    "imageurl": _url,
    "radio": _choice,
    "dropdown": _choice,
    "birthday": _birthday,
    "zip": _zip,
}
