"""Who buys, as a team says it: how her titles begin, and how large her company is. From that a persona is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connector.starter.titles import DEPARTMENTS, Department, has_title

#: So many departments are proposed, and of so many people with a title each must have this share.
_PROPOSED = 2
_WORTH = 0.02


@dataclass(frozen=True, slots=True)
class Buyer:
    """One kind of buyer. `employees` are from and to (to None: no end), None: companies of any size."""

    label: str
    titles: tuple[str, ...] = ()
    employees: tuple[int, int | None] | None = None


def proposed_buyers(titles: Sequence[str], language: str) -> tuple[Buyer, ...]:
    """The departments that most of these job titles are of; those who manage, where there are no titles to ask."""
    counted = [(sum(has_title(title, one.titles) for title in titles), one) for one in DEPARTMENTS]
    worth = [(count, one) for count, one in counted if count and count >= _WORTH * len(titles)]
    chosen = [one for _, one in sorted(worth, key=lambda pair: -pair[0])][:_PROPOSED]
    return tuple(_buyer(one, language) for one in chosen or DEPARTMENTS[-1:])


def departments(titles: Sequence[str], language: str) -> tuple[tuple[Buyer, int], ...]:
    """Every department with how many of these titles are of it, the most first."""
    counted = [(_buyer(one, language), sum(has_title(title, one.titles) for title in titles)) for one in DEPARTMENTS]
    return tuple(sorted(counted, key=lambda pair: -pair[1]))


def _buyer(department: Department, language: str) -> Buyer:
    return Buyer(department.labels[language], department.titles)
