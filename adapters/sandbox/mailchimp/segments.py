"""Tags and saved segments; a tag is a static segment (facts/mailchimp.md §1.4, §8.15)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.lagging import Lagging
from adapters.sandbox.mailchimp.shape import stamp

MAX_TAG_NAME = 100


@dataclass(slots=True)
class Segment:
    """A tag (`static`: contact id → when it was added) or a saved segment (`options` with conditions)."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    options: Json | None = None
    added: dict[str, datetime] = field(default_factory=dict)
    seen_count: Lagging = field(default_factory=Lagging)

    @property
    def is_tag(self) -> bool:
        """Whether membership is set by hand rather than by conditions."""
        return self.options is None

    def add(self, contact_id: str, at: datetime) -> bool:
        """Put a contact in; False where she is in already."""
        if contact_id in self.added:
            return False
        self.added[contact_id] = at
        self.updated_at = at
        self.seen_count.add(1, at)
        return True

    def remove(self, contact_id: str, at: datetime) -> bool:
        """Take a contact out; False where she is not in."""
        if self.added.pop(contact_id, None) is None:
            return False
        self.updated_at = at
        self.seen_count.add(-1, at)
        return True

    def as_json(self, list_id: str, member_count: int) -> Json:
        """The segment as the API shows it, without links."""
        shown: Json = {
            "id": self.id,
            "name": self.name,
            "member_count": member_count,
            "type": "static" if self.is_tag else "saved",
            "created_at": stamp(self.created_at),
            "updated_at": stamp(self.updated_at),
            "options": self.options or {"match": "any", "conditions": _static_condition(self.id)},
            "list_id": list_id,
        }
        return shown


def _static_condition(segment_id: int) -> list[Json]:
    return [
        {
            "condition_type": "StaticSegment",
            "field": "static_segment",
            "op": "static_is",
            "value": segment_id,
        }
    ]


def matches(options: Json, value_of: Callable[[str], Any], has_tag: Callable[[int], bool]) -> bool:
    """Whether a member fits a saved segment's conditions; an unknown operator fits nobody."""
    verdicts = [_holds(condition, value_of, has_tag) for condition in options.get("conditions", [])]
    return all(verdicts) if options.get("match") == "all" else any(verdicts)


def _holds(condition: Json, value_of: Callable[[str], Any], has_tag: Callable[[int], bool]) -> bool:
    op, wanted = condition.get("op", ""), condition.get("value")
    if op in ("static_is", "static_not"):
        return has_tag(int(str(wanted))) is (op == "static_is")
    return op in _OPERATORS and _OPERATORS[op](value_of(str(condition.get("field"))), wanted)


def _number(value: Any) -> float:
    return float(value) if str(value).replace(".", "", 1).lstrip("-").isdigit() else float("nan")


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "is": lambda have, want: str(have).lower() == str(want).lower(),
    "not": lambda have, want: str(have).lower() != str(want).lower(),
    "contains": lambda have, want: str(want).lower() in str(have).lower(),
    "notcontain": lambda have, want: str(want).lower() not in str(have).lower(),
    "greater": lambda have, want: _number(have) > _number(want),
    "less": lambda have, want: _number(have) < _number(want),
    "blank": lambda have, _want: have == "",
    "blank_not": lambda have, _want: have != "",
}
