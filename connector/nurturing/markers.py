"""The episodes marker: one text on the platform, such as `finance:1;winback:2`, that says which episodes were used up.

It is read with consent right before an enrollment, so a lost or old database cannot enroll again (promise 3). People can
edit it: what cannot be understood is kept as it is, and nobody with such a marker is enrolled until a person has looked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

#: A Mailchimp text merge field is silently cut at 255 bytes (facts/mailchimp.md §8); HubSpot has room enough.
MAILCHIMP_BYTES = 255

_PART = re.compile(r"([a-z][a-z0-9_-]{0,62})\s*:\s*([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Markers:
    """Highest episode per track, and the parts that could not be read (sorted, each once)."""

    episodes: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    unreadable: tuple[str, ...] = ()

    def allows(self, track: str, episode: int) -> bool:
        """Tell whether this episode may still be entered: everything is readable, and it is higher than the highest."""
        return not self.unreadable and self.episodes.get(track, 0) < episode

    def with_episode(self, track: str, episode: int) -> Markers:
        """Return the markers after `episode` of `track` has been used up."""
        return unite((self, Markers({track: episode})))


def parse_markers(text: str | None) -> Markers:
    """Read a marker text. Never raises: blanks and stray semicolons are forgiven, the rest lands in `unreadable`."""
    episodes: dict[str, int] = {}
    unreadable: set[str] = set()
    for part in filter(None, map(str.strip, (text or "").split(";"))):
        match = _PART.fullmatch(part)
        number = int(match[2]) if match else 0
        if match is None or number == 0:
            unreadable.add(part)
        else:
            episodes[match[1]] = max(number, episodes.get(match[1], 0))
    return Markers(MappingProxyType(episodes), tuple(sorted(unreadable)))


def format_markers(markers: Markers) -> str:
    """Write markers: tracks in alphabetical order, then what could not be read. Equal markers give equal text.

    Nothing is ever cut: a shortened marker would forget an episode. See `fits_mailchimp` for what happens instead.
    """
    readable = (f"{track}:{number}" for track, number in sorted(markers.episodes.items()))
    return ";".join((*readable, *markers.unreadable))


def unite(all_of: Iterable[Markers]) -> Markers:
    """Unite the markers of two platforms, or of merged contacts: the highest episode per track."""
    episodes: dict[str, int] = {}
    unreadable: set[str] = set()
    for markers in all_of:
        unreadable.update(markers.unreadable)
        for track, number in markers.episodes.items():
            episodes[track] = max(number, episodes.get(track, 0))
    return Markers(MappingProxyType(episodes), tuple(sorted(unreadable)))


def fits_mailchimp(markers: Markers) -> bool:
    """Tell whether the text fits a merge field. If not, Mailchimp ways into further tracks are closed to this person."""
    return len(format_markers(markers).encode()) <= MAILCHIMP_BYTES
