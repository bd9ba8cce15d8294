"""What is wrong, doubtful or improvable on the platforms and around us, one finding each with its cure.

Nothing is changed but what the store remembers of the portal's workflows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapters.ports import (
    CredentialsRefused,
    Definition,
    HubSpotPort,
    MailchimpPort,
    PlatformError,
    PlatformRefused,
    ScopeMissing,
)
from connector.rulebook.mapping import COMPANY, hubspot_properties
from connector.rulebook.types import Rulebook
from connector.steps import portal
from connector.steps.finding import Finding
from connector.steps.listening.listener_findings import listening
from connector.steps.listening.workflow_findings import platform_free, unread_workflows, workflow_findings
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.portal.choices import blind_rules
from connector.steps.portal.kept import company_definitions
from connector.steps.portal.readable import (
    gone_companies,
    merge_tag,
    unfit_counters,
    unfit_merge_fields,
    unfit_properties,
)
from connector.steps.portal.writable import (
    unfit_entrances,
    unfit_lifecycle,
    unfit_merge_targets,
    unfit_targets,
    unfit_verdicts,
)
from connector.steps.provision import hubspot_definitions, lists_wanted, mailchimp_definitions
from connector.steps.review import review

_PROVISION = "Run `trellis provision`"
_ORDER = ("error", "warning", "advice")

#: What sources define, as they told it a moment ago; company properties under their prefix.
Seen = dict[str, Mapping[str, Definition]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the environment says, as far as it can be wanting. `webhook_url` is Mailchimp's; it holds a secret."""

    hubspot_on: bool
    mailchimp_on: bool
    public_url: str
    hubspot_secret: bool
    webhook_url: str | None
    unsigned_alerts: bool = False


def examine(parts: Parts, given: Surroundings) -> tuple[Finding, ...]:
    """Everything that can be seen now, errors first. A platform that refuses or is away is a finding, not an exception."""
    seen: Seen = {}
    findings = [*_surroundings(parts, given), *review(parts.rulebook, parts.today), *platform_free(parts.rulebook)]
    if parts.hubspot is not None:
        port = parts.hubspot
        looks = (_properties(parts, port, seen), _lists_and_flows(parts, port), _deals_and_forms(parts, port))
        findings += _asked("HubSpot", "HUBSPOT_ACCESS_TOKEN", looks)
    audiences = (_mailchimp(parts, port, given.webhook_url, seen) for port in parts.mailchimp.values())
    findings += _asked("Mailchimp", "MAILCHIMP_API_KEY", audiences)
    findings += _blind(parts, seen)
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: _ORDER.index(finding.level)))


def _surroundings(parts: Parts, given: Surroundings) -> Iterator[Finding]:
    if not given.hubspot_on and not given.mailchimp_on:
        cure = "Set HUBSPOT_ACCESS_TOKEN or MAILCHIMP_API_KEY; `trellis demo` works without"
        yield Finding("error", "no platform has credentials", cure)
        return
    if not given.hubspot_on:
        yield Finding("advice", "HubSpot is off: HUBSPOT_ACCESS_TOKEN is not set", "Fine if you do without it")
    if not given.mailchimp_on:
        yield Finding("advice", "Mailchimp is off: MAILCHIMP_API_KEY is not set", "Fine if you do without it")
    elif not parts.mailchimp:
        what = "Mailchimp is off: fields.yaml names no audience"
        yield Finding("warning", what, "Add audiences: {main: {list: …}}")
    if given.unsigned_alerts:
        what = "alerts are not signed: TRELLIS_ALERT_SECRET is not set"
        yield Finding("advice", what, "Set it (openssl rand -base64 24), and let whoever gets them verify")
    if not given.public_url:
        what = "PUBLIC_URL is not set: no webhook reaches us, and changes are found by polling"
        yield Finding("advice", what, "Set it to the address of `trellis serve` to hear of changes at once")
        return
    if given.hubspot_on and not given.hubspot_secret:
        what = "HubSpot's webhooks cannot be verified: HUBSPOT_CLIENT_SECRET is not set"
        yield Finding("warning", what, "Set it, or rely on polling")
    if parts.mailchimp and given.webhook_url is None:
        what = "Mailchimp's webhooks are off: MAILCHIMP_WEBHOOK_TOKEN is not set"
        yield Finding("advice", what, "Set it to 22 random characters or more, then run `trellis provision`")


def _asked(platform: str, variable: str, looks: Iterable[Iterator[Finding]]) -> Sequence[Finding]:
    """The findings of each look, up to where the platform refused it. What is away or knows no token is asked once."""
    found: list[Finding] = []
    for look in looks:
        try:
            found.extend(look)
        except CredentialsRefused as error:
            what = f"{platform} does not accept the token: {_said(error)}"
            return [*found, Finding("error", what, f"Put a valid one into {variable}", "refused")]
        except ScopeMissing as error:
            what = f"{platform} refuses for lack of a scope: {', '.join(error.scopes) or _said(error)}"
            found.append(Finding("error", what, "Add it to the app or key", "refused"))
        except PlatformRefused as error:
            found.append(Finding("error", f"{platform} refused: {_said(error)}", "See what it names", "refused"))
        except PlatformError as error:
            what = f"{platform} cannot be asked: {_said(error)}"
            return [*found, Finding("error", what, "Try again; nothing is lost meanwhile", "away")]
    return found


def _said(error: PlatformError) -> str:
    return error.message.rstrip(". ")


def _properties(parts: Parts, port: HubSpotPort, seen: Seen) -> Iterator[Finding]:
    there, rulebook = port.definitions(), parts.rulebook
    seen[HUBSPOT] = there
    ours = [one.name for one in hubspot_definitions(rulebook)]
    missing = [name for name in ours if name not in there]
    for name in missing:
        yield Finding("error", f'HubSpot has no property "{name}"', _PROVISION)
    yield from unfit_targets(rulebook, there)
    yield from unfit_verdicts(rulebook, there)
    yield from unfit_lifecycle(rulebook, there)
    yield from unfit_entrances(rulebook, there)
    yield from _unread(rulebook, {*there, *ours})
    limit = port.property_limit()
    if missing and limit is not None and limit[0] + len(missing) > limit[1]:
        what = f"{len(missing)} properties are missing, and the portal holds {limit[0]} of {limit[1]} custom ones"
        yield Finding("error", what, "Archive some, then run `trellis provision`")
    companies = company_definitions(parts)
    seen[COMPANY] = companies
    yield from gone_companies(rulebook.fields, companies)
    yield from unfit_counters(rulebook.fields, there)
    yield from unfit_properties(rulebook.fields, there, companies)


def _blind(parts: Parts, seen: Seen) -> Iterator[Finding]:
    """Rules over the options of all platforms that answered."""
    defined = {source: seen.get(source) for source in parts.platforms}
    yield from blind_rules(parts.rulebook, defined, seen.get(COMPANY, {}))


def _unread(rulebook: Rulebook, there: set[str]) -> Iterator[Finding]:
    """What the rulebook reads and the portal has not. HubSpot's own counters come with its plans: advice only."""
    for name in hubspot_properties(rulebook.fields, rulebook.tracks):
        if name in there:
            continue
        if name.startswith("hs_email_optout_"):
            number = name.removeprefix("hs_email_optout_")
            what = f"the portal has no subscription type {number}: nobody can be enrolled where it counts"
            yield Finding("error", what, "Correct `subscription` in fields.yaml or tracks.yaml")
        else:
            what = f'HubSpot has no property "{name}", which is read'
            yield Finding("advice" if name.startswith("hs_") else "error", what, "Correct the name in fields.yaml")


def _lists_and_flows(parts: Parts, port: HubSpotPort) -> Iterator[Finding]:
    lists = port.lists()
    for name in lists_wanted(parts.rulebook):
        if name not in lists:
            yield Finding("error", f'HubSpot has no list "{name}"', _PROVISION)
    sources = {name for event in parts.rulebook.fields.events.values() if event.hubspot for name in event.hubspot.lists}
    for name in sorted(sources - set(lists)):
        what = f'HubSpot has no list "{name}", an event source of fields.yaml'
        yield Finding("error", what, "Create it, or correct the name")
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


def _deals_and_forms(parts: Parts, port: HubSpotPort) -> Iterator[Finding]:
    """Those that are event sources, and may not be read: the rest goes on without them."""
    events = parts.rulebook.fields.events.values()
    sources: dict[str, tuple[str, Callable[[], object]]] = {}
    if any(event.hubspot and event.hubspot.deals for event in events):
        sources["deals"] = "deals", lambda: next(iter(port.changed_deals(parts.now(), parts.now())), None)
    if any(event.submissions for event in events):
        sources["forms"] = "submissions", port.forms
    for what, (key, look) in sources.items():
        try:
            look()
        except ScopeMissing as missing:
            scopes = ", ".join(missing.scopes) or _said(missing)
            cure = f"Add it to the app or key, or take `{key}` out of fields.yaml"
            yield Finding("warning", f"HubSpot's {what} cannot be read for lack of a scope: {scopes}", cure)


def _mailchimp(parts: Parts, port: MailchimpPort, webhook_url: str | None, seen: Seen) -> Iterator[Finding]:
    port.account()
    try:
        there = port.definitions()
    except PlatformRefused as error:
        if error.status != 404:
            raise
        number = parts.rulebook.fields.audiences[port.audience].list
        what = f'Mailchimp has no audience "{number}"'
        yield Finding("error", what, f"Correct `list` of audiences.{port.audience} in fields.yaml")
        return
    seen[port.source] = there
    ours = [one.name for one in mailchimp_definitions(parts.rulebook)]
    for name in ours:
        if name not in there:
            yield Finding("error", f'Mailchimp audience {port.audience} has no merge field "{name}"', _PROVISION)
    fields = parts.rulebook.fields
    for name in sorted({tag for mapping in fields.fields.values() if (tag := merge_tag(mapping))}):
        if name not in there and name not in ours:
            what = f'Mailchimp audience {port.audience} has no merge field "{name}", which is read'
            yield Finding("error", what, "Create it, or correct the name in fields.yaml")
    yield from unfit_merge_fields(fields, there, port.audience)
    yield from unfit_merge_targets(parts.rulebook, there, port.audience)
    if webhook_url is not None and webhook_url not in port.webhooks():
        what = f"Mailchimp audience {port.audience} has no webhook to PUBLIC_URL"
        yield Finding("warning", what, _PROVISION)
