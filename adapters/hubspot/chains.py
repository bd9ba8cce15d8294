"""What a full read has still to read, as ranges of ids that are walked side by side (pure).

HubSpot documents the token of a list page as opaque, and promises no order. In practice rows come by rising id and the
token is the last id + 1 (recorded answers), so a walk may begin anywhere. That is assumed only as long as every page
confirms it; with the first one that does not, everything that is not surely given is read again by one walk, which
follows HubSpot's own tokens.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import lt

from adapters.hubspot.answers import PLATFORM
from adapters.ports import PlatformUnreachable

PAGE = 100
#: A range is split only if each part is expected to have so many rows.
LEAST_ROWS = 400


@dataclass(frozen=True, slots=True)
class Extent:
    """What search tells of all contacts: the highest id, and how many there are. A hint, never a proof."""

    highest: int
    total: int


@dataclass(eq=False, slots=True)
class Chain:
    """One walk through a range of ids, page after page."""

    asked: str | None  # the token of the next call; None: the very first page
    kept: str | None  # the token that gets everything not yet given
    end: int | None = None  # the last id of the range; None: as far as it goes
    low: int | None = None  # no lower id may come any more
    proven: bool = True  # the token is HubSpot's own, or a page by it was what it had to be
    began: int | None = None
    rows: int = 0
    walked: bool = False  # somebody is at it
    over: bool = False  # everything is read, though perhaps not given

    def density(self) -> float:
        """Rows for each id, so far."""
        return self.rows / (self.low - self.began) if self.low is not None and self.began is not None else 0.0


@dataclass(frozen=True, slots=True)
class Stride:
    """A page that came: `count` of its rows are in the range; where everything after it is to be had."""

    chain: Chain
    count: int
    over: bool
    following: str | None
    again: str | None


class Layout:
    """The ranges that are left. Not thread-safe."""

    def __init__(self, token: str | None, extent: Extent | None = None) -> None:
        """Everything, or what `token` (of `token()`, or of HubSpot itself) says is left."""
        self.extent = extent
        self._numbered = True
        self._step: int | None = None
        self._seen: set[str] = set()
        self._rows = 0
        self._sure = token
        left: list[tuple[str | None, int | None]] = [(token, None)]
        if token is not None and token.startswith("{"):
            told = json.loads(token)
            self._sure, left = told["sure"], told["ranges"]
        self.chains = [Chain(after, after, end, low=_number(after), proven=after == self._sure) for after, end in left]

    def token(self) -> str | None:
        """What is not yet given, as text; None if there is nothing."""
        if not self.chains:
            return None
        first = self.chains[0]
        if len(self.chains) == 1 and first.end is None and first.proven:
            return first.kept
        ranges = [[chain.kept, chain.end] for chain in self.chains]
        return json.dumps({"sure": self._sure, "ranges": ranges}, separators=(",", ":"))

    def free(self) -> Chain | None:
        """The lowest range that nobody walks."""
        return next((chain for chain in self.chains if not chain.walked and not chain.over), None)

    def take(self, chain: Chain, size: int, ids: Sequence[int] | None, token: str | None) -> Stride | None:
        """A page of `size` rows came: their ids (None: not all are numbers) and the token of the next one, if there is one.

        None: the page is of no use, since this walk was given up. PlatformUnreachable if the platform goes in circles.
        """
        if chain not in self.chains:
            return None
        if not self._is_lawful(chain, ids, token):
            if chain.end is not None or len(self.chains) > 1 or not chain.proven:
                self._fall_back()
                return None
            self._numbered = False
        count = size if chain.end is None or ids is None else bisect_right(ids, chain.end)
        if self._numbered and ids:
            chain.began = chain.began or chain.low or ids[0]
            chain.low = ids[-1] + 1
            chain.rows += len(ids)
            chain.proven = True
        elif token is not None:
            if token in self._seen:
                raise PlatformUnreachable(PLATFORM, "HubSpot repeats a page for ever", maybe_applied=False)
            self._seen.add(token)
        self._rows += count
        again = chain.asked if count < size or token is None else token
        passed = chain.end is not None and chain.low is not None and chain.low > chain.end
        chain.asked, chain.over = token, token is None or passed
        return Stride(chain, count, chain.over, token, again)

    def give(self, stride: Stride) -> bool:
        """The page is given; False if it must not be, since its walk was given up and all will come again."""
        chain = stride.chain
        if chain not in self.chains:
            return False
        lowest = chain is self.chains[0]
        if stride.over:
            self.chains.remove(chain)
        else:
            chain.kept = stride.following
        if lowest:
            self._sure = stride.again if stride.over else stride.following
            if stride.over and self.chains and self.chains[0].proven:
                self._sure = self.chains[0].kept
        return True

    def split(self, parts: int) -> bool:
        """Split the range with the most rows to come into so many, if it is worth it; the new ones are free.

        Rows are expected where the density so far says; starts are whole pages apart, so that where ids have no gaps
        no call is wasted at a junction.
        """
        if not self._numbered or self._step is None or self.extent is None:
            return False
        chain, expected = max(
            ((each, self._expected(each)) for each in self.chains), key=lambda pair: pair[1], default=(None, 0.0)
        )
        parts = min(parts, int(expected / LEAST_ROWS))
        if chain is None or chain.low is None or parts < 2:
            return False
        stride = math.ceil(expected / chain.density() / parts / PAGE) * PAGE
        starts = [chain.low + i * stride for i in range(1, parts)]
        ends = [*(start - 1 for start in starts[1:]), chain.end]
        new = [self._beginning_at(start, end) for start, end in zip(starts, ends, strict=True)]
        chain.end = starts[0] - 1
        place = self.chains.index(chain) + 1
        self.chains[place:place] = new
        return True

    def _beginning_at(self, start: int, end: int | None) -> Chain:
        token = str(start - 1 + (self._step or 0))
        return Chain(token, token, end, low=start, proven=False)

    def _expected(self, chain: Chain) -> float:
        """Rows that a walk will still meet."""
        if self.extent is None or chain.over or chain.low is None or not chain.rows:
            return 0.0
        last = self.extent.highest if chain.end is None else min(chain.end, self.extent.highest)
        return min((last - chain.low + 1) * chain.density(), self.extent.total - self._rows)

    def _is_lawful(self, chain: Chain, ids: Sequence[int] | None, token: str | None) -> bool:
        if not self._numbered or ids is None or not all(map(lt, ids, ids[1:])):
            return False
        if ids and chain.low is not None and ids[0] < chain.low:
            return False
        if token is None:
            # At the end of everything at once, where somebody is known to be beyond: that was no id.
            beyond = self.extent is not None and chain.low is not None and self.extent.highest >= chain.low
            return bool(ids) or chain.proven or not beyond
        number = _number(token)
        if number is None or not ids or (step := number - ids[-1]) not in (0, 1):
            return False
        if self._step is None:
            self._step = step
        return step == self._step

    def _fall_back(self) -> None:
        self._numbered = False
        self.chains = [Chain(self._sure, self._sure)]


def _number(token: str | None) -> int | None:
    return int(token) if token is not None and token.isascii() and token.isdigit() else None
