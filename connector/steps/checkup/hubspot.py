"""The portal: properties, options, lists, workflows, and each source that the rulebook reads, with its scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping

from adapters.budget import Quota
from adapters.hubspot_port import HubSpotPort
from adapters.ports import CredentialsRefused, Definition, PlatformRefused, ScopeMissing
from connector.rulebook.mapping import COMPANY, company_properties, hubspot_properties
from connector.rulebook.types import Rulebook
from connector.steps import portal
from connector.steps.checkup.limits import room_for_properties
from connector.steps.checkup.looks import Look, said
from connector.steps.checkup.quota import quota_findings
from connector.steps.finding import Finding, Level
from connector.steps.lacking import lacking
from connector.steps.listening.listener_findings import listening
from connector.steps.listening.workflow_findings import unread_workflows, workflow_findings
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.portal.readable import gone_companies, unfit_counters, unfit_properties
from connector.steps.portal.writable import unfit_entrances, unfit_lifecycle, unfit_targets, unfit_verdicts
from connector.steps.provision import hubspot_definitions, lists_wanted
from connector.steps.reading.estimate import estimates

_PROVISION = "Run `trellis provision`"

#: What sources define, as they told it a moment ago; company properties under their prefix.
Seen = MutableMapping[str, Mapping[str, Definition]]


def portal_looks(parts: Parts, port: HubSpotPort, seen: Seen, quota: Callable[[], Quota | None]) -> Iterator[Look]:
    """What there is to ask, by what the rulebook needs. What properties there are is kept in `seen`."""
    rulebook, fields = parts.rulebook, parts.rulebook.fields
    yield Look(
        lambda: _properties(parts, port, seen), "nothing that is read or written can be checked, and no pass begins"
    )
    yield Look(lambda: _lists_and_flows(parts, port), "lists are neither ways into tracks nor sources of acts")
    yield Look(lambda: _nothing_wrong(port.count()), "nobody can be read")
    yield Look(lambda: _full_read(parts, quota), "")
    if company_properties(fields):
        now = parts.now()
        what = "fields of companies stay empty, and passes end with an error"
        yield Look(lambda: _nothing_wrong(port.changed_companies(now, now)), what)
    events = fields.events.values()
    if any(event.hubspot and event.hubspot.deals for event in events):
        yield Look(lambda: _source("deals", "deals", lambda: _deals(parts, port)), "")
    if any(event.submissions for event in events):
        yield Look(lambda: _source("forms", "submissions", port.forms), "")
    if any(stage.handover for stage in rulebook.stages.stages) or rulebook.tracks.guard.tell:
        yield Look(lambda: _nothing_wrong(port.owners()), "nobody is handed over to sales, nor told what is held")


def _nothing_wrong(_answer: object) -> tuple[()]:
    """That it was told at all was the question."""
    return ()


def _full_read(parts: Parts, quota: Callable[[], Quota | None]) -> Iterator[Finding]:
    """Whether the calls of today suffice for it."""
    try:
        full_read = next(estimates(parts))
    except ScopeMissing:  # what it needs and may not see, the other looks say
        return
    yield from quota_findings(quota(), full_read)


def _properties(parts: Parts, port: HubSpotPort, seen: Seen) -> Iterator[Finding]:
    there, rulebook = port.definitions(), parts.rulebook
    seen[HUBSPOT] = there
    ours = [one.name for one in hubspot_definitions(rulebook)]
    missing = [name for name in ours if name not in there]
    if missing:
        yield Finding("error", lacking("HubSpot", "property", missing), _PROVISION, code="property-missing")
    yield from unfit_targets(rulebook, there)
    yield from unfit_verdicts(rulebook, there)
    yield from unfit_lifecycle(rulebook, there)
    yield from unfit_entrances(rulebook, there)
    yield from _unread(rulebook, {*there, *ours})
    yield from room_for_properties(len(missing), port.property_limit())
    yield from unfit_counters(rulebook.fields, there)
    companies: Mapping[str, Definition] = {}
    if company_properties(rulebook.fields):
        try:
            companies = port.company_definitions()
        except CredentialsRefused:
            raise
        except PlatformRefused as refused:
            yield _unseen_companies(refused)
    seen[COMPANY] = companies
    yield from gone_companies(rulebook.fields, companies)
    yield from unfit_properties(rulebook.fields, there, companies)


def _unseen_companies(refused: PlatformRefused) -> Finding:
    scopes = ", ".join(refused.scopes) if isinstance(refused, ScopeMissing) else ""
    what = f"whether mapped company properties exist and fit cannot be seen: {scopes or said(refused)}"
    return Finding("advice", what, "Add that scope to the app or key", code="scope-advisable")


def _unread(rulebook: Rulebook, there: set[str]) -> Iterator[Finding]:
    """What the rulebook reads and the portal has not. HubSpot's own counters come with its plans: advice only."""
    for name in hubspot_properties(rulebook.fields, rulebook.tracks):
        if name in there:
            continue
        if name.startswith("hs_email_optout_"):
            number = name.removeprefix("hs_email_optout_")
            what = f"the portal has no subscription type {number}: nobody can be enrolled where it counts"
            cure = "Correct `subscription` in fields.yaml or tracks.yaml"
            yield Finding("error", what, cure, code="subscription-missing")
        else:
            what = f'HubSpot has no property "{name}", which is read'
            level: Level = "advice" if name.startswith("hs_") else "error"
            yield Finding(level, what, "Correct the name in fields.yaml", code="property-missing")


def _lists_and_flows(parts: Parts, port: HubSpotPort) -> Iterator[Finding]:
    ours = lists_wanted(parts.rulebook)
    sources = {name for event in parts.rulebook.fields.events.values() if event.hubspot for name in event.hubspot.lists}
    lists = port.lists() if ours or sources else {}
    if missing := [name for name in ours if name not in lists and port.list_named(name) is None]:
        yield Finding("error", lacking("HubSpot", "list", missing), _PROVISION, code="list-missing")
    for name in sorted(sources - set(lists)):
        what = f'HubSpot has no list "{name}", an event source of fields.yaml'
        yield Finding("error", what, "Create it, or correct the name", code="list-missing")
    try:
        flows = portal.flows_of(parts, port)
    except CredentialsRefused:
        raise
    except PlatformRefused:  # what a plan without workflows answers is not documented
        yield from unread_workflows(parts.rulebook)
        return
    list_ids = {name: info.id for name, info in lists.items()}
    yield from listening(parts.rulebook, flows, list_ids)
    yield from workflow_findings(parts.rulebook, flows, list_ids)
    portal.keep_workflows(parts, flows, list_ids)


def _deals(parts: Parts, port: HubSpotPort) -> None:
    next(iter(port.changed_deals(parts.now(), parts.now())), None)


def _source(what: str, key: str, look: Callable[[], object]) -> Iterator[Finding]:
    """A source of events that may not be read: the rest goes on without it."""
    try:
        look()
    except ScopeMissing as missing:
        scopes = ", ".join(missing.scopes) or said(missing)
        cure = f"Add it to the app or key, or take `{key}` out of fields.yaml"
        told = f"HubSpot's {what} cannot be read for lack of a scope: {scopes}"
        yield Finding("error", told, cure, "refused", code="scope-missing")
