"""Which mistakes in a rulebook the cases would notice: each mutant is tried on the people whom it may concern first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from connector.change.cases import misses
from connector.change.golden import Outcome, Person, person_of
from connector.change.mutation.equivalence import why_equal
from connector.change.mutation.mutant import Mutant
from connector.change.mutation.mutants import mutants
from connector.rulebook.read_cases import Golden
from connector.rulebook.types import Rulebook

Ending = Literal["noticed", "equivalent", "unnoticed"]


@dataclass(frozen=True, slots=True)
class Tried:
    """One mutant after its trial. `by` is the case that noticed it, or the proof that there is nothing to notice."""

    file: str
    mutant: Mutant
    ending: Ending
    by: str = ""

    def __str__(self) -> str:
        told = f"{self.file}: {self.mutant.rule}: {self.mutant.mutation}"
        return f"{told} ({self.by})" if self.by else told


def try_mutants(
    cases: Sequence[Golden], rulebook: Rulebook, model_files: Sequence[str], progress: Callable[[int, int], None]
) -> tuple[Tried, ...]:
    """Try every mutant on the cases, all of which hold under `rulebook`.

    `model_files` are the files of the rulebook's models, in their order; `progress` hears (done, all).
    """
    people = [person_of(golden, rulebook) for golden in cases]
    concerned = _by_line(people, rulebook)
    every = tuple(mutants(rulebook))
    tried: list[Tried] = []
    for mutant in every:
        tried.append(_try(mutant, concerned.get(mutant.rule, ()), people, rulebook, _file(mutant, model_files)))
        progress(len(tried), len(every))
    return tuple(tried)


def _try(mutant: Mutant, first: Sequence[Person], people: Sequence[Person], rulebook: Rulebook, file: str) -> Tried:
    wrong = mutant.of(rulebook)
    for person in (*first, *people):
        if next(misses(person, wrong), None) is not None:
            return Tried(file, mutant, "noticed", person.golden.case.name)
    proof = why_equal(mutant, rulebook)
    return Tried(file, mutant, "equivalent" if proof else "unnoticed", proof)


def _by_line(people: Sequence[Person], rulebook: Rulebook) -> dict[str, list[Person]]:
    """Who has a rule in her receipt notices a change of it sooner than others."""
    having: dict[str, list[Person]] = {}
    for person in people:
        for rule in {*_names(Outcome(person, rulebook)), *person.golden.case.expect.lines}:
            having.setdefault(rule, []).append(person)
    return having


def _names(outcome: Outcome) -> Iterator[str]:
    verdict, step = outcome.verdict, outcome.step
    yield from (line.rule for line in verdict.lines)
    yield from filter(None, (step.after.stage, step.before and step.before.stage, *outcome.tracks))


def _file(mutant: Mutant, model_files: Sequence[str]) -> str:
    kind, place = mutant.path[0], mutant.path[1]
    if kind == "models" and isinstance(place, int):
        return model_files[place]
    return str(PurePath(model_files[0]).with_name(f"{kind}.yaml"))
