"""Where everybody stands next, opens left out of account where they would lift: as `scoring.placing.place`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from connector.rulebook.opens import opens_of
from connector.scoring.columns.crowd import UNKNOWN, Crowd
from connector.scoring.columns.lines import Rows
from connector.scoring.columns.score import judge_crowd
from connector.scoring.columns.stages import Steps, step_crowd
from connector.scoring.columns.verdicts import Verdicts


def place_crowd(verdicts: Verdicts) -> Steps:
    """The step of everybody; of those who climb and have opened something, judged once more without that."""
    found = step_crowd(verdicts)
    crowd, rulebook = verdicts.crowd, verdicts.rulebook
    ladder = {stage.id: rank for rank, stage in enumerate(rulebook.stages.stages)}
    ranks = np.array([*(ladder.get(text, UNKNOWN) for text in found.texts), UNKNOWN], np.int32)
    opens = opens_of(rulebook.fields).events
    kinds = [place for place, kind in enumerate(crowd.kinds) if kind in opens]
    opened = np.zeros(len(crowd), np.bool_)
    opened[crowd.acts.row[np.isin(crowd.acts.kind, kinds)]] = True
    climbs = found.moved & (ranks[found.after] > np.maximum(ranks[found.before], 0))
    rows = np.flatnonzero(climbs & opened)
    if not len(rows):
        return found
    without = step_crowd(judge_crowd(_unopened(crowd.take(rows), kinds), rulebook, verdicts.day, verdicts.known_by))
    return _lower(found, without, rows, ladder)


def _unopened(crowd: Crowd, kinds: Sequence[int]) -> Crowd:
    return replace(crowd, acts=crowd.acts.take(np.flatnonzero(~np.isin(crowd.acts.kind, kinds))))


def _lower(found: Steps, without: Steps, rows: Rows, ladder: Mapping[str, int]) -> Steps:
    """`found`, where that is not higher than `without`; else as far up as `without`, or where they stood."""
    texts = tuple(dict.fromkeys((*found.texts, *without.texts)))
    code = {text: place for place, text in enumerate(texts)}
    ours = np.array([*(code[text] for text in without.texts), UNKNOWN], np.int32)
    ranks = np.array([*(ladder.get(text, UNKNOWN) for text in texts), UNKNOWN], np.int32)
    after, since, cause = found.after.copy(), found.since.copy(), found.cause.copy()
    moved, rise = found.moved.copy(), found.rise.copy()
    lower = np.flatnonzero(ranks[ours[without.after]] < ranks[after[rows]])
    at, before = rows[lower], found.before[rows[lower]]
    climbs = without.moved[lower] & (ranks[ours[without.after[lower]]] > np.maximum(ranks[before], 0))
    stays = (ranks[before] != UNKNOWN) & ~climbs
    after[at] = np.where(stays, before, ours[without.after[lower]])
    since[at] = np.where(stays, found.before_since[at], without.since[lower])
    moved[at] = without.moved[lower] & ~stays
    rise[at] = without.rise[lower] & ~stays
    cause[at] = np.where(stays, code[""], ours[without.cause[lower]])
    return replace(found, texts=texts, after=after, since=since, moved=moved, rise=rise, cause=cause)
