"""Topics of everybody: what they were interested in, the most first, as `scoring.topics` finds them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.types import POINT, Model
from connector.scoring.columns.acts import ActTable, Worth, starts
from connector.scoring.columns.crowd import UNKNOWN
from connector.scoring.decay import half_life_curve
from connector.scoring.topics import NOT_HERS


def topics(table: ActTable, model: Model) -> NDArray[np.int16]:
    """The topics of each contact (second axis) as places in the model's topics, the most first, then UNKNOWN.

    There are as many rows as the model has topics; the first is everybody's first topic.
    """
    count = len(model.topics)
    if not count:
        return np.zeros((0, table.people), np.int16)
    worth = Worth.of(POINT, table.shares, half_life_curve(model.factors.phase.half_life))
    acts = table.choose(np.flatnonzero(table.believed(NOT_HERS) & table.names_asset()))
    acts = acts.where(acts.age <= worth.oldest)
    given = worth.after_fading(acts)
    acts, given = acts.where(given > 0), given[given > 0]
    assets = table.acts.asset.take(acts.place)
    strength = np.zeros((table.people, count), np.int64)
    newest = np.zeros((table.people, count), np.int64)
    for topic, test in enumerate(model.topics.values()):
        passing = np.flatnonzero(table.passes(test, assets).take(assets))
        row = acts.row.take(passing)
        firsts = starts(row)
        strength[:, topic] = np.bincount(row, given.take(passing), table.people)
        newest[row.take(firsts), topic] = acts.place.take(passing.take(firsts))
    order = np.lexsort((newest, -strength))  # stable: the file's order among equals
    found = np.take_along_axis(strength, order, axis=1) > 0
    return np.where(found, order, UNKNOWN).astype(np.int16).T
