"""On which lists and tags everybody should stand, in columns: exactly what `nurturing.segments` says of one who is on no
track.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from connector.nurturing.segments import Place, paused_place, segment_places
from connector.nurturing.touches import MAIL, SALES
from connector.rulebook.types import Touches
from connector.scoring.columns.crowd import Crowd
from connector.scoring.columns.meant import in_segments
from connector.scoring.columns.stages import Steps
from connector.scoring.columns.verdicts import Verdicts
from connector.scoring.verdict import SUPPRESSED
from connector.steps.crowd import refused
from connector.steps.matching import BARRING
from connector.steps.parts import Parts
from connector.store.bulk.slice import Slice

Bools = NDArray[np.bool_]

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Belonging:
    """Who should stand where. Of the `unsure` a single judgement only can tell whether they are paused, and until when."""

    wanted: Mapping[Place, Bools]
    unsure: Bools


def belonging(parts: Parts, people: Slice, verdicts: Verdicts, steps: Steps) -> Belonging:
    """Ask everybody for every list and tag of the rulebook."""
    rulebook = parts.rulebook
    free = ~refused(parts, people, BARRING)
    suppressed = np.array([text == SUPPRESSED for text in steps.texts], np.bool_)[steps.after]
    meant = in_segments(verdicts, steps)
    wanted: dict[Place, Bools] = {}
    for place in segment_places(rulebook):
        wanted[place] = meant[place.segment] & free & ~suppressed & people.present[place.source]
    unsure = np.zeros(len(people), np.bool_)
    paused = paused_place(rulebook)
    if paused is not None:
        there = people.present[paused.source]
        wanted[paused] = suppressed & there
        unsure = (
            ~suppressed & there & (people.belongs[paused.key] | people.rose | _may_have_enough(parts, verdicts.crowd))
        )
    return Belonging(wanted, unsure)


def _may_have_enough(parts: Parts, crowd: Crowd) -> Bools:
    """Who may have had so many touches lately that she gets no more for now, or shown that she has had enough."""
    tracks, now = parts.rulebook.tracks, int(parts.now().timestamp() * 1_000_000)
    acts, found = crowd.acts, np.zeros(len(crowd), np.bool_)

    def of(kinds: tuple[str, ...]) -> Bools:
        return np.array([kind in kinds for kind in crowd.kinds], np.bool_)[acts.kind]

    budgets: list[Touches] = [one for one in (tracks.dosing.touches, *tracks.dosing.by_stage.values()) if one]
    touches = of((MAIL, *SALES))
    for budget in budgets:
        lately = touches & (acts.at > now - timedelta(days=budget.per) // _MICROSECOND)
        found |= np.bincount(acts.row[lately], minlength=len(crowd)) >= budget.max
    if (annoyed := tracks.rectify.annoyed) is not None:
        found[acts.row[of(annoyed.events) & (acts.day >= parts.today.toordinal() - annoyed.rest)]] = True
    return found
