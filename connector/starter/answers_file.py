"""A file of answers for `trellis init --answers`: what the interview would ask, in YAML. Every key may be left out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field

from connector.rulebook.document import read_document
from connector.rulebook.kinds import Strict
from connector.rulebook.problems import RulebookError
from connector.rulebook.validation import validate
from connector.starter.answers import NONE, Given
from connector.starter.buyers import Buyer


class _BuyerAnswer(Strict):
    label: str = Field(min_length=1)
    titles: tuple[str, ...] = ()
    employees: tuple[int, int] | tuple[int] | None = None


class AnswersFile(Strict):
    """The keys of the file. `employees` of a buyer is `[50, 1000]`, or `[200]` for 200 and more; `none` is for there is none."""

    language: Literal["en", "es", "ca"] | None = None
    timezone: str | None = None
    audience: str | None = None
    fields: Mapping[str, str] = Field(default_factory=dict)
    customers: tuple[str, ...] | None = None
    qualified: str | None = None
    markets: tuple[str, ...] | None = None
    buyers: tuple[_BuyerAnswer, ...] | None = None
    capacity: int | None = None


def read_answers(path: Path) -> Given:
    """What the file says. Raises RulebookError with every problem, by line."""
    document = read_document(path, str(path))
    content, problems = validate(document, AnswersFile) if document.data is not None else (None, [])
    if content is None or document.problems:
        raise RulebookError([*document.problems, *problems])
    return Given(
        language=content.language,
        timezone=content.timezone,
        audience=_or_none(content.audience),
        fields={name: _or_none(said) or NONE for name, said in content.fields.items()},
        customers=content.customers,
        qualified=_or_none(content.qualified),
        markets=content.markets,
        buyers=None if content.buyers is None else tuple(map(_buyer, content.buyers)),
        capacity=content.capacity,
    )


def _or_none(said: str | None) -> str | None:
    return NONE if said == "none" else said


def _buyer(answer: _BuyerAnswer) -> Buyer:
    if answer.employees is None:
        return Buyer(answer.label, answer.titles)
    low, *high = answer.employees
    return Buyer(answer.label, answer.titles, (low, high[0] if high else None))
