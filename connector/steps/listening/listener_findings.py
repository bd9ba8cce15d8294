"""What the portal's workflows make of each track and segment: who listens, lets in twice, takes out (design §4.5). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from adapters.ports import Flow
from connector.rulebook.types import Rulebook
from connector.steps.finding import Finding
from connector.steps.listening.listeners import Entrance, Listeners, Signal, entrances, listeners


def listening(rulebook: Rulebook, flows: Collection[Flow], list_ids: Mapping[str, str]) -> Iterator[Finding]:
    """One line per way of each track with what is known of its listeners, and one per doubt. `list_ids` are by name."""
    for one in entrances(rulebook, list_ids):
        found = listeners(flows, one.signal)
        if one.enroll.is_segment:
            yield from _segment(f"track {one.track}", one.what, found)
            continue
        yield from _listener(one, found)
        if rulebook.tracks.tracks[one.track].reenter_after is not None:
            yield from _again(one, found)
        yield from _exit(one, found)
    for name, segment in rulebook.tracks.segments.items():
        if segment.hubspot is not None:
            signal = Signal("list", list_ids.get(segment.hubspot.list, ""))
            yield from _segment(f"segment {name}", f'list "{segment.hubspot.list}"', listeners(flows, signal))


def unverifiable(track: str, key: str) -> Finding:
    """A claim that nobody here can look into."""
    cure = f"Look yourself, and write `{key}: confirmed`"
    return Finding("error", f"track {track}: `{key}: verified` cannot be verified here", cure, code="unverifiable")


def quoted(flows: Collection[Flow]) -> str:
    """The names of workflows."""
    return ", ".join(f'"{flow.name}"' for flow in flows)


def _listener(one: Entrance, found: Listeners) -> Iterator[Finding]:
    verified = one.enroll.listener == "verified"
    track, what = f"track {one.track}", one.what
    if found.on:
        told = f"{track}: {what} is heard by {quoted(found.on)}{_manners(one.signal, found.on)}"
        look = (
            "Trellis looks again every hour" if verified else "Write `listener: verified`, and Trellis looks every hour"
        )
        yield Finding("advice", told, look, code="listener-found")
    elif found.off:
        told = f"{track}: what listens to {what} is switched off, {quoted(found.off)}"
        cure = "Switch it on; nobody enters before" if verified else "Switch it on"
        yield Finding("warning", told, cure, code="listener-off")
    elif found.perhaps:
        told = f"{track}: whether {what} is heard by {quoted(found.perhaps)} cannot be told"
        cure = "Look yourself, and write `listener: confirmed`" if verified else "What the file confirms is trusted"
        yield Finding("error" if verified else "advice", told, cure, code="listener-untold")
    elif one.signal.kind == "workflow":
        told = f"{track}: HubSpot has no {what}"
        yield Finding("error", told, "Correct the number in tracks.yaml", code="workflow-missing")
    else:
        cure = "Build it; nobody enters before" if verified else "Build it, or set `listener: none`"
        yield Finding("warning", f"{track}: no workflow listens to {what}", cure, code="listener-missing")
    if len(found.on) > 1:
        told = f"{track}: {what} is heard by {len(found.on)} workflows, and each mails: {quoted(found.on)}"
        yield Finding("warning", told, "Let one of them listen", code="listeners-many")


def _again(one: Entrance, found: Listeners) -> Iterator[Finding]:
    once = [flow for flow in found.on if one.signal.heard_again_by(flow) is False]
    if once:
        told = f"track {one.track}: a second episode would not be mailed, nobody is let in twice by {quoted(once)}"
        cure = "Switch on re-enrollment, or take out `reenter_after`"
        yield Finding("warning", told, cure, code="listener-lets-in-once")


def _exit(one: Entrance, found: Listeners) -> Iterator[Finding]:
    claim, ends = one.enroll.exit, found.end(one.signal)
    runs_on = [flow for flow in found.on if one.signal.ended_by(flow) is False]
    if claim != "none" and runs_on:
        told = f"track {one.track} is entry only: who leaves {one.what} is not taken out by {quoted(runs_on)}"
        cure = "Let the workflow unenroll who stops matching, or take out `exit`"
        yield Finding("warning", told, cure, code="listener-keeps-in")
    elif claim == "verified" and (found.on or found.off) and not ends:
        yield unverifiable(one.track, "exit")
    elif claim == "none" and found.on and ends and one.signal.kind != "workflow":
        told = f"track {one.track}: who leaves {one.what} is taken out by {quoted(found.on)}"
        yield Finding("advice", told, "Write `exit: verified`", code="exit-found")


def _segment(who: str, what: str, found: Listeners) -> Iterator[Finding]:
    """Nobody should listen: who is put there would be mailed, though nobody counts an episode or a touch."""
    cure = "Let it listen to something else, or make it a track's listener: its mails are neither dosed nor counted"
    if found.on:
        told = f"{who} is a segment, and {what} is heard by {quoted(found.on)}"
        yield Finding("error", told, cure, code="segment-heard")
    doubtful = [flow for flow in found.perhaps if not flow.opaque]
    if doubtful:
        told = f"{who} is a segment, and {what} may be heard by {quoted(doubtful)}"
        yield Finding("warning", told, cure, code="segment-perhaps-heard")


def _manners(signal: Signal, flows: Collection[Flow]) -> str:
    """What is known of those who listen, in a few words."""
    if signal.kind == "workflow":
        return ""
    told = [
        _one_of({signal.heard_again_by(flow) for flow in flows}, "lets people in again", "lets nobody in twice"),
        _one_of({signal.ended_by(flow) for flow in flows}, "takes out who leaves", "takes nobody out"),
    ]
    if any(_asks_more(signal, flow) for flow in flows):
        told.append("asks for more than that")
    if any(flow.has_goal for flow in flows):
        told.append("has a goal")
    return f" ({', '.join(told)})"


def _one_of(answers: set[bool | None], yes: str, no: str) -> str:
    if None in answers or len(answers) > 1:
        return f"not to be told if it {yes}"
    return yes if answers == {True} else no


def _asks_more(signal: Signal, flow: Flow) -> bool:
    heard = [
        one for one in flow.triggers if (one.kind, one.name) == (signal.kind, signal.name) and one.fits(signal.value)
    ]
    return not any(one.alone for one in heard)
