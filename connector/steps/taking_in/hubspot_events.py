"""What a body of HubSpot's webhooks tells: typed events, whatever was sent. Pure (facts/hubspot.md §6.1, §6.2)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NoReturn

from connector.steps.taking_in.keys import hubspot_key

#: No payload of a platform is as deep.
DEEPEST = 32

_VERBS = frozenset(
    {"creation", "deletion", "merge", "restore", "propertyChange", "associationChange", "privacyDeletion"}
)
_POLLED = frozenset({"deal", "ticket", "line_item", "product"})
_TYPES = {"0-1": "contact", "0-2": "company"}
_WORD = re.compile(r"[A-Za-z0-9_.]{1,60}", re.ASCII)
#: Record ids are numbers that fit into a bigint.
_ID = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_HIGHEST = 2**63 - 1


class Meaning(StrEnum):
    """What an event asks for."""

    READ = "read"  # the contacts `ids` again
    ERASE = "erase"  # the contact, from everywhere
    COMPANY = "company"  # read this company again
    POLLED = "polled"  # nothing: such objects are read by polling
    STRANGE = "strange"  # nobody knows: a person must look


@dataclass(frozen=True, slots=True)
class HubSpotEvent:
    """One event: what it asks for of whom. `key` tells repetitions, None where it names no moment, so that none is known.

    `app` is whose token changed the value, as far as the event says that it was one: the id of the app that is told, or
    another one.
    """

    kind: str
    meaning: Meaning
    ids: tuple[str, ...] = ()
    portal: str = ""
    key: str | None = None
    name: str = ""
    value: str = field(default="", repr=False)
    integration: bool = False
    own_app: bool = False


#: What is no event, or an empty one: the same for all, since a body may be full of them.
_NOTHING = HubSpotEvent("", Meaning.STRANGE)


def read_events(body: bytes) -> Sequence[HubSpotEvent] | None:
    """The events of a body, in its order; None where it is not JSON, or no array, or deeper than `DEEPEST`."""
    try:
        told = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, list) or _is_deeper(told, DEEPEST):
        return None
    return [_event(one) if isinstance(one, dict) and one else _NOTHING for one in told]


def record_id(value: object) -> str | None:
    """A record's id as text; None for whatever cannot be one, such as True, which is a number in Python."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    told = str(value) if isinstance(value, str) or abs(value) <= _HIGHEST else ""
    return told if _ID.fullmatch(told) and int(told) <= _HIGHEST else None


def _event(raw: Mapping[str, Any]) -> HubSpotEvent:
    kind = _text(raw.get("subscriptionType") or raw.get("eventType"))  # some documents say the latter
    meaning, ids = _meaning(kind, raw)
    return HubSpotEvent(
        kind=kind if _WORD.fullmatch(kind) else "",
        meaning=meaning,
        ids=ids,
        portal=_text(raw.get("portalId")),
        key=hubspot_key(kind, raw),
        name=_text(raw.get("propertyName")),
        value=_text(raw.get("propertyValue")),
        integration=raw.get("changeSource") == "INTEGRATION",
        own_app=bool(_text(raw.get("appId"))) and _text(raw.get("appId")) == _text(raw.get("sourceId")),
    )


def _meaning(kind: str, raw: Mapping[str, Any]) -> tuple[Meaning, tuple[str, ...]]:
    head, _, verb = kind.partition(".")
    if head == "object":
        type_ = _text(raw.get("objectTypeId"))
        head = _TYPES.get(type_, "deal" if type_ else "")
    if head == "conversation" or kind == "event.completed" or (head in _POLLED and verb in _VERBS):
        return Meaning.POLLED, ()
    if head not in {"contact", "company"} or verb not in _VERBS:
        return Meaning.STRANGE, ()
    ids = _ids(verb, raw)
    if not ids:
        return Meaning.STRANGE, ()
    if head == "company":
        return Meaning.COMPANY, ids
    return (Meaning.ERASE if verb == "privacyDeletion" else Meaning.READ), ids


def _ids(verb: str, raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Whom an event is about: of a merge all of them, since which id survives is the portal's choice."""
    told = [raw.get("fromObjectId" if verb == "associationChange" else "objectId")]
    if verb == "merge":
        merged = raw.get("mergedObjectIds")
        told = [raw.get("newObjectId"), raw.get("primaryObjectId"), *(merged if isinstance(merged, list) else ())]
    ids = [one for value in told if (one := record_id(value))]
    return tuple(dict.fromkeys(ids))


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18 else ""


def _is_deeper(told: list[Any], most: int) -> bool:
    """Whether there are more than `most` levels of arrays and objects, `told` included."""
    level: list[list[Any] | dict[str, Any]] = [told]
    for _ in range(most):
        inner = (each for one in level for each in (one.values() if isinstance(one, dict) else one))
        level = [one for one in inner if isinstance(one, dict | list)]
        if not level:
            return False
    return True


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
