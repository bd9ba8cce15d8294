"""What the platforms themselves define, kept for an hour in the store: properties, merge fields, the ids of lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adapters.ports import CredentialsRefused, Definition, Option, PlatformRefused
from connector.rulebook.mapping import company_properties as mapped_company_properties
from connector.steps.parts import HUBSPOT, Parts
from connector.store import state

_HOUR_S = 3600
_EVER_S = 100 * 366 * 86400

_CONTACTS = f"{HUBSPOT}:definitions"
_COMPANIES = f"{HUBSPOT}:company definitions"
_LISTS = f"{HUBSPOT}:lists"

Definitions = Mapping[str, Definition]


def properties(parts: Parts) -> Definitions:
    """Contact properties of the portal; none without HubSpot. Raises PlatformError where nothing is cached."""
    if parts.hubspot is None:
        return {}
    known = _kept(parts, _CONTACTS)
    return _read(parts, _CONTACTS, parts.hubspot.definitions) if known is None else known


def company_properties(parts: Parts) -> Definitions:
    """Company properties of the portal, where fields.yaml maps any; empty where the token may not look.

    Raises PlatformError where nothing is cached.
    """
    if parts.hubspot is None or not mapped_company_properties(parts.rulebook.fields):
        return {}
    known = _kept(parts, _COMPANIES)
    return _read(parts, _COMPANIES, lambda: company_definitions(parts)) if known is None else known


def company_definitions(parts: Parts) -> Definitions:
    """The same, asked for now. Raises PlatformError."""
    if parts.hubspot is None or not mapped_company_properties(parts.rulebook.fields):
        return {}
    try:
        return parts.hubspot.company_definitions()
    except CredentialsRefused:
        raise
    except PlatformRefused:
        return {}


def merge_fields(parts: Parts, source: str) -> Definitions:
    """Merge fields of one audience. Raises PlatformError where nothing is cached."""
    known = _kept(parts, _of_audience(source))
    return _read(parts, _of_audience(source), parts.mailchimp[source].definitions) if known is None else known


def known_already(parts: Parts) -> Mapping[str, Definitions | None]:
    """Definitions of every source that is on; None where they are not cached. Asks nobody."""
    return {one: _kept(parts, _CONTACTS if one == HUBSPOT else _of_audience(one)) for one in parts.platforms}


def stage_order(parts: Parts) -> Sequence[str]:
    """Lifecycle stages in the portal's own order, lowest first (facts/hubspot.md §8); empty without HubSpot.

    As last read, however long ago: every pass looks at the portal first (`require`), and where it is away, judging goes
    on. Raises PlatformError where it was never read and cannot be.
    """
    return kept_stage_order(parts) or _stages(properties(parts))


def kept_stage_order(parts: Parts) -> Sequence[str]:
    """Like `stage_order`, but empty where it was never read. Asks nobody."""
    return _stages(_kept(parts, _CONTACTS, _EVER_S) or {})


def list_ids(parts: Parts) -> Mapping[str, str]:
    """Ids of contact lists by name; empty without HubSpot. Raises PlatformError where nothing is cached."""
    if parts.hubspot is None:
        return {}
    with parts.engine.connect() as conn:
        kept = state.cached(conn, _LISTS, _HOUR_S, parts.now())
    if isinstance(kept, dict):
        return {str(name): str(number) for name, number in kept.items()}
    lists = {name: info.id for name, info in parts.hubspot.lists().items()}
    with parts.engine.begin() as conn:
        state.put_cached(conn, _LISTS, lists, parts.now())
    return lists


def forget(parts: Parts, source: str) -> None:
    """Drop what is kept of a source: somebody may have mended it since."""
    with parts.engine.begin() as conn:
        state.forget_cached(conn, f"{source}:")


def _of_audience(source: str) -> str:
    return f"{source}:definitions"


def _stages(known: Definitions) -> Sequence[str]:
    return [option.value for option in known["lifecyclestage"].options] if "lifecyclestage" in known else ()


def _kept(parts: Parts, key: str, max_age_s: float = _HOUR_S) -> Definitions | None:
    with parts.engine.connect() as conn:
        kept = state.cached(conn, key, max_age_s, parts.now())
    return {name: _definition(name, told) for name, told in kept.items()} if isinstance(kept, dict) else None


def _read(parts: Parts, key: str, ask: Callable[[], Definitions]) -> Definitions:
    found = ask()
    with parts.engine.begin() as conn:
        state.put_cached(conn, key, {name: _told(one) for name, one in found.items()}, parts.now())
    return found


def _told(one: Definition) -> Mapping[str, Any]:
    """What of a definition is used, as JSON."""
    return {
        "type": one.type,
        "field_type": one.field_type,
        "read_only": one.read_only,
        "options": [[option.value, option.label] for option in one.options],
    }


def _definition(name: str, told: Mapping[str, Any]) -> Definition:
    return Definition(
        name=name,
        label=name,
        type=told["type"],
        field_type=told["field_type"],
        read_only=told["read_only"],
        options=tuple(Option(value, label) for value, label in told["options"]),
    )
