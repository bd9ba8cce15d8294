"""An audience: merge fields and webhooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adapters.mailchimp_port import MailchimpPort
from adapters.ports import PlatformRefused
from connector.steps.checkup.hubspot import Seen
from connector.steps.checkup.limits import room_for_merge_fields
from connector.steps.checkup.looks import MAILCHIMP, Look
from connector.steps.finding import Finding
from connector.steps.lacking import lacking
from connector.steps.parts import Parts
from connector.steps.portal.readable import merge_tag, unfit_merge_fields
from connector.steps.portal.writable import unfit_merge_targets
from connector.steps.provision import mailchimp_definitions

_PROVISION = "Run `trellis provision`"

#: Users of these roles look, or write mails, and may not change an audience (mailchimp.com/help, user levels).
_ROLES_THAT_READ = frozenset({"author", "viewer"})

#: In the address of every webhook that leads to a Trellis; what follows is secret.
_PATH = "/webhooks/mailchimp/"


def audience_looks(parts: Parts, port: MailchimpPort, webhook_url: str | None, seen: Seen) -> Iterator[Look]:
    """What there is to ask of one audience. What merge fields there are is kept in `seen`; the address holds a secret."""
    yield Look(lambda: _merge_fields(parts, port, seen), "")
    if webhook_url is not None:
        yield Look(lambda: webhook_findings(port, webhook_url), "")


def role_findings(account: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the user whose key it is may change anything, by the role that the account tells."""
    if (role := account.get("role", "").lower()) in _ROLES_THAT_READ:
        what = f"Mailchimp: the key is that of a user with the role {role}, which may not change audiences"
        yield Finding("error", what, MAILCHIMP.cure, "refused", code="role-too-small")


def _merge_fields(parts: Parts, port: MailchimpPort, seen: Seen) -> Iterator[Finding]:
    try:
        there = port.definitions()
    except PlatformRefused as error:
        if error.status != 404:
            raise
        number = parts.rulebook.fields.audiences[port.audience].list
        what = f'Mailchimp has no audience "{number}"'
        cure = f"Correct `list` of audiences.{port.audience} in fields.yaml"
        yield Finding("error", what, cure, code="audience-missing")
        return
    seen[port.source] = there
    ours = [one.name for one in mailchimp_definitions(parts.rulebook)]
    missing = [name for name in ours if name not in there]
    if missing:
        what = lacking(f"Mailchimp audience {port.audience}", "merge field", missing)
        yield Finding("error", what, _PROVISION, code="merge-field-missing")
    fields = parts.rulebook.fields
    for name in sorted({tag for mapping in fields.fields.values() if (tag := merge_tag(mapping))}):
        if name not in there and name not in ours:
            what = f'Mailchimp audience {port.audience} has no merge field "{name}", which is read'
            yield Finding("error", what, "Create it, or correct the name in fields.yaml", code="merge-field-missing")
    yield from unfit_merge_fields(fields, there, port.audience)
    yield from unfit_merge_targets(parts.rulebook, there, port.audience)
    yield from room_for_merge_fields(port.audience, len(missing), len(there))


def webhook_findings(port: MailchimpPort, webhook_url: str) -> Iterator[Finding]:
    """Whether the audience tells us of changes, and which other Trellis it tells."""
    try:
        urls = port.webhooks()
    except PlatformRefused as error:
        if error.status != 404:
            raise
        return  # there is no such audience, which is said elsewhere
    if webhook_url not in urls:
        what = f"Mailchimp audience {port.audience} has no webhook to PUBLIC_URL"
        yield Finding("warning", what, _PROVISION, code="webhook-missing")
    for host in sorted({_host(url) for url in urls if url != webhook_url and _PATH in url}):
        what = f"Mailchimp audience {port.audience} also has a webhook to another Trellis, or an older one, at {host}"
        cure = "Delete it in Mailchimp if nobody answers there any more"
        yield Finding("advice", what, cure, code="webhook-elsewhere")


def _host(url: str) -> str:
    """Without a password that somebody put before it."""
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2]
