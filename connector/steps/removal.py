"""Leaving the portal clean: what of Trellis stands on the platforms, and taking it away.

Ours is a property in our group that a rulebook of ours names; a list or merge field that we made; a tag under our own
name; a webhook that ends in our token. What is not surely ours, and what something of the portal goes by, is left and told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from adapters.ports import (
    GROUP,
    CredentialsRefused,
    Definition,
    Flow,
    HubSpotPort,
    MailchimpPort,
    PlatformError,
    PlatformRefused,
    ScopeMissing,
)
from connector.rulebook.types import Rulebook
from connector.steps.alone import alone
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.provision import hubspot_definitions, lists_wanted, mailchimp_definitions, tags_wanted
from connector.store import made, state

#: The beginning of the tags that are ours whoever asks; other tags with our name must stand in a rulebook.
_TRACK_TAG, _TAG = "trellis:track:", "trellis:"

_GOES_BY = "a workflow goes by it ({}): delete that, or let it go by something else"


@dataclass(frozen=True, slots=True)
class Ours:
    """One thing that may be taken away: `verb` it (archive, delete), and `take` does so, raising PlatformError.

    `place`, `kind` and `key` are those under which the store remembers that we made it, where it does.
    """

    source: str
    verb: str
    what: str
    take: Callable[[], None] = field(repr=False)
    remembered: tuple[str, made.Kind, str] | None = None

    def line(self, *, done: bool = False) -> str:
        """What would happen, or has happened."""
        return (
            f"{_label(self.source)}: {self.verb}d {self.what}"
            if done
            else f"{_label(self.source)}: would {self.verb} {self.what}"
        )


@dataclass(slots=True)
class Found:
    """Everything of ours in the order in which it goes, and what platforms failed with.

    `kept` is ours too, but something of the portal goes by it; `left` is not surely ours. Each is a line with its reason.
    `unseen` is what could not be looked at, a sentence each.
    """

    ours: list[Ours] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    errors: list[PlatformError] = field(default_factory=list)


@dataclass(slots=True)
class Gone:
    """What was taken away, and what a platform kept though it is ours, one line each; and what platforms failed with."""

    lines: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    errors: list[PlatformError] = field(default_factory=list)


def find(parts: Parts, rulebooks: Sequence[Rulebook], tokens: Sequence[str]) -> Found:
    """Look at each platform that is on; `rulebooks` are all that ever were active or may be, `tokens` those of webhooks.

    Read-only. A platform that fails is in `errors`, and the others go on.
    """
    found = Found()
    for source, port in parts.mailchimp.items():
        _attempt(found, partial(_mailchimp, parts, source, port, rulebooks, tokens, found))
    if parts.hubspot is not None:
        _attempt(found, partial(_hubspot, parts, parts.hubspot, rulebooks, found))
    return found


def take_away(parts: Parts, found: Found, patience_s: float) -> Gone:
    """Take away what was found, while nobody else works on this store. Raises Busy.

    What a platform keeps is told, and the rest goes on; a platform that is away or does not accept us is left alone.
    """
    gone = Gone()
    given_up: set[str] = set()
    with alone(parts.engine, patience_s):
        for one in found.ours:
            if one.source in given_up:
                continue
            try:
                one.take()
            except PlatformError as error:
                keeps = isinstance(error, PlatformRefused) and not isinstance(error, CredentialsRefused)
                if keeps:
                    gone.kept.append(f"{_label(one.source)}: {one.what}: {error.message}")
                else:
                    given_up.add(one.source)
                if not keeps or isinstance(error, ScopeMissing):
                    gone.errors.append(error)
            else:
                gone.lines.append(one.line(done=True))
                _forget(parts, one)
    return gone


def _attempt(found: Found, look: Callable[[], None]) -> None:
    try:
        look()
    except PlatformError as error:
        found.errors.append(error)


def _forget(parts: Parts, one: Ours) -> None:
    with parts.engine.begin() as conn:
        state.forget_cached(conn, f"{one.source}:")
        if one.remembered is not None:
            made.forget_made(conn, *one.remembered)


def _hubspot(parts: Parts, port: HubSpotPort, rulebooks: Sequence[Rulebook], found: Found) -> None:
    flows = _flows(port, found)
    _lists(parts, port, rulebooks, flows, found)
    _properties(port, rulebooks, flows or (), found)


def _flows(port: HubSpotPort, found: Found) -> tuple[Flow, ...] | None:
    """The portal's workflows, or None where nobody may look: on a free portal there are none."""
    try:
        return port.flows()
    except CredentialsRefused:
        raise
    except PlatformRefused:
        found.unseen.append(
            "Whether workflows of HubSpot go by any of this cannot be looked up (scope automation; a free portal has none)."
            " If you have some, see to them first."
        )
        return None


def _lists(
    parts: Parts, port: HubSpotPort, rulebooks: Sequence[Rulebook], flows: tuple[Flow, ...] | None, found: Found
) -> None:
    with parts.engine.connect() as conn:
        ours = made.made(conn, HUBSPOT, "list")
    keeps_out = {book.tracks.dosing.paused_list for book in rulebooks}
    there = port.lists()
    for name in dict.fromkeys(name for book in rulebooks for name in lists_wanted(book)):
        if name in there and there[name].id not in ours:
            found.left.append(f"HubSpot: list {name}: it was not made by this Trellis")
    for one in there.values():
        if one.id not in ours:
            continue
        used = _using(flows or (), "list", one.id)
        if one.name != ours[one.id]:
            found.left.append(f"HubSpot: list {one.name}: it was called {ours[one.id]} when Trellis made it")
        elif used:
            found.kept.append(f"HubSpot: list {one.name}: {_GOES_BY.format(used)}")
        elif flows is None and one.name in keeps_out:
            found.kept.append(
                f"HubSpot: list {one.name}: it is there to keep people out of workflows; see that none uses it"
            )
        else:
            take = partial(port.delete_list, one.id)
            found.ours.append(Ours(HUBSPOT, "delete", f"list {one.name}", take, (HUBSPOT, "list", one.id)))


def _properties(port: HubSpotPort, rulebooks: Sequence[Rulebook], flows: Sequence[Flow], found: Found) -> None:
    named = {one.name for book in rulebooks for one in hubspot_definitions(book)}
    stays = False
    for one in port.definitions().values():
        what = f"property {one.name} ({one.label})"
        if one.group != GROUP:
            if one.name in named:
                found.left.append(f"HubSpot: {what}: it stands in the group {one.group}, not in ours")
            continue
        used = _using(flows, "property", one.name)
        if one.built_in or one.name not in named:
            found.left.append(f"HubSpot: {what}: no rulebook of this Trellis names it")
        elif used:
            found.kept.append(f"HubSpot: {what}: {_GOES_BY.format(used)}")
        else:
            found.ours.append(Ours(HUBSPOT, "archive", what, partial(port.archive_property, one.name)))
            continue
        stays = True
    if GROUP in port.groups():
        if stays:
            found.left.append(f"HubSpot: property group {GROUP}: not all of its properties go")
        else:
            found.ours.append(Ours(HUBSPOT, "archive", f"property group {GROUP}", partial(port.archive_group, GROUP)))


def _using(flows: Iterable[Flow], kind: str, name: str) -> str:
    """Names of workflows that are on, as far as is told, and let in or keep out by this."""
    on = (one for one in flows if one.enabled is not False)
    return ", ".join(one.name for one in on if one.looks_at(kind, name) or (kind == "list" and name in one.keeps_out))


def _mailchimp(
    parts: Parts,
    source: str,
    port: MailchimpPort,
    rulebooks: Sequence[Rulebook],
    tokens: Sequence[str],
    found: Found,
) -> None:
    endings = tuple(f"/webhooks/mailchimp/{token}" for token in tokens)
    for url in port.webhooks():
        if endings and url.endswith(endings):
            found.ours.append(Ours(source, "delete", "the webhook", partial(port.delete_webhook, url)))
        elif "/webhooks/mailchimp/" in url:
            found.left.append(f"{_label(source)}: a webhook like ours: its address does not end in our token")
    _tags(source, port, rulebooks, found)
    _merge_fields(parts, source, port, rulebooks, found)


def _tags(source: str, port: MailchimpPort, rulebooks: Sequence[Rulebook], found: Found) -> None:
    named = {tag for book in rulebooks for tag in tags_wanted(book, port.audience)}
    for tag, tag_id in port.tags().items():
        if tag.startswith(_TRACK_TAG) or (tag in named and tag.startswith(_TAG)):
            found.ours.append(Ours(source, "delete", f"tag {tag}", partial(port.delete_tag, tag_id)))
        elif tag in named:
            found.left.append(f"{_label(source)}: tag {tag}: by its name it may be yours")


def _merge_fields(parts: Parts, source: str, port: MailchimpPort, rulebooks: Sequence[Rulebook], found: Found) -> None:
    list_id = parts.rulebook.fields.audiences[port.audience].list
    with parts.engine.connect() as conn:
        ours = made.made(conn, list_id, "merge field")
    there = port.definitions()
    named = dict.fromkeys(_tag(one) for book in rulebooks for one in mailchimp_definitions(book))
    for tag in (tag for tag in named if tag in there):
        if tag in ours:
            take = partial(port.delete_merge_field, tag)
            found.ours.append(
                Ours(source, "delete", f"merge field {tag} and its values", take, (list_id, "merge field", tag))
            )
        else:
            found.left.append(f"{_label(source)}: merge field {tag}: it was not made by this Trellis")


def _tag(wanted: Definition) -> str:
    return wanted.name.removeprefix("merge_fields.")


def _label(source: str) -> str:
    return "HubSpot" if source == HUBSPOT else f"Mailchimp ({source.partition(':')[2]})"
