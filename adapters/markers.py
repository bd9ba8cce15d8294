"""The episodes marker (``finance:1;winback:2``) as far as adapters read it; what it means stands in nurturing/markers.py."""

from __future__ import annotations

from adapters.rows import Enrollment


def episodes(markers: str) -> dict[str, int]:
    """The highest episode by track; what does not have the form ``track:number`` is passed over."""
    found: dict[str, int] = {}
    for entry in markers.split(";"):
        track, _, number = entry.rpartition(":")
        if (name := track.strip()) and number.strip().isdecimal():
            found[name] = max(int(number), found.get(name, 0))
    return found


def is_segment(row: Enrollment) -> bool:
    """Whether nobody listens to the row's track: a segment has no episode, so the markers do not name it."""
    return row.track not in episodes(row.markers)


def knows(markers: str, row: Enrollment) -> bool:
    """Whether these markers have this row's episode, or a later one, of its track."""
    wanted = episodes(row.markers).get(row.track, 0)
    return 0 < wanted <= episodes(markers).get(row.track, 0)


def taken_back(row: Enrollment) -> str:
    """The row's markers as they are when its episode was not used up: the one before it is the last, if there was one."""
    number = episodes(row.markers).get(row.track, 0) - 1
    others = [part for part in row.markers.split(";") if part.rpartition(":")[0].strip() != row.track]
    return ";".join(sorted((*others, f"{row.track}:{number}")) if number > 0 else others)
