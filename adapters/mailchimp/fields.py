"""Merge fields of one audience: what is defined, defining more, and how a text becomes a value of each type.

facts/mailchimp.md §2 (tags of at most ten characters), §8.4 (types; text is cut at 255 bytes without a word).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.deleting import delete
from adapters.ports import Deadline, Definition, Option, PlatformRefused

MERGE_FIELDS = "/lists/{list_id}/merge-fields"
MERGE_FIELD = "/lists/{list_id}/merge-fields/{merge_id}"

#: The longest text that a merge field keeps, in bytes of UTF-8.
TEXT_BYTES = 255
#: How long the definitions are believed, and how soon they are read again for a tag that is not among them.
_BELIEVED_S = 3600.0
_BELIEVED_MISSING_S = 60.0

_FIELDS = ("merge_id", "tag", "name", "type", "options.choices", "help_text")


def tag_of(name: str) -> str:
    """The merge tag in a name of fields.yaml: ``merge_fields.LEADSCORE`` and ``LEADSCORE`` are the same."""
    return name.removeprefix("merge_fields.")


@dataclass(frozen=True, slots=True)
class _MergeField:
    merge_id: str
    definition: Definition


class MergeFields:
    """The merge fields of the audience `list_id`, by tag; what was read is believed for an hour."""

    def __init__(
        self, client: MailchimpClient, list_id: str, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._list_id = list_id
        self._monotonic = monotonic
        self._reading = Lock()
        self._known: Mapping[str, _MergeField] = {}
        self._read_at = float("-inf")

    def definitions(self, deadline: Deadline | None = None) -> Mapping[str, Definition]:
        """Definitions by merge tag, read now. Raises PlatformError."""
        self._known = self._read(deadline)
        self._read_at = self._monotonic()
        return {tag: field.definition for tag, field in self._known.items()}

    def define(
        self, definitions: Sequence[Definition], created: Callable[[str], None] | None = None
    ) -> tuple[str, ...]:
        """Create what is missing, telling `created`, and add missing choices; a line for each. Raises PlatformError."""
        self.definitions()
        done = [line for wanted in definitions if (line := self._define(wanted, created))]
        self._read_at = float("-inf")
        return tuple(done)

    def delete(self, tag: str) -> None:
        """Delete a field with everybody's values; one that is not there is no error. Raises PlatformError."""
        self.definitions()
        known = self._known.get(tag_of(tag))
        if known is not None:
            delete(self._client, MERGE_FIELD, {"list_id": self._list_id, "merge_id": known.merge_id})
        self._read_at = float("-inf")

    def encode(self, values: Mapping[str, str], deadline: Deadline | None = None) -> dict[str, object]:
        """Texts as JSON values for a write, by tag: numbers for number fields, text cut as Mailchimp itself would.

        Raises PlatformRefused, naming the tags, for what would be ignored (an undefined tag) or refused (a number field
        that is given words): Mailchimp answers 200 to the first (facts/mailchimp.md §7).
        """
        by_tag = {tag_of(name): value for name, value in values.items()}
        types = self._types(by_tag, deadline)
        undefined = sorted(by_tag.keys() - types.keys())
        if undefined:
            raise PlatformRefused(
                "mailchimp",
                f"no merge field {', '.join(undefined)}",
                category="Undefined Merge Field",
                fields=undefined,
            )
        return {tag: _encoded(tag, value, types[tag]) for tag, value in by_tag.items()}

    def not_stored(self, sent: Mapping[str, object], echo: Mapping[str, Any]) -> tuple[str, ...]:
        """Tags whose sent value is not what the answer to the write shows."""
        known = self._known
        return tuple(
            tag
            for tag, value in sent.items()
            if tag in known and not _same(value, echo.get(tag), known[tag].definition.type)
        )

    def _types(self, tags: Mapping[str, object], deadline: Deadline | None) -> dict[str, str]:
        with self._reading:
            age = self._monotonic() - self._read_at
            if age > (_BELIEVED_S if tags.keys() <= self._known.keys() else _BELIEVED_MISSING_S):
                self.definitions(deadline)
            return {tag: field.definition.type for tag, field in self._known.items()}

    def _read(self, deadline: Deadline | None) -> Mapping[str, _MergeField]:
        fields = (*(f"merge_fields.{name}" for name in _FIELDS), "total_items")
        query = {"count": 1000, "fields": fields}
        answer = self._client.call("GET", MERGE_FIELDS, {"list_id": self._list_id}, query, deadline=deadline)
        return {str(row["tag"]): _merge_field(row) for row in answer.get("merge_fields") or ()}

    def _define(self, wanted: Definition, created: Callable[[str], None] | None) -> str | None:
        tag = tag_of(wanted.name)
        if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,9}", tag):
            raise PlatformRefused(
                "mailchimp",
                f"{tag} is not a merge tag: at most ten of A-Z, 0-9 and _",
                category="Invalid Merge Tag",
                fields=(tag,),
            )
        choices = [option.label for option in wanted.options]
        known = self._known.get(tag)
        if known is None:
            body: dict[str, Any] = {"tag": tag, "name": wanted.label, "type": wanted.type, "public": False}
            if choices:
                body["options"] = {"choices": choices}
            self._client.call("POST", MERGE_FIELDS, {"list_id": self._list_id}, body=body)
            if created is not None:
                created(tag)
            return f"created merge field {tag} ({wanted.type})"
        present = [option.label for option in known.definition.options]
        missing = [choice for choice in choices if choice not in present]
        if not missing:
            return None
        path = {"list_id": self._list_id, "merge_id": known.merge_id}
        body = {"name": known.definition.label, "options": {"choices": [*present, *missing]}}
        self._client.call("PATCH", MERGE_FIELD, path, body=body)
        return f"added to merge field {tag}: {', '.join(missing)}"


def _merge_field(row: Mapping[str, Any]) -> _MergeField:
    choices = (row.get("options") or {}).get("choices") or ()
    definition = Definition(
        name=str(row["tag"]),
        label=str(row.get("name") or ""),
        type=str(row.get("type") or ""),
        options=tuple(Option(str(choice), str(choice)) for choice in choices),
        description=str(row.get("help_text") or ""),
    )
    return _MergeField(str(row["merge_id"]), definition)


def _encoded(tag: str, value: str, kind: str) -> object:
    if value == "" or kind not in {"number", "text"}:
        return value
    if kind == "text":
        return value.encode()[:TEXT_BYTES].decode(errors="ignore")
    try:
        number = float(value)
    except ValueError:
        raise PlatformRefused(
            "mailchimp", f"{tag} takes a number", category="Invalid Resource", fields=(tag,)
        ) from None
    return int(number) if number.is_integer() else number


def _same(sent: object, echoed: object, kind: str) -> bool:
    """Whether the echo shows what was sent. Dates and phones come back in the audience's own format: any will do."""
    if kind not in {"number", "text"}:
        return bool(echoed) == bool(sent)
    ours, theirs = ("" if value is None else str(value).strip() for value in (sent, echoed))
    return ours == theirs or (kind == "number" and _number(ours) == _number(theirs) is not None)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
