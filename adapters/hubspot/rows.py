"""From HubSpot's rows to the ports' words (pure). A row of a shape nobody expects raises UnreadableRow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from adapters.addresses import without_addresses
from adapters.hubspot.answers import PLATFORM, context_values
from adapters.ports import PastValue, PlatformUnreachable, Record

MERGED_IDS = "hs_merged_object_ids"
CONTACT_MODIFIED = "lastmodifieddate"

#: What HubSpot sends as values, almost always: text and null.
_PLAIN = frozenset({str, type(None)})

_T = TypeVar("_T")

Ask = Callable[[str | None], dict[str, Any]]


class UnreadableRow(Exception):
    """A row cannot be understood; the text says why and names no person."""


def in_batches(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """`items` in runs of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))


def rows_of(answer: Mapping[str, Any], key: str = "results") -> list[Any]:
    """The list of rows in an answer; PlatformUnreachable if there is none, since then nothing was answered."""
    rows = answer.get(key)
    if not isinstance(rows, list):
        raise PlatformUnreachable(PLATFORM, f"an answer of HubSpot lacks its {key}", maybe_applied=False)
    return rows


def next_token(answer: Mapping[str, Any]) -> str | None:
    """`paging.next.after`, None on the last page."""
    paging = answer.get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    after = following.get("after") if isinstance(following, dict) else None
    return None if after in (None, "") else str(after)


def walk(ask: Ask, after: str | None = None) -> Iterator[dict[str, Any]]:
    """Ask for page after page by their tokens; PlatformUnreachable if a token comes back, which would never end."""
    seen = {after}
    while True:
        answer = ask(after)
        yield answer
        after = next_token(answer)
        if after is None:
            return
        if after in seen:
            raise PlatformUnreachable(PLATFORM, "HubSpot repeats a page for ever", maybe_applied=False)
        seen.add(after)


def row_id(row: Any) -> str:
    """The record id of a row as text."""
    if not has_id(row):
        raise UnreadableRow("it has no id")
    return str(row["id"])


def has_id(row: Any) -> bool:
    """Whether `row_id` can tell the row's id."""
    return isinstance(row, dict) and row.get("id") not in (None, "")


def row_values(row: Mapping[str, Any]) -> dict[str, str | None]:
    """Property values as text; an empty text is None, since a cleared value may read as either."""
    properties = row.get("properties")
    if not isinstance(properties, dict):
        raise UnreadableRow("it has no properties")
    return {name: _value_text(value) for name, value in properties.items()}


def row_moment(value: object) -> datetime:
    """An ISO 8601 text, or milliseconds since 1970, as an aware datetime."""
    try:
        if isinstance(value, str) and not value.isdigit():
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return datetime.fromtimestamp(int(value) / 1000, UTC)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise UnreadableRow("a time in it cannot be read") from error


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970, cut off, as HubSpot's filters take them."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def record_of(row: Any, names: Iterable[str]) -> Record:
    """A contact row as a Record with the values of `names`, in their order: HubSpot adds some that nobody asked for, such as
    its own last-modified date, which would look like news.
    """
    contact_id = row_id(row)
    values = row.get("properties")
    if not isinstance(values, dict) or not _PLAIN.issuperset(map(type, values.values())):
        values = row_values(row)
    return Record(
        PLATFORM,
        contact_id,
        values.get("email") or None,
        {name: values[name] or None for name in names if name in values},
        row_moment(values.get(CONTACT_MODIFIED) or row.get("updatedAt")),
        bool(row.get("archived", False)),
        _split(values.get(MERGED_IDS)),
    )


def sort_rows(rows: Iterable[Any], names: Collection[str]) -> tuple[list[Record], dict[str, str]]:
    """Records, and the reasons why the other rows are none (by id, or by place where even the id is missing).

    Their values stand by the lengths of their names, and PostgreSQL need not sort them before it keeps them
    (postgresql.org/docs/18/datatype-json.html: jsonb has an order of its own).
    """
    in_order = sorted(names, key=lambda name: (len(name.encode()), name))
    records = []
    unreadable = {}
    for place, row in enumerate(rows):
        try:
            records.append(record_of(row, in_order))
        except UnreadableRow as error:
            unreadable[row_id(row) if has_id(row) else f"row {place}"] = str(error)
    return records, unreadable


def history_of(entries: object) -> tuple[PastValue, ...]:
    """A property's history, newest first."""
    if not isinstance(entries, list):
        raise UnreadableRow("a history in it is no list")
    past = [
        PastValue(_value_text(entry.get("value")), row_moment(entry.get("timestamp")), _author(entry))
        for entry in entries
        if isinstance(entry, dict)
    ]
    return tuple(sorted(past, key=lambda each: each.at, reverse=True))


def ids_not_found(answer: Mapping[str, Any], asked: Sequence[str], rows: Sequence[Any]) -> tuple[str, ...]:
    """The asked ids that HubSpot says do not exist (207, OBJECT_NOT_FOUND).

    Any other error in the answer leaves open whether they exist: PlatformUnreachable, never a false absence. The row of
    another id may answer for one that was merged away (facts/hubspot.md §11.14): hers, where it says so; where it does
    not, or a row has no id, only those are missing that HubSpot names.
    """
    named: set[str] = set()
    for error in answer.get("errors") or ():
        category = error.get("category") if isinstance(error, dict) else None
        if category != "OBJECT_NOT_FOUND":
            raise PlatformUnreachable(PLATFORM, f"HubSpot could not read all ids ({category})", maybe_applied=False)
        named.update(context_values(error, "ids", "id"))
    had = {row_id(row): _merged_ids(row) for row in rows if has_id(row)}
    others = had.keys() - set(asked)
    answered = had.keys() | {each for other in others for each in had[other]}
    absent = [each for each in asked if each not in answered]
    if not all(map(has_id, rows)) or any(not had[other].intersection(asked) for other in others):
        return tuple(each for each in absent if each in named)
    if named and not named.issuperset(absent):
        raise PlatformUnreachable(PLATFORM, "HubSpot left out ids without a reason", maybe_applied=False)
    return tuple(absent)


def _merged_ids(row: Mapping[str, Any]) -> frozenset[str]:
    properties = row.get("properties")
    return frozenset(_split(properties.get(MERGED_IDS)) if isinstance(properties, dict) else ())


def _split(ids: object) -> tuple[str, ...]:
    return tuple(each.strip() for each in ids.split(";") if each.strip()) if isinstance(ids, str) else ()


def _author(entry: Mapping[str, Any]) -> str:
    return ":".join(str(entry[key]) for key in ("sourceType", "sourceId") if entry.get(key))


def _value_text(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise UnreadableRow(without_addresses(f"a value in it is a {type(value).__name__}"))
