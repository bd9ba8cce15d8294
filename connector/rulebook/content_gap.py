"""The content gap: which persona, in which phase, with which aim, is nurtured by no track. Pure.

Named are only people who can exist (possible.py), and only where no track may be for any of them: reminders and the closing
track are touches beside a series, and fill no gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from connector.rulebook.possible import Kind, kinds, ladder_of
from connector.rulebook.types import Aim, Rulebook

_Cell = tuple[Aim, str, str]


@dataclass(frozen=True, slots=True)
class Gap:
    """One persona for whom an aim has no track in these phases, in their order; `whole`: in none of those she can be in."""

    aim: Aim
    persona: str
    phases: tuple[str, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class ContentGap:
    """Personas that no track nurtures at all, and the gaps of the others: by aim, then persona, in the order of the files."""

    forgotten: tuple[str, ...]
    gaps: tuple[Gap, ...]


def content_gap(rulebook: Rulebook) -> ContentGap:
    """Everything that no track of `rulebook` covers."""
    cells = _cells(rulebook)
    tended = {persona for (_, persona, _), covered in cells.items() if covered}
    phases: dict[tuple[Aim, str], list[str]] = {}
    for aim, persona, phase in cells:
        phases.setdefault((aim, persona), []).append(phase)
    rows = sorted(phases.items(), key=lambda row: get_args(Aim).index(row[0][0]))
    gaps = []
    for (aim, persona), reached in rows:
        bare = tuple(phase for phase in reached if not cells[aim, persona, phase])
        if bare and persona in tended:
            gaps.append(Gap(aim, persona, bare, whole=bare == tuple(reached)))
    forgotten = dict.fromkeys(persona for _, persona, _ in cells if persona not in tended)
    return ContentGap(tuple(forgotten), tuple(gaps))


def _cells(rulebook: Rulebook) -> dict[_Cell, bool]:
    """Every cell that people can be in, and whether a track may be for one of them."""
    cells: dict[_Cell, bool] = {}
    for kind in kinds(rulebook):
        if kind.persona is None or kind.phase is None:
            continue
        for aim in get_args(Aim):
            if kind.may_ask_for(aim, rulebook):
                cell = aim, kind.persona, kind.phase
                cells[cell] = cells.get(cell, False) or any(_nurturing(rulebook, kind, aim))
    return cells


def _nurturing(rulebook: Rulebook, kind: Kind, aim: Aim) -> Iterator[bool]:
    ladder, whom = ladder_of(rulebook), rulebook.tracks.whom
    for name, track in rulebook.tracks.tracks.items():
        if track.aim == aim and track.role == "nurture":
            yield kind.may_be_on(track, whom[name], ladder)
