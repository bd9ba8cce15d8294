"""Receipts as few bytes: one is kept for everybody, so every byte is paid a million times.

A receipt is a head and its lines (`packed_lines`). Only what is there is written, and nothing that the row beside it
(model, score, day) or the rulebook (rules by number, tracks, topics) says already.

    flags      1 byte: 1 enough, 2 audience, 4 brand, 8 offer (a byte follows), × 16 the answer (0: none)
    similarity 1 byte, where there is enough
    brand, offer  1 byte each, where asked
    topics     1 byte how many, then 1 byte each, the most first; where the model has topics and there is enough
    missing    1 bit for each of the model's evidence names; where there is not enough
    each       1 byte for each model: the score, 254 no score, 255 not meant; where the rulebook has several
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.types import Model, Rulebook
from connector.scoring.columns.crowd import UNKNOWN
from connector.scoring.columns.evidence import evidence_names
from connector.scoring.columns.receipts import ANSWERS, KNOWLEDGE, Receipts
from connector.scoring.columns.records import Reader, Records
from connector.scoring.columns.verdicts import NO_SCORE, NOT_MEANT
from connector.scoring.packed_lines import LinePacking
from connector.scoring.rules import rule_list
from connector.scoring.verdict import NO_MODEL, Line

_ENOUGH, _AUDIENCE, _FIRST_KNOWLEDGE, _ANSWER = 0, 1, 2, 4  # bits of the flags
_NO_SCORE, _NOT_MEANT = 254, 255

_Starts = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Packed:
    """Receipts as bytes: that of row i is `data[starts[i]:starts[i + 1]]`."""

    data: NDArray[np.uint8]
    starts: _Starts

    def of(self, row: int) -> bytes:
        """The bytes of one receipt."""
        return self.data[self.starts[row] : self.starts[row + 1]].tobytes()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a packed receipt says: all of a `Verdict` that does not stand in the row beside it."""

    enough: bool
    lines: tuple[Line, ...]
    similarity: int
    audience: bool
    answer: str | None
    missing: tuple[str, ...]
    knowledge: Mapping[str, int]
    topics: tuple[str, ...]
    each: Mapping[str, int | None]


class Packing:
    """The packing of receipts of one rulebook. Raises OverflowError for one of more than 255 models or topics of a model."""

    def __init__(self, rulebook: Rulebook) -> None:
        if max(len(rulebook.models), *(len(model.topics) for model in rulebook.models)) > 255:
            raise OverflowError("the rulebook has more topics or models than a packed receipt can tell apart")
        self._models = rulebook.models
        self._lines = LinePacking(rule_list(rulebook), tuple(rulebook.tracks.tracks))

    def pack(self, receipts: Receipts) -> Packed:
        """Pack receipts of this rulebook: the same bytes for equal verdicts, whichever path gave them."""
        heads, lines = self._heads(receipts), self._lines.records(receipts.lines)
        lines_before = _starts(lines.sizes)
        starts = _starts(heads.sizes) + lines_before[receipts.lines.starts]
        data = np.empty(starts[-1], np.uint8)
        heads.write(data, starts[:-1])
        heads_before = np.repeat(_starts(heads.sizes)[1:], np.diff(receipts.lines.starts))
        lines.write(data, lines_before[:-1] + heads_before)
        return Packed(data, starts)

    def unpack(self, data: bytes, model: str, score: int | None, assets: Mapping[int, str]) -> Receipt:
        """What `data` says. `model` and `score` are those of its row, `assets` has the texts of `asset_ids(data)`."""
        reader = Reader(data)
        judge = next((one for one in self._models if one.model == model), None)
        flags = reader.take(1)
        enough = bool(flags >> _ENOUGH & 1)
        similarity = reader.take(1) if enough else 0
        asked = [name for bit, name in enumerate(KNOWLEDGE, _FIRST_KNOWLEDGE) if flags >> bit & 1]
        return Receipt(
            enough=enough,
            similarity=similarity,
            audience=bool(flags >> _AUDIENCE & 1),
            answer=(None, *ANSWERS)[flags >> _ANSWER],
            knowledge={name: reader.take(1) for name in asked},
            topics=_read_topics(reader, judge) if judge and enough else (),
            missing=() if enough else _read_missing(reader, judge),
            each=self._read_each(reader, model, score),
            lines=tuple(self._lines.read(reader, assets)),
        )

    def asset_ids(self, data: bytes, model: str) -> frozenset[int]:
        """The store's ids of the assets that a receipt names."""
        seen: defaultdict[int, str] = defaultdict(str)
        self.unpack(data, model, None, seen)
        return frozenset(seen)

    def _heads(self, receipts: Receipts) -> Records:
        heads = Records(len(receipts))
        flags = receipts.enough << np.uint8(_ENOUGH) | receipts.audience << np.uint8(_AUDIENCE)
        for bit, percent in enumerate(receipts.knowledge, _FIRST_KNOWLEDGE):
            flags |= (percent != UNKNOWN) << np.uint8(bit)
        heads.add(flags | (receipts.answer + 1) << _ANSWER, 1)
        _add_where(heads, receipts.enough, receipts.similarity)
        for percent in receipts.knowledge:
            _add_where(heads, percent != UNKNOWN, percent)
        with_topics = np.array([*(bool(model.topics) for model in self._models), False])[receipts.model]
        _add_where(heads, with_topics & receipts.enough, (receipts.topics != UNKNOWN).sum(axis=0))
        for topics in receipts.topics:
            _add_where(heads, topics != UNKNOWN, topics)
        names = np.array([*(len(evidence_names(model.minimum_evidence)) for model in self._models), 0])[receipts.model]
        lacking = np.packbits(receipts.missing, axis=0, bitorder="little")
        for byte, eight in enumerate(lacking):
            _add_where(heads, ~receipts.enough & (names > 8 * byte), eight)
        if len(self._models) > 1:
            for scores in receipts.each.T:
                written = np.where(scores == NO_SCORE, _NO_SCORE, np.where(scores == NOT_MEANT, _NOT_MEANT, scores))
                heads.add(written, 1)
        return heads

    def _read_each(self, reader: Reader, model: str, score: int | None) -> Mapping[str, int | None]:
        if len(self._models) == 1:
            return {model: score} if model else {}
        scores = {one.model: reader.take(1) for one in self._models}
        return {name: None if one == _NO_SCORE else one for name, one in scores.items() if one != _NOT_MEANT}


def _read_topics(reader: Reader, model: Model) -> tuple[str, ...]:
    topics = tuple(model.topics)
    return tuple(topics[reader.take(1)] for _ in range(reader.take(1) if topics else 0))


def _read_missing(reader: Reader, model: Model | None) -> tuple[str, ...]:
    if model is None:
        return (NO_MODEL,)
    names = evidence_names(model.minimum_evidence)
    lacking = reader.take((len(names) + 7) // 8)
    return tuple(name for bit, name in enumerate(names) if lacking >> bit & 1)


def _add_where(records: Records, mask: NDArray[np.bool_], numbers: NDArray[np.integer]) -> None:
    rows = np.flatnonzero(mask)
    records.add(numbers[rows], 1, rows)


def _starts(sizes: _Starts) -> _Starts:
    return np.concatenate((np.zeros(1, np.intp), np.cumsum(sizes)))
