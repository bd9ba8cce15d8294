"""Lists and tags that are kept in line with who stands where: which there are, and to which one contact belongs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from connector.nurturing.eligibility import general_refusal
from connector.nurturing.intents import Plan
from connector.nurturing.matching import is_scored
from connector.nurturing.situation import Situation
from connector.nurturing.ways import HUBSPOT
from connector.rulebook.types import Rulebook
from connector.scoring.verdict import SUPPRESSED

#: Under this name the list of those whom no workflow should mail now is kept like a segment (`dosing.paused_list`).
PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Place:
    """One list or tag: of which segment, on which source, and its key, as an enrollment channel's.

    `guarded`: to put people there could start a workflow that nobody has told us of. A tag is set so that no flow takes
    notice (facts/mailchimp.md §6), and the list of the paused only keeps mail back.
    """

    segment: str
    source: str
    key: str
    guarded: bool = False


def places(rulebook: Rulebook) -> Iterator[Place]:
    """Give every list and tag that is kept in line, in the order of the file; that of the paused at last."""
    yield from segment_places(rulebook)
    if (paused := paused_place(rulebook)) is not None:
        yield paused


def segment_places(rulebook: Rulebook) -> Iterator[Place]:
    """Give those of segments."""
    for name, segment in rulebook.tracks.segments.items():
        if segment.hubspot is not None:
            yield Place(name, HUBSPOT, _list_key(segment.hubspot.list), guarded=True)
        if segment.mailchimp is not None:
            source = f"mailchimp:{segment.mailchimp.audience}"
            yield Place(name, source, f"{source}:tag:{segment.mailchimp.tag}")


def paused_place(rulebook: Rulebook) -> Place | None:
    """Return the list of the paused, or None where the rulebook names none."""
    name = rulebook.tracks.dosing.paused_list
    return None if name is None else Place(PAUSED, HUBSPOT, _list_key(name))


def segments_of(situation: Situation) -> frozenset[str]:
    """Return the segments that she belongs to: their `when` holds, and she may be mailed at all.

    As with tracks, scoring comes first: nobody without evidence and a score belongs to any.
    """
    barred = situation.stage == SUPPRESSED or general_refusal(situation.contact.consent) is not None
    if barred or not is_scored(situation):
        return frozenset()
    segments = situation.rulebook.tracks.segments
    return frozenset(name for name, segment in segments.items() if situation.holds(segment.when))


def belonging(plan: Plan, rulebook: Rulebook, sources: Collection[str]) -> tuple[Place, ...]:
    """Return the lists and tags on which she should stand after `plan`, on the sources where she is."""
    hers = [place for place in segment_places(rulebook) if place.segment in plan.segments]
    if plan.paused and (paused := paused_place(rulebook)) is not None:
        hers.append(paused)
    return tuple(place for place in hers if place.source in sources)


def _list_key(name: str) -> str:
    return f"{HUBSPOT}:list:{name}"
