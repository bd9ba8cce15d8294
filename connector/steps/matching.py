"""Which tracks everybody matches, in columns: exactly what `nurturing.matching` says of one who is on no track."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from connector.facts import Refusal
from connector.nurturing.eligibility import WON
from connector.scoring.columns.meant import meant
from connector.scoring.columns.stages import Steps
from connector.scoring.columns.verdicts import Verdicts
from connector.scoring.verdict import CUSTOMER, NOT_ENOUGH_DATA
from connector.steps.crowd import refused
from connector.steps.parts import Parts
from connector.store.bulk.slice import Slice

Bools = NDArray[np.bool_]

#: What bars from every track; `unreadable` is about one reading of ours, not about her.
BARRING = frozenset(Refusal) - {Refusal.UNREADABLE}


def matching(parts: Parts, people: Slice, verdicts: Verdicts, steps: Steps) -> Mapping[str, Bools]:
    """Who matches each track, by its name: whom it is for, and whom nothing bars from it."""
    free = ~refused(parts, people, BARRING)
    to_be_won = free & _to_be_won(verdicts, steps)
    tracks = parts.rulebook.tracks.tracks
    return {
        name: whom & (to_be_won if tracks[name].aim == "win" else free) for name, whom in meant(verdicts, steps).items()
    }


def _to_be_won(verdicts: Verdicts, steps: Steps) -> Bools:
    """Who stands on the ladder, or is not known well enough, and has bought nothing."""
    ladder = {stage.id for stage in verdicts.rulebook.stages.stages} | {NOT_ENOUGH_DATA}
    open_ = np.array([text in ladder - {CUSTOMER} for text in steps.texts], np.bool_)[steps.after]
    acts = verdicts.crowd.acts
    won = np.array([kind in WON for kind in verdicts.crowd.kinds], np.bool_)
    open_[acts.row[won[acts.kind]]] = False
    return np.asarray(open_, np.bool_)
