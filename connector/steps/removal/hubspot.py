"""What of Trellis stands in a HubSpot portal: lists that we made, properties of our group that a rulebook names, the group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from adapters.hubspot_port import HubSpotPort
from adapters.ports import GROUP, CredentialsRefused, Flow, PlatformRefused
from connector.rulebook.types import Rulebook
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.provision import hubspot_definitions, lists_wanted
from connector.steps.removal.found import GOES_BY, NEVER_WORKED, Found, Ours
from connector.store import made, state


def look(parts: Parts, port: HubSpotPort, rulebooks: Sequence[Rulebook], found: Found) -> None:
    """Add what is there to `found`. Read-only. Raises PlatformError."""
    flows = _flows(port, found)
    _lists(parts, port, rulebooks, flows, found)
    _properties(parts, port, rulebooks, flows or (), found)


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
    keeping = {id_ for flow in flows or () if flow.enabled is not False for id_ in flow.keeps_out}
    theirs = [one.name for one in there.values() if one.id in keeping and one.id not in ours and one.kind != "MANUAL"]
    if theirs:
        found.unseen.append(
            f"Workflows keep out the people of {', '.join(theirs)}: whether those lists go by what Trellis writes cannot be"
            " looked up. If they do, see to them first, or who was kept out is mailed."
        )
    for one in there.values():
        if one.id not in ours:
            continue
        used = _using(flows or (), "list", one.id)
        if one.name != ours[one.id]:
            found.left.append(f"HubSpot: list {one.name}: it was called {ours[one.id]} when Trellis made it")
        elif used:
            found.kept.append(f"HubSpot: list {one.name}: {GOES_BY.format(used)}")
        elif flows is None and one.name in keeps_out:
            found.kept.append(
                f"HubSpot: list {one.name}: it is there to keep people out of workflows; see that none uses it"
            )
        else:
            take = partial(port.delete_list, one.id)
            found.ours.append(Ours(HUBSPOT, "delete", f"list {one.name}", take, (HUBSPOT, "list", one.id)))


def _properties(
    parts: Parts, port: HubSpotPort, rulebooks: Sequence[Rulebook], flows: Sequence[Flow], found: Found
) -> None:
    with parts.engine.connect() as conn:
        worked, ours = state.baseline_done(conn, HUBSPOT) is not None, made.made(conn, HUBSPOT, "property")
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
        elif not worked and one.name not in ours:
            found.left.append(f"HubSpot: {what}: {NEVER_WORKED.format('HubSpot')}")
        elif used:
            found.kept.append(f"HubSpot: {what}: {GOES_BY.format(used)}")
        else:
            take = partial(port.archive_property, one.name)
            found.ours.append(Ours(HUBSPOT, "archive", what, take, (HUBSPOT, "property", one.name)))
            continue
        stays = True
    if GROUP in port.groups():
        if stays:
            found.left.append(f"HubSpot: property group {GROUP}: not all of its properties go")
        else:
            take = partial(port.archive_group, GROUP)
            found.ours.append(Ours(HUBSPOT, "archive", f"property group {GROUP}", take, (HUBSPOT, "group", GROUP)))


def _using(flows: Iterable[Flow], kind: str, name: str) -> str:
    """Names of workflows that are on, as far as is told, and let in or keep out by this."""
    on = (one for one in flows if one.enabled is not False)
    return ", ".join(one.name for one in on if one.looks_at(kind, name) or (kind == "list" and name in one.keeps_out))
