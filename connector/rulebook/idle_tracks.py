"""Tracks that nobody can ever be on, and those that are nobody's first, since another one always comes before. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connector.rulebook.conditions import Condition, Every
from connector.rulebook.possible import Kind, kinds, ladder_of
from connector.rulebook.types import Rulebook, Track


@dataclass(frozen=True, slots=True)
class Idle:
    """A track that is for nobody (`behind` is None), or only for those whom the track `behind` is for, too, and first."""

    track: str
    behind: str | None


def idle_tracks(rulebook: Rulebook) -> Iterator[Idle]:
    """Every such track, in the order of the file. What comes before must be open to the same people: by all the platforms,
    in the same waits.
    """
    everybody, ladder, tracks = list(kinds(rulebook)), ladder_of(rulebook), rulebook.tracks
    for name, track in tracks.tracks.items():
        whom = tracks.whom[name]
        meant = [kind for kind in everybody if kind.may_be_on(track, whom, ladder)]
        if not meant:
            yield Idle(name, None)
            continue
        first = (other for other in _before(rulebook, name) if _always(rulebook, other, meant, whom))
        behind = next(first, None)
        if behind is not None:
            yield Idle(name, behind)


def _before(rulebook: Rulebook, name: str) -> Iterator[str]:
    """The tracks that are chosen before this one, wherever both may be entered."""
    tracks = rulebook.tracks.tracks
    track, order = tracks[name], list(tracks)
    if not rulebook.tracks.dosing.one_track or all(way.is_segment for way in track.enroll):
        return
    for other_name, other in tracks.items():
        earlier = (-other.priority, order.index(other_name)) < (-track.priority, order.index(name))
        if earlier and other.role == track.role and _platforms(track) <= _platforms(other, always=True):
            yield other_name


def _platforms(track: Track, *, always: bool = False) -> frozenset[str]:
    """The platforms whose people get into a track; `always`: by a way that is open to all of them."""
    ways = (way for way in track.enroll if not way.is_segment and not (always and way.when))
    return frozenset(way.mailchimp.audience if way.mailchimp else "" for way in ways)


def _always(rulebook: Rulebook, other: str, meant: Sequence[Kind], whom: Condition) -> bool:
    """Whether `other` is for everybody for whom `whom` holds."""
    track, asked, ladder = rulebook.tracks.tracks[other], rulebook.tracks.whom[other], ladder_of(rulebook)
    given = frozenset(_parts(whom))
    return track.exit_when is None and all(
        kind.may_be_on(track, asked, ladder) and kind.says(asked, given) is True for kind in meant
    )


def _parts(condition: Condition) -> Iterator[Condition]:
    yield condition
    if isinstance(condition, Every):
        for one in condition.of:
            yield from _parts(one)
