"""What can be wrong in tracks.yaml, besides its conditions: an aim, a role, a time, a budget, an act that ends or mends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import get_args

from connector.change.mutation.mutant import Mutant, condition_mutants, number_mutants
from connector.change.mutation.tree import REMOVED, Path_
from connector.rulebook.types import Aim, Dosing, Rectify, Touches, Track, TracksFile


def track_mutants(path: Path_, file: TracksFile) -> Iterator[Mutant]:
    """Every mutant of aims, tracks, segments, and of how much is sent when."""
    for aim, goal in file.aims.items():
        at_goal = (*path, "aims", aim)
        yield Mutant(at_goal, f"aim {aim}", "removed", REMOVED)
        yield from condition_mutants((*at_goal, "when"), f"aim {aim}", goal.when)
    for name, track in file.tracks.items():
        yield from _of_track((*path, "tracks", name), name, track)
    for name, segment in file.segments.items():
        at_segment = (*path, "segments", name)
        yield Mutant(at_segment, name, "removed", REMOVED)
        yield from condition_mutants((*at_segment, "when"), name, segment.when)
    yield from _of_dosing((*path, "dosing"), file.dosing)
    yield from _of_rectify((*path, "rectify"), file.rectify)


def _of_track(path: Path_, name: str, track: Track) -> Iterator[Mutant]:
    yield Mutant(path, name, "removed", REMOVED)
    yield from condition_mutants((*path, "when"), name, track.when, "when ")
    if track.exit_when is not None:
        yield from condition_mutants((*path, "exit_when"), name, track.exit_when, "exit_when ", removable=True)
    for aim in get_args(Aim):
        if aim != track.aim:
            yield Mutant((*path, "aim"), name, f"aim {track.aim} → {aim}", aim)
    if track.role != "nurture":
        yield Mutant((*path, "role"), name, "role removed", REMOVED)
    yield from _without_each((*path, "stops_on"), name, "stops_on", track.stops_on)
    if track.cap is not None:
        yield Mutant((*path, "cap"), name, "cap removed", REMOVED)
        yield from _of_touches((*path, "cap"), name, "cap", track.cap)


def _of_dosing(path: Path_, dosing: Dosing) -> Iterator[Mutant]:
    if dosing.touches is not None:
        yield from _of_touches((*path, "touches"), "dosing", "touches", dosing.touches)
    for stage, touches in dosing.by_stage.items():
        yield Mutant((*path, "by_stage", stage), "dosing", f"by_stage {stage} removed", REMOVED)
        yield from _of_touches((*path, "by_stage", stage), "dosing", f"by_stage {stage}", touches)
    if dosing.hold_after_rise:
        days = dosing.hold_after_rise
        yield from number_mutants((*path, "hold_after_rise"), "dosing", "hold_after_rise", days, least=0)
    yield from _without_each((*path, "hold_until"), "dosing", "hold_until", dosing.hold_until)


def _of_rectify(path: Path_, rectify: Rectify) -> Iterator[Mutant]:
    if rectify.interest:
        yield Mutant((*path, "interest"), "rectify", "interest removed", REMOVED)
    if (annoyed := rectify.annoyed) is not None:
        at_annoyed = (*path, "annoyed")
        yield from _without_each((*at_annoyed, "events"), "rectify", "annoyed events", annoyed.events)
        yield from _without_each((*at_annoyed, "answers"), "rectify", "annoyed answers", annoyed.answers)
        yield from number_mutants((*at_annoyed, "rest"), "rectify", "annoyed rest", annoyed.rest, least=0)
        if annoyed.other_channel:
            yield Mutant((*at_annoyed, "other_channel"), "rectify", "annoyed other_channel removed", REMOVED)
    if (pleased := rectify.pleased) is not None:
        at_pleased = (*path, "pleased")
        yield Mutant(at_pleased, "rectify", "pleased removed", REMOVED)
        yield from number_mutants((*at_pleased, "more"), "rectify", "pleased more", pleased.more, least=0)
        yield from number_mutants((*at_pleased, "within"), "rectify", "pleased within", pleased.within, least=0)


def _of_touches(path: Path_, rule: str, key: str, touches: Touches) -> Iterator[Mutant]:
    yield from number_mutants((*path, "max"), rule, f"{key} max", touches.max, least=0)
    yield from number_mutants((*path, "per"), rule, f"{key} per", touches.per, least=1)


def _without_each(path: Path_, rule: str, key: str, kinds: Sequence[str]) -> Iterator[Mutant]:
    for place, kind in enumerate(kinds):
        yield Mutant((*path, place), rule, f"{key} without {kind}", REMOVED)
