"""Does a switched-on workflow of the portal hear what our tracks put there? As far as the flows API shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from adapters.ports import Flow
from connector.rulebook.types import Rulebook
from connector.steps.finding import Finding


def deaf_tracks(rulebook: Rulebook, flows: Sequence[Flow], list_ids: Mapping[str, str]) -> Iterator[Finding]:
    """Tracks whose `listener` is claimed but not to be seen, or switched off. `list_ids` are by name. Pure."""
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
                told = f"track {name}: no workflow listens to {what}"
                yield Finding("warning", told, "Build it, or set `listener: none`")
            elif not any(flow.enabled for flow in listening):
                told = f"track {name}: the workflow that listens to {what} is switched off"
                yield Finding("warning", told, "Switch it on")


def _hears(flow: Flow, wanted: tuple[str, str]) -> bool:
    """A flow that listens to any value of the property hears this one too."""
    kind, value = wanted
    return any(kind == its and value in (told, f"{told}={value.partition('=')[2]}") for its, told in flow.listens_to)
