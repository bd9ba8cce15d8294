"""Whom a plan concerns: who moves stage and why, who enters or leaves a track, who is handed to sales; by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from connector.scoring.words import short_number
from connector.steps.reasons import CAUSES, cause_of_move, track_label

if TYPE_CHECKING:
    from connector.change.plan.plan import Because, Move, Passage, Plan
    from connector.rulebook.types import Rulebook

#: How many of each kind are named unless everybody is asked for.
FIRST = 20

_NOWHERE = "(not judged yet)"


@dataclass(frozen=True, slots=True)
class View:
    """How a plan is shown: in lines of `width`, of each kind of people at most `most` (None: all), by what `names` calls them.

    `planned` and `against` say what the two rulebooks are called. `rulebooks` are those whose words are used, the planned one
    first: a rule that went away has its words in the other one.
    """

    planned: str
    against: str
    rulebooks: tuple[Rulebook, ...]
    names: Callable[[Sequence[int]], Mapping[int, str]]
    width: int
    most: int | None = FIRST


class _Told(NamedTuple):
    """One line of a paragraph, but for the name."""

    contact: int
    why: str = ""
    scores: str = ""


def people_lines(plan: Plan, view: View) -> Iterator[str]:
    """A paragraph for each kind of move, the most frequent first; then the tracks, then sales."""
    if plan.moves:
        rises = sum(one.rise for one in plan.moves)
        yield ""
        yield f"{_some(len(plan.moves), 'contact')} would move stage, {rises:,} of them up."
    kinds: dict[tuple[str, str], list[Move]] = defaultdict(list)
    for move in plan.moves:
        kinds[move.before or _NOWHERE, move.after].append(move)
    for (before, after), moves in sorted(kinds.items(), key=lambda kind: (-len(kind[1]), kind[0])):
        moves.sort(key=lambda one: (-1 if one.score_after is None else one.score_after, -one.contact), reverse=True)
        told = [_Told(one.contact, _because(one.because, view), _scores(one)) for one in moves[: view.most]]
        yield from _paragraph(f"{before} → {after}: {len(moves):,}", told, len(moves), view)
    for verb, passages in (("enter", plan.enters), ("leave", plan.leaves)):
        yield from _tracks(verb, passages, view)
    if plan.handovers:
        head = f"{_some(len(plan.handovers), 'contact')} would be handed to sales"
        yield from _paragraph(head, [_Told(one) for one in plan.handovers[: view.most]], len(plan.handovers), view)


def _tracks(verb: str, passages: Sequence[Passage], view: View) -> Iterator[str]:
    tracks: dict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        tracks[passage.track].append(passage)
    for track, them in sorted(tracks.items(), key=lambda one: (-len(one[1]), one[0])):
        label = next((said for book in view.rulebooks if (said := track_label(book, track)) != track), track)
        head = f"{_some(len(them), 'contact')} would {verb} {track}{f' ({label})' if label != track else ''}"
        yield from _paragraph(head, [_Told(one.contact, one.why) for one in them[: view.most]], len(them), view)


def _paragraph(head: str, told: Sequence[_Told], count: int, view: View) -> Iterator[str]:
    called = view.names([one.contact for one in told])
    number = max(len(f"#{one.contact}") for one in told)
    scores = max(len(one.scores) for one in told)
    yield ""
    yield from wrap(head, view.width, subsequent_indent="  ")
    for one in told:
        line = " · ".join(filter(None, (called.get(one.contact, "(not known any more)"), one.why)))
        first = f"  {f'#{one.contact}':>{number}}  {f'{one.scores:<{scores}}  ' if scores else ''}"
        yield from wrap(line, view.width, initial_indent=first, subsequent_indent=" " * (len(first) + 2))
    if more := count - len(told):
        yield f"  and {more:,} more: trellis plan --all, or -o FILE"


def _because(because: Because, view: View) -> str:
    """`stages.yaml: qualified; finance-title +7: Signs in most won deals`, each where it had a part in it."""
    by_file = f"stages.yaml: {because.ladder}" if because.ladder else ""
    return "; ".join(filter(None, (by_file, _differing(because, view) if because.rule else "")))


def _differing(because: Because, view: View) -> str:
    """`finance-title +18: Signs in most won deals`; what is no rule is said in words alone."""
    rule, language = because.rule, view.rulebooks[0].fields.language
    words = next((said for book in view.rulebooks if (said := cause_of_move(rule, book, language)) != rule), "")
    if rule in CAUSES[language]:
        return words
    sign = "+" if because.points > 0 else ""
    points = f" {sign}{short_number(language, because.points)}" if because.points else ""
    return f"{rule}{points}{f': {words}' if words else ''}"


def _scores(move: Move) -> str:
    before, after = ("–" if score is None else str(score) for score in (move.score_before, move.score_after))
    return f"{before:>3} → {after}"


def _some(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
