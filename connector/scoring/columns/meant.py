"""For whom the tracks of a rulebook are: their conditions asked of everybody, as nurturing asks them of one who is on none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from connector.rulebook.types import TracksFile
from connector.scoring.columns.conditions import Subject
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
    """For whom each track is, by its name: `when` and its aim hold, and she would not have to leave at once
    (`exit_when`). Nobody without evidence and a score is meant: scoring comes before nurturing.
    """
    tracks = verdicts.rulebook.tracks.tracks
    answers = {name: np.zeros(len(verdicts), np.bool_) for name in tracks}
    is_customer = np.array([text == CUSTOMER for text in steps.texts], np.bool_)
    for group in groups(verdicts):
        after = steps.after[group.asked]
        placed = group.scored.knowing({"stage": Column(after, steps.texts)})
        scored = placed.knowing({"aim": _aims(placed, verdicts.rulebook.tracks, is_customer[after])})
        for name, track in tracks.items():
            whom = scored.holds(verdicts.rulebook.tracks.whom[name])
            if track.exit_when is not None:
                whom = whom & ~scored.holds(track.exit_when)
            answers[name][group.rows] = whom[group.at] & group.enough
    return answers


def _aims(people: Subject, tracks: TracksFile, is_customer: Bools) -> Column:
    """What each is nurtured for: the first of `aims` that holds, else customers are retained and all others won."""
    texts = tuple(dict.fromkeys((WIN, RETAIN, *tracks.aims)))
    aim = np.where(is_customer, texts.index(RETAIN), texts.index(WIN)).astype(np.int32)
    for name, goal in reversed(tuple(tracks.aims.items())):
        aim[people.holds(goal.when)] = texts.index(name)
    return Column(aim, texts)
