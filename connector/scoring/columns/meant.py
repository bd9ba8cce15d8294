"""For whom the tracks of a rulebook are: their `when` asked of everybody, as nurturing asks it of one who is on no track."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from connector.scoring.columns.crowd import Column
from connector.scoring.columns.lines import Bools
from connector.scoring.columns.stages import Steps
from connector.scoring.columns.standing import groups
from connector.scoring.columns.verdicts import Verdicts
from connector.scoring.computed import WIN
from connector.scoring.verdict import CUSTOMER

#: What a customer who is on no track is nurtured for.
RETAIN = "retain"


def meant(verdicts: Verdicts, steps: Steps) -> Mapping[str, Bools]:
    """For whom each track is, by its name. Nobody without evidence and a score is meant: scoring comes before nurturing."""
    tracks = verdicts.rulebook.tracks.tracks
    answers = {name: np.zeros(len(verdicts), np.bool_) for name in tracks}
    is_customer = np.array([text == CUSTOMER for text in steps.texts], np.bool_)
    for group in groups(verdicts):
        after = steps.after[group.asked]
        named = {
            "stage": Column(after, steps.texts),
            "aim": Column(is_customer[after].astype(np.int32), (WIN, RETAIN)),
        }
        scored = group.scored.knowing(named)
        for name, track in tracks.items():
            answers[name][group.rows] = scored.holds(track.when)[group.at] & group.enough
    return answers
