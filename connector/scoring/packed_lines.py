"""The lines of packed receipts: some three bytes for a trait, ten for what she did.

    rule       its number: 1 byte, or 2 where the rulebook has more than 256 lines
    amounts    1 byte: 2 bits each for points, faded, withheld, capped, from the lowest: the form, 0 for none
    act        1 byte, not for fit and overrides: 2 bits each for day, times, asset: the form, 0 for none; 64 told late
    then the amounts, the day, the times and the asset in these forms, little-endian.

What a rule would give untouched (`gross`) is the sum of the four amounts, each written with the sign of the gross points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.types import POINT
from connector.scoring.columns.lines import Lines
from connector.scoring.columns.records import Reader, Records
from connector.scoring.rules import Ref, RuleList
from connector.scoring.verdict import Line

#: Bytes of each form of a number.
_AMOUNTS = (0, 1, 2, 4)  # nothing; whole points; thousandths; thousandths
_DAYS = (0, 2, 4)  # none; days since 1970; ordinal
_TIMES = (0, 0, 1, 4)  # never; once; so often
_ASSETS = (0, 2, 4)  # none; the store's id, or of a reaction the track

_LATE = 64
_1970 = date(1970, 1, 1).toordinal()

#: Parts of a score whose lines tell no act.
_WITHOUT_ACTS = ("fit", "override")

_Numbers = NDArray[np.int32]


class LinePacking:
    """The packing of the lines of one rulebook. Raises OverflowError for a rulebook of more lines than two bytes count."""

    def __init__(self, rules: RuleList, tracks: Sequence[str]) -> None:
        if len(rules.refs) > 1 << 16:
            raise OverflowError("the rulebook has more rules than a packed receipt can tell apart")
        self._refs = rules.refs
        self._tracks = tracks
        self._width = 1 if len(rules.refs) <= 1 << 8 else 2
        self._acts = np.array([_tells_acts(ref) for ref in rules.refs], np.bool_)

    def records(self, lines: Lines) -> Records:
        """One record for each line."""
        records = Records(len(lines))
        sign = np.where(lines.gross < 0, np.int32(-1), np.int32(1))
        taken = (sign * one for one in (lines.faded, lines.withheld, lines.capped))
        amounts = [_amount(one) for one in (lines.points, *taken)]
        at = np.flatnonzero(self._acts[lines.rule])
        act = [_day(lines.day[at]), _times(lines.times[at]), _asset(lines.asset[at])]
        records.add(lines.rule, self._width)
        records.add(_forms(amounts), 1)
        records.add(_forms(act) | lines.late[at] * np.uint8(_LATE), 1, at)
        for one in amounts:
            one.add_to(records, np.arange(len(lines)))
        for one in act:
            one.add_to(records, at)
        return records

    def read(self, reader: Reader, assets: Mapping[int, str]) -> Iterator[Line]:
        """The lines up to the end of what is read."""
        while reader.more:
            yield self._read_line(reader, assets)

    def _read_line(self, reader: Reader, assets: Mapping[int, str]) -> Line:
        ref = self._refs[reader.take(self._width)]
        forms = reader.take(1)
        act = reader.take(1) if _tells_acts(ref) else 0
        points, *taken = (
            reader.signed(_AMOUNTS[form]) * (POINT if form == 1 else 1)
            for form in (forms >> shift & 3 for shift in (0, 2, 4, 6))
        )
        day_form, times_form, asset_form = act & 3, act >> 2 & 3, act >> 4 & 3
        day = reader.take(_DAYS[day_form]) + (_1970 if day_form == 1 else 0)
        times = 1 if times_form == 1 else reader.take(_TIMES[times_form])
        asset = reader.take(_ASSETS[asset_form])
        faded, withheld, capped = map(abs, taken)
        return Line(
            part=ref.part,
            rule=ref.rule,
            points=points,
            why=ref.why,
            gross=points + sum(taken),
            faded=faded,
            withheld=withheld,
            capped=capped,
            day=date.fromordinal(day) if day else None,
            times=times,
            asset=self._text(ref, asset, assets) if asset else "",
            late=bool(act & _LATE),
        )

    def _text(self, ref: Ref, asset: int, assets: Mapping[int, str]) -> str:
        return self._tracks[asset - 1] if ref.part == "reaction" else assets[asset]


@dataclass(frozen=True, slots=True)
class _Formed:
    """Numbers in their forms: `forms` has that of each, `written` the bytes of a form and what stands in them."""

    forms: NDArray[np.uint8]
    written: Mapping[int, tuple[int, _Numbers]]

    def add_to(self, records: Records, rows: NDArray[np.intp]) -> None:
        """Append each number, in its form, to the record of its row."""
        for form, (width, numbers) in self.written.items():
            at = np.flatnonzero(self.forms == form)
            records.add(numbers[at], width, rows[at])


def _tells_acts(ref: Ref) -> bool:
    return ref.part not in _WITHOUT_ACTS


def _forms(formed: Sequence[_Formed]) -> NDArray[np.uint8]:
    """The forms of some numbers in one byte, two bits each."""
    joined = np.zeros(len(formed[0].forms), np.uint8)
    for place, one in enumerate(formed):
        joined |= one.forms << np.uint8(2 * place)
    return joined


def _amount(numbers: _Numbers) -> _Formed:
    points = numbers // POINT
    whole = (points * POINT == numbers) & (points >= -128) & (points <= 127)
    small = (numbers >= -(1 << 15)) & (numbers < 1 << 15)
    forms = _choose((numbers == 0, whole, small), 3)
    return _Formed(forms, {1: (_AMOUNTS[1], points), 2: (_AMOUNTS[2], numbers), 3: (_AMOUNTS[3], numbers)})


def _day(numbers: _Numbers) -> _Formed:
    recent = (numbers >= _1970) & (numbers < _1970 + (1 << 16))
    return _Formed(_choose((numbers == 0, recent), 2), {1: (_DAYS[1], numbers - _1970), 2: (_DAYS[2], numbers)})


def _times(numbers: _Numbers) -> _Formed:
    forms = _choose((numbers == 0, numbers == 1, numbers < 1 << 8), 3)
    return _Formed(forms, {2: (_TIMES[2], numbers), 3: (_TIMES[3], numbers)})


def _asset(numbers: _Numbers) -> _Formed:
    forms = _choose((numbers == 0, numbers < 1 << 16), 2)
    return _Formed(forms, {1: (_ASSETS[1], numbers), 2: (_ASSETS[2], numbers)})


def _choose(tests: Sequence[NDArray[np.bool_]], otherwise: int) -> NDArray[np.uint8]:
    """The place of the first test that holds of each."""
    forms = np.full(len(tests[0]), otherwise, np.uint8)
    for place, test in reversed(tuple(enumerate(tests))):
        forms[test] = place
    return forms
