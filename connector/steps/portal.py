"""What the portal itself defines, kept for an hour in the store: properties with their options, and the ids of lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connector.rulebook.mapping import hubspot_properties
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.provision import mailchimp_definitions
from connector.store import state

_HOUR_S = 3600


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
    """Lifecycle stages in the portal's own order, lowest first (facts/hubspot.md §8); empty without HubSpot."""
    return properties(parts).get("lifecyclestage", ())


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
    there = set(merge_fields(parts, source))
    lacking = [one.name for one in mailchimp_definitions(parts.rulebook) if one.name not in there]
    if lacking:
        name = parts.mailchimp[source].audience
        told = f"Mailchimp audience {name} has no merge field {', '.join(lacking)}: run `trellis provision`"
        raise PortalMismatch([told])


def require(parts: Parts) -> None:
    """Refuse to work on a portal where a rule would silently read nothing. Raises PortalMismatch or PlatformError."""
    if parts.hubspot is None:
        return
    there = properties(parts)
    write = parts.rulebook.fields.write
    ours = {
        target.hubspot
        for target in (write.score, write.stage, write.why, write.next, write.track, write.enrolled, write.exclude)
    }
    findings = [
        f'HubSpot has no contact property "{name}": '
        + (
            "run `trellis provision`"
            if name in ours or name.startswith("trellis_")
            else "correct its name in fields.yaml"
        )
        for name in hubspot_properties(parts.rulebook.fields, parts.rulebook.tracks)
        if name not in there and not name.startswith("hs_")
    ]
    known = set(there.get(write.stage.hubspot, ()))
    wanted = [*parts.rulebook.stages.states, *(stage.id for stage in parts.rulebook.stages.stages)]
    if known and (lacking := [stage for stage in wanted if stage not in known]):
        findings.append(
            f"property {write.stage.hubspot} lacks the options {', '.join(lacking)}: run `trellis provision`"
        )
    names = {name for event in parts.rulebook.fields.events.values() if event.hubspot for name in event.hubspot.lists}
    if names:
        lists = list_ids(parts)
        findings += [
            f'HubSpot has no contact list "{name}": create it, or correct fields.yaml'
            for name in sorted(names - set(lists))
        ]
    if findings:
        raise PortalMismatch(findings)
