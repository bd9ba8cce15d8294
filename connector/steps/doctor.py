"""What is wrong, doubtful or improvable, one finding each with its cure. Read-only everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from adapters.ports import CredentialsRefused, Flow, HubSpotPort, MailchimpPort, PlatformError, ScopeMissing
from connector.rulebook.mapping import hubspot_properties
from connector.rulebook.types import Rule, Rulebook
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.provision import hubspot_definitions, lists_wanted, mailchimp_definitions


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a person should know. `level` is error, warning or advice; `refused` marks a platform's no."""

    level: str
    what: str
    cure: str
    refused: bool = False

    def __str__(self) -> str:
        return f"{self.level}: {self.what}. {self.cure}."


def examine(parts: Parts, *, public_url: str, hubspot_secret: bool, mailchimp_token: bool) -> tuple[Finding, ...]:
    """Everything that can be seen now. A platform that refuses or is away is a finding, never an exception."""
    findings = [*_rules(parts.rulebook, parts.today)]
    if parts.hubspot is not None:
        findings += _asked(HUBSPOT, _hubspot(parts, parts.hubspot))
        if public_url and not hubspot_secret:
            findings.append(
                Finding(
                    "warning", "HubSpot webhooks cannot be verified", "Set HUBSPOT_CLIENT_SECRET, or rely on polling"
                )
            )
    for source, port in parts.mailchimp.items():
        findings += _asked(source, _mailchimp(parts, port))
    if parts.mailchimp and not (public_url and mailchimp_token):
        findings.append(
            Finding(
                "advice",
                "Mailchimp's webhooks are off; changes are found by polling",
                "Set PUBLIC_URL and MAILCHIMP_WEBHOOK_TOKEN, then run `trellis provision`",
            )
        )
    return tuple(findings)


def _rules(rulebook: Rulebook, today: date) -> Iterator[Finding]:
    for model in rulebook.models:
        factors = model.factors
        rules: list[Rule] = [trait for persona in factors.fit.personas.values() for trait in persona.traits]
        rules += [*factors.fit.adjust, *model.overrides]
        rules += [rule for group in factors.engagement.groups.values() for rule in group.rules]
        for rule in rules:
            if not rule.why:
                yield Finding("advice", f"rule {rule.id} says no why", "Give it one: it stands in every receipt")
            if rule.review_by is not None and rule.review_by < today:
                yield Finding(
                    "warning", f"rule {rule.id} was to be reviewed by {rule.review_by}", "Review it, then move the date"
                )
    for name, track in rulebook.tracks.tracks.items():
        if all(way.listener == "none" for way in track.enroll):
            yield Finding(
                "advice", f"track {name} has no listener: it is a segment, without mails", "Fine on a free portal"
            )
        elif any(way.exit == "none" and way.listener != "none" for way in track.enroll):
            yield Finding(
                "warning",
                f"track {name} is entry only: leaving it ends no mail",
                "Confirm `exit` once the workflow takes people out",
            )


def _asked(source: str, findings: Iterator[Finding]) -> Sequence[Finding]:
    """The findings up to where the platform stopped answering, and that."""
    found: list[Finding] = []
    try:
        found.extend(findings)
    except CredentialsRefused as error:
        found.append(
            Finding(
                "error",
                f"{source} does not accept the credentials: {error}",
                "Put valid ones into the environment",
                refused=True,
            )
        )
    except ScopeMissing as error:
        scopes = ", ".join(error.scopes) or str(error)
        found.append(
            Finding(
                "error", f"{source} refuses for lack of a scope: {scopes}", "Add it to the app or key", refused=True
            )
        )
    except PlatformError as error:
        found.append(Finding("error", f"{source} cannot be asked: {error}", "Try again; nothing is lost meanwhile"))
    return found


def _hubspot(parts: Parts, port: HubSpotPort) -> Iterator[Finding]:
    there = port.definitions()
    ours = {one.name: one for one in hubspot_definitions(parts.rulebook)}
    missing = [name for name in ours if name not in there]
    for name in missing:
        yield Finding("error", f'HubSpot has no property "{name}"', "Run `trellis provision`")
    for name, wanted in ours.items():
        lacking = (
            {one.value for one in wanted.options} - {one.value for one in there[name].options}
            if name in there
            else set()
        )
        if lacking:
            yield Finding(
                "error", f'property "{name}" lacks the options {", ".join(sorted(lacking))}', "Run `trellis provision`"
            )
    for name in hubspot_properties(parts.rulebook.fields, parts.rulebook.tracks):
        if name in there or name in ours:
            continue
        if name.startswith("hs_email_optout_"):
            what = (
                f"the portal has no subscription type {name.rpartition('_')[2]}: nobody can be enrolled where it counts"
            )
            yield Finding("error", what, "Correct `subscription` in fields.yaml or tracks.yaml")
        else:
            level = "advice" if name.startswith("hs_") else "error"
            yield Finding(level, f'HubSpot has no property "{name}", which is read', "Correct the name in fields.yaml")
    limit = port.property_limit()
    if limit is not None and limit[0] + len(missing) > limit[1]:
        yield Finding(
            "error", f"the portal has {limit[0]} of {limit[1]} custom properties", "Make room, then provision"
        )
    lists = port.lists()
    for name in lists_wanted(parts.rulebook):
        if name not in lists:
            yield Finding("error", f'HubSpot has no list "{name}"', "Run `trellis provision`")
    sources = {name for event in parts.rulebook.fields.events.values() if event.hubspot for name in event.hubspot.lists}
    for name in sorted(sources - set(lists)):
        yield Finding(
            "error", f'HubSpot has no list "{name}", an event source of fields.yaml', "Create it, or correct the name"
        )
    try:
        flows = port.flows()
    except ScopeMissing:
        yield Finding(
            "advice",
            "workflows cannot be read with this token or plan",
            "What `listener` and `exit` confirm in tracks.yaml is trusted",
        )
        return
    list_ids = {name: info.id for name, info in lists.items()}
    yield from _listeners(parts.rulebook, flows, list_ids)


def _listeners(rulebook: Rulebook, flows: Sequence[Flow], list_ids: dict[str, str]) -> Iterator[Finding]:
    for name, track in rulebook.tracks.tracks.items():
        for way in track.enroll:
            if way.hubspot is None or way.listener == "none":
                continue
            if way.hubspot.property is not None:
                wanted, what = ("property", f"{way.hubspot.property}={name}"), f"{way.hubspot.property} = {name}"
            else:
                wanted, what = ("list", list_ids.get(way.hubspot.list or "", "")), f'list "{way.hubspot.list}"'
            listening = [flow for flow in flows if _hears(flow, wanted)]
            if not listening:
                yield Finding(
                    "warning", f"track {name}: no workflow listens to {what}", "Build it, or set `listener: none`"
                )
            elif not any(flow.enabled for flow in listening):
                yield Finding(
                    "warning", f"track {name}: the workflow that listens to {what} is switched off", "Switch it on"
                )


def _hears(flow: Flow, wanted: tuple[str, str]) -> bool:
    """A flow that listens to any value of the property hears this one too."""
    kind, value = wanted
    return any(kind == its and value in (told, f"{told}={value.partition('=')[2]}") for its, told in flow.listens_to)


def _mailchimp(parts: Parts, port: MailchimpPort) -> Iterator[Finding]:
    port.account()
    there = port.definitions()
    for one in mailchimp_definitions(parts.rulebook):
        if one.name not in there:
            yield Finding(
                "error",
                f'Mailchimp audience {port.audience} has no merge field "{one.name}"',
                "Run `trellis provision`",
            )
