"""For whom the tracks and segments of a rulebook are: their conditions asked of everybody, as nurturing asks them of one who
is on no track.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from connector.rulebook.types import TracksFile
from connector.scoring.columns.conditions import Subject
from connector.scoring.columns.crowd import Column
from connector.scoring.columns.lines import Bools
from connector.scoring.columns.stages import Steps
from connector.scoring.columns.standing import Group, groups
from connector.scoring.columns.verdicts import Verdicts
from connector.scoring.computed import RETAIN, WIN
from connector.scoring.verdict import CUSTOMER


def meant(verdicts: Verdicts, steps: Steps) -> Mapping[str, Bools]:
    """For whom each track is, by its name: `when` and its aim hold, and she would not have to leave at once
    (`exit_when`). Nobody without evidence and a score is meant: scoring comes before nurturing.
    """
    tracks = verdicts.rulebook.tracks.tracks
    answers = {name: np.zeros(len(verdicts), np.bool_) for name in tracks}
    for group, scored in _asked(verdicts, steps):
        for name, track in tracks.items():
            whom = scored.holds(verdicts.rulebook.tracks.whom[name])
            if track.exit_when is not None:
                whom = whom & ~scored.holds(track.exit_when)
            answers[name][group.rows] = whom[group.at] & group.enough
    return answers


def in_segments(verdicts: Verdicts, steps: Steps) -> Mapping[str, Bools]:
    """Of whom each segment's `when` holds, by its name; likewise of nobody without evidence and a score."""
    segments = verdicts.rulebook.tracks.segments
    answers = {name: np.zeros(len(verdicts), np.bool_) for name in segments}
    for group, scored in _asked(verdicts, steps) if segments else ():
        for name, segment in segments.items():
            answers[name][group.rows] = scored.holds(segment.when)[group.at] & group.enough
    return answers


def _asked(verdicts: Verdicts, steps: Steps) -> Iterator[tuple[Group, Subject]]:
    """People by model, and what is known of them once they are placed."""
    is_customer = np.array([text == CUSTOMER for text in steps.texts], np.bool_)
    for group in groups(verdicts):
        after = steps.after[group.asked]
        placed = group.scored.knowing({"stage": Column(after, steps.texts)})
        yield group, placed.knowing({"aim": _aims(placed, verdicts.rulebook.tracks, is_customer[after])})


def _aims(people: Subject, tracks: TracksFile, is_customer: Bools) -> Column:
    """What each is nurtured for: the first of `aims` that holds, else customers are retained and all others won."""
    texts = tuple(dict.fromkeys((WIN, RETAIN, *tracks.aims)))
    aim = np.where(is_customer, texts.index(RETAIN), texts.index(WIN)).astype(np.int32)
    for name, goal in reversed(tuple(tracks.aims.items())):
        aim[people.holds(goal.when)] = texts.index(name)
    return Column(aim, texts)
