"""Knowledge of everybody: does she know us, and what we offer, in whole percent."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.types import POINT, Knowledge
from connector.scoring.columns.conditions import Subject


def percent_known(knowledge: Knowledge, subject: Subject) -> Mapping[str, NDArray[np.int16]]:
    """As `scoring.knowledge.percent_known`, for everybody."""
    asked = {"brand": knowledge.brand, "offer": knowledge.offer}
    percents = {}
    for name, traits in asked.items():
        if traits:
            points = subject.hits([trait.when for trait in traits]).total([trait.points for trait in traits])
            percents[name] = rounded(np.clip(points, 0, 100 * POINT)).astype(np.int16)
    return percents


def rounded(thousandths: NDArray[np.int32]) -> NDArray[np.int32]:
    """Whole points, half up, as `computed.rounded`."""
    return (thousandths + POINT // 2) // POINT
