"""What the portal itself defines, kept for an hour in the store: properties with their options, and the ids of lists."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence

from connector.rulebook.mapping import hubspot_properties, mapped_properties
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.provision import hubspot_definitions, mailchimp_definitions
from connector.store import state

_HOUR_S = 3600
_EVER_S = 100 * 366 * 86400


class PortalMismatch(Exception):
    """The portal lacks something that the rulebook needs; one line per finding, each with its cure."""

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = tuple(findings)


def properties(parts: Parts) -> Mapping[str, Sequence[str]]:
    """Contact properties of the portal → their option values in order. Raises PlatformError where nothing is cached."""
    if parts.hubspot is None:
        return {}
    key = f"{HUBSPOT}:properties"
    with parts.engine.connect() as conn:
        kept = state.cached(conn, key, _HOUR_S, parts.now())
    if isinstance(kept, dict):
        return kept
    found = {name: [option.value for option in one.options] for name, one in parts.hubspot.definitions().items()}
    with parts.engine.begin() as conn:
        state.put_cached(conn, key, found, parts.now())
    return found


def stage_order(parts: Parts) -> Sequence[str]:
    """Lifecycle stages in the portal's own order, lowest first (facts/hubspot.md §8); empty without HubSpot.

    As last read, however long ago: every pass looks at the portal first (`require`), and where it is away, judging goes
    on. Raises PlatformError where it was never read and cannot be.
    """
    return kept_stage_order(parts) or properties(parts).get("lifecyclestage", ())


def kept_stage_order(parts: Parts) -> Sequence[str]:
    """Like `stage_order`, but empty where it was never read. Asks nobody."""
    with parts.engine.connect() as conn:
        kept = state.cached(conn, f"{HUBSPOT}:properties", _EVER_S, parts.now())
    return kept.get("lifecyclestage", ()) if isinstance(kept, dict) else ()


def list_ids(parts: Parts) -> Mapping[str, str]:
    """Ids of contact lists by name; empty without HubSpot. Raises PlatformError where nothing is cached."""
    if parts.hubspot is None:
        return {}
    key = f"{HUBSPOT}:lists"
    with parts.engine.connect() as conn:
        kept = state.cached(conn, key, _HOUR_S, parts.now())
    if isinstance(kept, dict):
        return {str(name): str(number) for name, number in kept.items()}
    lists = {name: info.id for name, info in parts.hubspot.lists().items()}
    with parts.engine.begin() as conn:
        state.put_cached(conn, key, lists, parts.now())
    return lists


def merge_fields(parts: Parts, source: str) -> Sequence[str]:
    """Tags of the merge fields of one audience. Raises PlatformError where nothing is cached."""
    key = f"{source}:merge_fields"
    with parts.engine.connect() as conn:
        kept = state.cached(conn, key, _HOUR_S, parts.now())
    if isinstance(kept, list):
        return kept
    found = sorted(parts.mailchimp[source].definitions())
    with parts.engine.begin() as conn:
        state.put_cached(conn, key, found, parts.now())
    return found


def require_audience(parts: Parts, source: str) -> None:
    """Refuse to work on an audience that lacks what is written there. Raises PortalMismatch or PlatformError."""
    _refuse(parts, source, _lacking_fields)


def require(parts: Parts) -> None:
    """Refuse to work on a portal where a rule would silently read nothing. Raises PortalMismatch or PlatformError."""
    if parts.hubspot is not None:
        _refuse(parts, HUBSPOT, _lacking)


def _refuse(parts: Parts, source: str, look: Callable[[Parts, str], Sequence[str]]) -> None:
    """What is kept may be an hour old, and somebody may have mended the portal since: look again before refusing."""
    if not look(parts, source):
        return
    with parts.engine.begin() as conn:
        state.forget_cached(conn, f"{source}:")
    findings = look(parts, source)
    if findings:
        raise PortalMismatch(findings)


def _lacking_fields(parts: Parts, source: str) -> Sequence[str]:
    there = set(merge_fields(parts, source))
    lacking = [one.name for one in mailchimp_definitions(parts.rulebook) if one.name not in there]
    if not lacking:
        return ()
    name = parts.mailchimp[source].audience
    return (f"Mailchimp audience {name} has no merge field {', '.join(lacking)}: run `trellis provision`",)


def _lacking(parts: Parts, _source: str) -> Sequence[str]:
    fields, there = parts.rulebook.fields, properties(parts)
    made = {one.name: one for one in hubspot_definitions(parts.rulebook)}
    mapped = mapped_properties(fields)
    findings = [
        f'HubSpot has no contact property "{name}": {_cure(name, made, mapped)}'
        for name in hubspot_properties(fields, parts.rulebook.tracks)
        if name not in there
        and (name in mapped or not name.startswith("hs_"))  # what consent reads, not all portals have
    ]
    for name, one in made.items():
        if one.type != "enumeration" or name not in there or name == fields.write.sales_verdict.hubspot:
            continue  # the verdict is only read: a portal may have dropped one that sales never uses
        if lacking := [option.value for option in one.options if option.value not in there[name]]:
            findings.append(f"property {name} lacks the options {', '.join(lacking)}: run `trellis provision`")
    names = {name for event in fields.events.values() if event.hubspot for name in event.hubspot.lists}
    if names:
        findings += [
            f'HubSpot has no contact list "{name}": create it, or correct fields.yaml'
            for name in sorted(names - set(list_ids(parts)))
        ]
    return findings


def _cure(name: str, made: Container[str], mapped: Container[str]) -> str:
    if name in made:
        return "run `trellis provision`"
    return f"correct its name in {'fields.yaml' if name in mapped else 'tracks.yaml'}"
