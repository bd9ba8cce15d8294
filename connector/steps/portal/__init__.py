"""The portal as the rulebook needs it: what it defines, kept for an hour, and refusing to work where a rule would be blind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from adapters.ports import CredentialsRefused, PlatformRefused
from connector.rulebook.mapping import hubspot_properties, mapped_properties
from connector.steps.finding import Finding
from connector.steps.lacking import lacking
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.portal.choices import blind_rules
from connector.steps.portal.hearing import (
    Reading,
    flows_of,
    hearing,
    keep_workflows,
    last_reading,
    look,
    read_workflows,
)
from connector.steps.portal.kept import (
    company_properties,
    forget,
    kept_stage_order,
    known_already,
    list_ids,
    merge_fields,
    properties,
    stage_order,
)
from connector.steps.portal.readable import (
    gone_companies,
    merge_tag,
    unfit_counters,
    unfit_merge_fields,
    unfit_properties,
)
from connector.steps.portal.writable import unfit_entrances, unfit_lifecycle, unfit_merge_targets, unfit_targets
from connector.steps.provision import hubspot_definitions, mailchimp_definitions

__all__ = [
    "PortalMismatch",
    "Reading",
    "flows_of",
    "hearing",
    "keep_workflows",
    "kept_stage_order",
    "last_reading",
    "list_ids",
    "look",
    "merge_fields",
    "properties",
    "read_workflows",
    "require",
    "require_audience",
    "stage_order",
]


class PortalMismatch(Exception):
    """The portal lacks something that the rulebook needs; one line per finding, each with its cure."""

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = tuple(findings)


def require(parts: Parts) -> None:
    """Refuse to work on a portal where a rule would silently read nothing. Raises PortalMismatch or PlatformError."""
    if parts.hubspot is not None:
        _refuse(parts, HUBSPOT, _against_portal)


def require_audience(parts: Parts, source: str) -> None:
    """Refuse to work on an audience likewise, after HubSpot was looked at. Raises PortalMismatch or PlatformError."""
    _refuse(parts, source, _against_audience)


def _refuse(parts: Parts, source: str, look: Callable[[Parts, str], Iterator[str]]) -> None:
    """What is kept may be an hour old, and somebody may have mended the portal since: look again before refusing."""
    if not list(look(parts, source)):
        return
    forget(parts, source)
    findings = list(look(parts, source))
    if findings:
        raise PortalMismatch(findings)


def _against_portal(parts: Parts, _source: str) -> Iterator[str]:
    rulebook, there, companies = parts.rulebook, properties(parts), company_properties(parts)
    fields = rulebook.fields
    made = {one.name for one in hubspot_definitions(rulebook)}
    mapped = mapped_properties(fields)
    missing = [
        name
        for name in hubspot_properties(fields, rulebook.tracks)
        if name not in there and (name in mapped or not name.startswith("hs_"))  # what consent reads, not all have
    ]
    if ours := [name for name in missing if name in made]:
        yield f"{lacking('HubSpot', 'contact property', ours)}: run `trellis provision`"
    for name in missing:
        if name not in made:
            file = "fields.yaml" if name in mapped else "tracks.yaml"
            yield f'HubSpot has no contact property "{name}": correct its name in {file}'
    for name in _missing_lists(parts):
        yield f'HubSpot has no contact list "{name}": create it, or correct fields.yaml'
    yield from _errors(
        *gone_companies(fields, companies),
        *unfit_counters(fields, there),
        *unfit_properties(fields, there, companies),
        *unfit_targets(rulebook, there),
        *unfit_lifecycle(rulebook, there),
        *unfit_entrances(rulebook, there),
        *blind_rules(rulebook, known_already(parts), companies),
    )


def _missing_lists(parts: Parts) -> Sequence[str]:
    """Lists that are event sources and are not there; none where the token may not look, which `read_lists` notes."""
    events = parts.rulebook.fields.events.values()
    named = {name for event in events if event.hubspot for name in event.hubspot.lists}
    try:
        return sorted(named - set(list_ids(parts))) if named else ()
    except CredentialsRefused:
        raise
    except PlatformRefused:
        return ()


def _against_audience(parts: Parts, source: str) -> Iterator[str]:
    rulebook, there, name = parts.rulebook, merge_fields(parts, source), parts.mailchimp[source].audience
    if missing := [one.name for one in mailchimp_definitions(rulebook) if one.name not in there]:
        yield f"{lacking(f'Mailchimp audience {name}', 'merge field', missing)}: run `trellis provision`"
    known = known_already(parts)
    audiences = [known[one] or {} for one in parts.mailchimp]
    read = {tag for mapping in rulebook.fields.fields.values() if (tag := merge_tag(mapping))}
    for tag in sorted(tag for tag in read if not any(tag in one for one in audiences)):
        yield f'Mailchimp has no merge field "{tag}", which is read: create it, or correct the name in fields.yaml'
    yield from _errors(
        *unfit_merge_fields(rulebook.fields, there, name),
        *unfit_merge_targets(rulebook, there, name),
        *blind_rules(rulebook, known, company_properties(parts)),
    )


def _errors(*findings: Finding) -> Iterator[str]:
    """What stops a pass, each in one line."""
    for one in dict.fromkeys(findings):
        if one.level == "error":
            yield f"{one.what}: {one.cure[:1].lower()}{one.cure[1:]}"
