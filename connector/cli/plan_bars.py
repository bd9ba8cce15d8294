"""Two counts side by side as bars of text: they need no color, and read the same on a terminal and in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from connector.scoring.words import one_line

_EIGHTHS = " ▏▎▍▌▋▊▉"
_FULL = "█"
_SHARE = len("100 %")
_GAP = "  "
_LONGEST = 16


class Pair(NamedTuple):
    """How many there are of one kind, before and after."""

    label: str
    before: int
    after: int


def bars(title: str, pairs: Sequence[Pair], width: int) -> Iterator[str]:
    """A head line, then one for each pair: number, share and bar before, the same after. All bars have one scale."""
    named = [one._replace(label=f"{_GAP}{one_line(one.label, _LONGEST)}") for one in pairs]
    totals = [sum(one.before for one in pairs), sum(one.after for one in pairs)]
    longest = max((max(one.before, one.after) for one in pairs), default=0)
    digits = max((len(f"{count:,}") for one in pairs for count in (one.before, one.after)), default=1)
    labels = max(len(text) for text in (title, *(one.label for one in named)))
    room = max(1, (width - labels) // 2 - len(_GAP) - digits - 2 - _SHARE)

    def side(count: int, total: int) -> str:
        return f"{_GAP}{count:>{digits},} {_share(count, total)} {_bar(count, longest, room):<{room}}"

    yield f"{title:<{labels}}{_GAP + 'before':<{len(side(0, 0))}}{_GAP}after"
    for one in named:
        yield f"{one.label:<{labels}}{side(one.before, totals[0])}{side(one.after, totals[1])}".rstrip()


def _share(count: int, total: int) -> str:
    """In whole percent, but never none of what is there, nor all while something is missing."""
    percent = round(100 * count / total) if total else 0
    if 0 < count < total:
        percent = min(99, max(1, percent))
    return f"{percent:>{_SHARE - 2}} %"


def _bar(count: int, longest: int, room: int) -> str:
    """In eighths of a character; what is there is never invisible."""
    eighths = max(1, round(8 * room * count / longest)) if count else 0
    full, rest = divmod(eighths, 8)
    return _FULL * full + (_EIGHTHS[rest] if rest else "")
