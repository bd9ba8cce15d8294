"""What else the portal's workflows mean for the rulebook, whichever track they listen to (facts/hubspot.md §5). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from adapters.ports import Flow
from connector.rulebook.types import Rulebook
from connector.steps.finding import Finding
from connector.steps.listening.listener_findings import quoted, unverifiable
from connector.steps.listening.listeners import entrances, listeners, outputs

#: Stands for a value that no track has.
_ANY_OTHER = "\N{EM DASH}"


def workflow_findings(rulebook: Rulebook, flows: Collection[Flow], list_ids: Mapping[str, str]) -> Iterator[Finding]:
    """Those that every track fires, that mail the paused, that hear what is written about everybody. `list_ids` by name."""
    ways = list(entrances(rulebook, list_ids))
    on = [flow for flow in flows if flow.enabled is not False]
    for name in dict.fromkeys(one.signal.name for one in ways if one.signal.kind == "property"):
        if greedy := [flow for flow in on if flow.hears("property", name, _ANY_OTHER)]:
            told = f"any value of {name} is heard by {quoted(greedy)}: every track fires it"
            yield Finding("warning", told, "Let it listen to the value of one track", code="workflow-hears-every-track")
    heard = {flow: None for one in ways if not one.enroll.is_segment for flow in listeners(flows, one.signal).on}
    yield from _paused(rulebook, list(heard), list_ids)
    for name in outputs(rulebook):
        if hearing := [flow for flow in on if flow.looks_at("property", name)]:
            told = f"{name}, which Trellis writes, is heard by {quoted(hearing)}"
            yield Finding(
                "advice",
                told,
                "Such writes count in the guard like enrollments; beyond it they wait for a person",
                code="workflow-hears-output",
            )


def unread_workflows(rulebook: Rulebook) -> Iterator[Finding]:
    """What it means that this token or plan may not look."""
    what = "workflows cannot be read with this token or plan"
    cure = "What `listener` and `exit` confirm in tracks.yaml is trusted"
    yield Finding("advice", what, cure, code="workflows-unreadable")
    for name, track in rulebook.tracks.tracks.items():
        for key in ("listener", "exit"):
            if any(way.hubspot is not None and getattr(way, key) == "verified" for way in track.enroll):
                yield unverifiable(name, key)


def platform_free(rulebook: Rulebook) -> Iterator[Finding]:
    """What holds of the files whatever a portal shows: flows of Mailchimp are not to be read, and a call of HubSpot ends."""
    for name, track in rulebook.tracks.tracks.items():
        if any(way.mailchimp is not None and way.exit == "verified" for way in track.enroll):
            yield unverifiable(name, "exit")
        if any(way.hubspot is not None and way.hubspot.workflow is not None for way in track.enroll):
            what = f"track {name} enrolls by a legacy call of HubSpot's that ends in September 2027"
            cure = "Let the workflow listen to a property or a list before then"
            yield Finding("advice", what, cure, code="legacy-call")


def _paused(rulebook: Rulebook, heard: Collection[Flow], list_ids: Mapping[str, str]) -> Iterator[Finding]:
    """Which of the workflows that mail our tracks keep out those who are paused."""
    name = rulebook.tracks.dosing.paused_list
    if name is None or name not in list_ids:
        return
    if mailing := [flow for flow in heard if list_ids[name] not in flow.keeps_out]:
        told = f'those on list "{name}" are mailed all the same by {quoted(mailing)}'
        yield Finding("warning", told, "Add it to the suppression lists of each", code="paused-are-mailed")
    if kept_out_by := [flow for flow in heard if list_ids[name] in flow.keeps_out]:
        told = f'those on list "{name}" are kept out by {quoted(kept_out_by)}'
        yield Finding("advice", told, "Nothing is to be done", code="paused-are-kept-out")
