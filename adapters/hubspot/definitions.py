"""Properties as the portal defines them, and making those that Trellis needs."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.making import make_named
from adapters.hubspot.removal import read_groups
from adapters.hubspot.rows import rows_of
from adapters.hubspot.versions import CONTACT_TYPE
from adapters.ports import GROUP, CredentialsRefused, Definition, Option, PlatformRefused

GROUP_LABEL = "Trellis"
#: HubSpot wants the two options of a yes/no property named.
_YES_NO = (Option("true", "Yes"), Option("false", "No"))
#: What a request may say of an option (facts/hubspot.md §1.3).
_OPTION = ("label", "value", "description", "displayOrder", "hidden")

Raw = Mapping[str, Any]


def read_definitions(client: HubSpotClient) -> dict[str, Definition]:
    """Every contact property by name; one call. Read-only."""
    return {name: _definition(raw) for name, raw in _raw_definitions(client).items()}


def read_company_definitions(client: HubSpotClient) -> dict[str, Definition]:
    """Every company property by name; one call. Read-only."""
    return {name: _definition(raw) for name, raw in _raw_definitions(client, "company_properties").items()}


def property_limit(client: HubSpotClient) -> tuple[int, int] | None:
    """(used, limit) of custom contact properties; None where the portal or the token does not tell. Read-only."""
    try:
        answer = client.call("property_limit")
    except CredentialsRefused:
        raise
    except PlatformRefused:
        return None
    for entry in answer.get("byObjectType") or ():
        if isinstance(entry, dict) and entry.get("objectTypeId") == CONTACT_TYPE:
            used, limit = entry.get("usage"), entry.get("limit")
            return (used, limit) if isinstance(used, int) and isinstance(limit, int) else None
    return None


def define(
    client: HubSpotClient, definitions: Sequence[Definition], created: Callable[[str], None] | None = None
) -> tuple[str, ...]:
    """Create missing properties (in group "trellis" unless they name one) and missing options of existing ones.

    Repeat-safe; nothing is deleted, renamed or retyped: a property that exists as another type is left and named.
    Returns one line per thing done or left; `created` is told what was created. Raises PlatformError.
    """
    existing = _raw_definitions(client)
    missing = [each for each in definitions if each.name not in existing]
    done = _ensure_group(client) if any(not each.group for each in missing) else []
    taken = []
    for wanted in missing:
        if _create(client, "property_create", _creation(wanted), _raw_definitions):
            done.append(f"created property {wanted.name}")
            if created is not None:
                created(wanted.name)
        else:
            taken.append(wanted.name)
    done += _not_there(client, taken)
    for wanted in definitions:
        if wanted.name in existing:
            done += _add_options(client, wanted, existing[wanted.name])
    return tuple(done)


def _raw_definitions(client: HubSpotClient, endpoint: str = "properties") -> dict[str, Raw]:
    rows = rows_of(client.call(endpoint, query={"archived": "false"}))
    return {row["name"]: row for row in rows if isinstance(row, dict) and isinstance(row.get("name"), str)}


def _ensure_group(client: HubSpotClient) -> list[str]:
    if GROUP in read_groups(client):
        return []
    group = {"name": GROUP, "label": GROUP_LABEL, "displayOrder": -1}
    return [f"created property group {GROUP}"] if _create(client, "group_create", group, read_groups) else []


def _not_there(client: HubSpotClient, taken: Sequence[str]) -> list[str]:
    """Of properties whose names are taken, those that are not there all the same: whether archived ones keep their names is
    not documented (facts/hubspot.md §9).
    """
    there = _raw_definitions(client) if taken else {}
    return [
        f"could not create property {name}: its name is taken, perhaps by an archived one, which an admin can restore"
        for name in taken
        if name not in there
    ]


def _create(client: HubSpotClient, endpoint: str, body: Raw, read: Callable[[HubSpotClient], Container[str]]) -> bool:
    """False if somebody else created it since we looked (409, "already exists"); `read` tells what names there are now."""

    def ask() -> bool:
        client.call(endpoint, body=body)
        return True

    try:
        return make_named(ask, lambda: body["name"] in read(client) or None)
    except PlatformRefused as error:
        if error.status == 409 or "already exists" in error.message:
            return False
        raise


def _creation(wanted: Definition) -> dict[str, Any]:
    options = wanted.options or (_YES_NO if wanted.type == "bool" else ())
    body: dict[str, Any] = {
        "name": wanted.name,
        "label": wanted.label,
        "type": wanted.type,
        "fieldType": wanted.field_type,
        "groupName": wanted.group or GROUP,
        "description": wanted.description,
        "formField": False,
    }
    if options:
        body["options"] = [_new_option(option, order) for order, option in enumerate(options)]
    return body


def _new_option(option: Option, order: int) -> dict[str, Any]:
    # Both are required in date-based versions (facts/hubspot.md §4).
    return {"value": option.value, "label": option.label, "displayOrder": order, "hidden": False}


def _kept_option(option: Raw, order: int) -> dict[str, Any]:
    """An option as it is, in the words of a request, which takes neither null nor what only an answer has."""
    told = {name: option[name] for name in _OPTION if option.get(name) is not None}
    return {"displayOrder": order, "hidden": False, **told}


def _add_options(client: HubSpotClient, wanted: Definition, found: Raw) -> list[str]:
    if found.get("type") != wanted.type:
        return [f"left property {wanted.name} as it is: it is a {found.get('type')}, not a {wanted.type}"]
    present = [option for option in found.get("options") or () if isinstance(option, dict)]
    values = {option.get("value") for option in present}
    new = [option for option in wanted.options if option.value not in values]
    if not new:
        return []
    kept = [_kept_option(option, order) for order, option in enumerate(present)]
    start = 1 + max((each["displayOrder"] for each in kept), default=-1)
    added = [_new_option(option, order) for order, option in enumerate(new, start)]
    client.call("property_update", path={"name": wanted.name}, body={"options": kept + added})
    return [f"added option {option.value} to property {wanted.name}" for option in new]


def _place(option: Raw) -> tuple[bool, int]:
    """Where the portal shows an option: by displayOrder, -1 last (facts/hubspot.md §8); the list itself may be in any order."""
    order = option.get("displayOrder")
    return (False, order) if isinstance(order, int) and order >= 0 else (True, 0)


def _definition(raw: Raw) -> Definition:
    metadata = raw.get("modificationMetadata") or {}
    options = sorted((option for option in raw.get("options") or () if isinstance(option, dict)), key=_place)
    return Definition(
        name=raw["name"],
        label=str(raw.get("label") or raw["name"]),
        type=str(raw.get("type") or ""),
        field_type=str(raw.get("fieldType") or ""),
        options=tuple(Option(str(o.get("value", "")), str(o.get("label", ""))) for o in options),
        read_only=bool(raw.get("calculated") or metadata.get("readOnlyValue")),
        description=str(raw.get("description") or ""),
        group=str(raw.get("groupName") or ""),
        built_in=bool(raw.get("hubspotDefined")),
    )
