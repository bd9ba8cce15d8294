"""What of Trellis stands in a Mailchimp audience: webhooks that end in our token, tags under our name, fields that we made."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from adapters.mailchimp_port import MailchimpPort
from adapters.ports import Definition
from connector.rulebook.types import Rulebook
from connector.steps.parts import Parts
from connector.steps.provision import mailchimp_definitions, tags_wanted
from connector.steps.removal.found import NEVER_WORKED, Found, Ours, label
from connector.store import made, state

#: The beginning of the tags that are ours whoever asks; other tags with our name must stand in a rulebook.
_TRACK_TAG, _TAG = "trellis:track:", "trellis:"


def look(
    parts: Parts,
    port: MailchimpPort,
    rulebooks: Sequence[Rulebook],
    tokens: Sequence[str],
    found: Found,
) -> None:
    """Add what is there to `found`. Read-only. Raises PlatformError."""
    list_id = parts.rulebook.fields.audiences[port.audience].list
    _webhooks(port, list_id, tokens, found)
    _tags(parts, port, list_id, rulebooks, found)
    _merge_fields(parts, port, list_id, rulebooks, found)


def _webhooks(port: MailchimpPort, list_id: str, tokens: Sequence[str], found: Found) -> None:
    endings = tuple(f"/webhooks/mailchimp/{token}" for token in tokens)
    for url in port.webhooks():
        if endings and url.endswith(endings):
            take = partial(port.delete_webhook, url)
            found.ours.append(Ours(port.source, "delete", "the webhook", take, (list_id, "webhook", url)))
        elif "/webhooks/mailchimp/" in url:
            found.left.append(f"{label(port.source)}: a webhook like ours: its address does not end in our token")


def _tags(parts: Parts, port: MailchimpPort, list_id: str, rulebooks: Sequence[Rulebook], found: Found) -> None:
    with parts.engine.connect() as conn:
        worked = state.baseline_done(conn, port.source) is not None
    named = {tag for book in rulebooks for tag in tags_wanted(book, port.audience)}
    for tag, tag_id in port.tags().items():
        if tag.startswith(_TRACK_TAG) or (tag in named and tag.startswith(_TAG)):
            if worked:
                take = partial(port.delete_tag, tag_id)
                found.ours.append(Ours(port.source, "delete", f"tag {tag}", take, (list_id, "tag", tag_id)))
            else:
                found.left.append(f"{label(port.source)}: tag {tag}: {NEVER_WORKED.format('this audience')}")
        elif tag in named:
            found.left.append(f"{label(port.source)}: tag {tag}: by its name it may be yours")


def _merge_fields(parts: Parts, port: MailchimpPort, list_id: str, rulebooks: Sequence[Rulebook], found: Found) -> None:
    with parts.engine.connect() as conn:
        ours = made.made(conn, list_id, "merge field")
    there = port.definitions()
    named = dict.fromkeys(_tag(one) for book in rulebooks for one in mailchimp_definitions(book))
    for tag in (tag for tag in named if tag in there):
        if tag in ours:
            what, take = f"merge field {tag} and its values", partial(port.delete_merge_field, tag)
            found.ours.append(Ours(port.source, "delete", what, take, (list_id, "merge field", tag)))
        else:
            found.left.append(f"{label(port.source)}: merge field {tag}: it was not made by this Trellis")


def _tag(wanted: Definition) -> str:
    return wanted.name.removeprefix("merge_fields.")
