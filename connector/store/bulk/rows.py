"""What the bulk path writes, in columns, and how it becomes rows for COPY."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from connector.store.bulk.copy import BIGINT, BOOLEAN, INTEGER, SMALLINT, Columns, encoded, micros
from connector.store.bulk.slice import NONE, TextColumn
from connector.store.membership import Belonging

_DAY_ZERO = date(2000, 1, 1).toordinal()  # PostgreSQL counts days from here

_VERDICT = {
    "contact": BIGINT,
    "judged": BIGINT,
    "digest": BIGINT,
    "exact": INTEGER,
    "rulebook": INTEGER,
    "model": SMALLINT,
    "stage": SMALLINT,
    "persona": SMALLINT,
    "phase": SMALLINT,
    "handed_over": BOOLEAN,
}


@dataclass(frozen=True, slots=True)
class VerdictRows:
    """Verdicts to keep, one for each contact, best in the order of the contacts. The columns mean what those of
    `bulk.slice.KeptColumns` do; `revision` is the one that was read. Receipt i is `receipts[begins[i] : ends[i]]`.
    """

    contact: NDArray[np.int64]
    judged: NDArray[np.int64]
    digest: NDArray[np.int64]
    exact: NDArray[np.int32]
    rulebook: NDArray[np.int32]
    day: NDArray[np.int32]
    since: NDArray[np.int32]
    due: NDArray[np.int32]
    revision: NDArray[np.int32]
    score: NDArray[np.int16]
    model: NDArray[np.int16]
    stage: NDArray[np.int16]
    persona: NDArray[np.int16]
    phase: NDArray[np.int16]
    handed_over: NDArray[np.bool_]
    receipts: bytes
    begins: NDArray[np.intp]
    ends: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.contact)


@dataclass(frozen=True, slots=True)
class FlipRows:
    """Moves to keep, as in `judgement.Flip`: `before` is NONE for the first placement. All on one day."""

    contact: NDArray[np.int64]
    before: TextColumn
    after: TextColumn
    cause: TextColumn
    rise: NDArray[np.bool_]
    baseline: bool
    day: date


@dataclass(frozen=True, slots=True)
class TrackRows:
    """Track memory of contacts who have none yet, as in `people.TrackMemory`; `since` is the day since when, an ordinal."""

    contact: NDArray[np.int64]
    track: TextColumn
    matched: NDArray[np.bool_]
    since: NDArray[np.int32]
    at_baseline: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BelongingRows:
    """Contacts who belong on one list or tag, and of whom nothing is known there yet, as in `membership.Belonging`; since
    which day. `held`: they wait for a person.
    """

    contact: NDArray[np.int64]
    place: Belonging
    since: date
    held: bool


def verdict_fields(rows: VerdictRows, which: NDArray[np.intp], at: datetime) -> Columns:
    """Some rows of table `verdict`, written at that moment, with the revision that follows the one read."""
    return Columns(
        {name: (code, getattr(rows, name)[which]) for name, code in _VERDICT.items()}
        | {
            "day": (INTEGER, _days(rows.day[which])),
            "since": (INTEGER, _days(rows.since[which])),
            "revision": (INTEGER, rows.revision[which] + 1),
            "written_at": (BIGINT, micros(at)),
        },
        {
            "due": _numbers(_days(rows.due[which]), rows.due[which] == 0, 4),
            "score": _numbers(rows.score[which], rows.score[which] == NONE, 2),
            "receipt": _receipts(rows, which),
        },
    )


def due_fields(contacts: NDArray[np.int64], dues: NDArray[np.int32]) -> Columns:
    """Contacts, and the days on which they are due."""
    return Columns({"contact": (BIGINT, contacts), "due": (INTEGER, _days(dues))})


def flip_fields(rows: FlipRows, at: datetime) -> Columns:
    """Rows of table `flip`, decided at that moment."""
    return Columns(
        {
            "contact": (BIGINT, rows.contact),
            "rise": (BOOLEAN, rows.rise),
            "baseline": (BOOLEAN, rows.baseline),
            "day": (INTEGER, rows.day.toordinal() - _DAY_ZERO),
            "at": (BIGINT, micros(at)),
        },
        {"before": _texts(rows.before), "after": _texts(rows.after), "cause": _texts(rows.cause)},
    )


def track_fields(rows: TrackRows) -> Columns:
    """Rows of table `track_state`."""
    return Columns(
        {
            "contact": (BIGINT, rows.contact),
            "matched": (BOOLEAN, rows.matched),
            "matched_since": (INTEGER, _days(rows.since)),
            "at_baseline": (BOOLEAN, rows.at_baseline),
        },
        {"track": _texts(rows.track)},
    )


def belonging_fields(rows: BelongingRows) -> Columns:
    """Rows of table `membership`."""
    texts = {"key": rows.place.key, "source": rows.place.source, "segment": rows.place.segment}
    same = np.zeros(len(rows.contact), np.int32)
    return Columns(
        {
            "contact": (BIGINT, rows.contact),
            "wanted": (BOOLEAN, np.ones(len(same), np.bool_)),
            "since": (INTEGER, np.full(len(same), rows.since.toordinal() - _DAY_ZERO, np.int32)),
            "held": (BOOLEAN, np.full(len(same), rows.held, np.bool_)),
        },
        {name: _texts(TextColumn(same, (text,))) for name, text in texts.items()},
    )


def _days(ordinals: NDArray[np.int32]) -> NDArray[np.int32]:
    return ordinals - np.int32(_DAY_ZERO)


def _numbers(values: NDArray[np.integer], missing: NDArray[np.bool_], size: int) -> Sequence[bytes]:
    """Numbers of so many bytes as varying fields, null where missing."""
    known, codes = np.unique(values, return_inverse=True)
    codes[missing] = NONE
    return _fields([int(one).to_bytes(size, signed=True) for one in known], codes)


def _texts(column: TextColumn) -> Sequence[bytes]:
    return _fields([one.encode() for one in column.texts], column.codes)


def _fields(contents: Sequence[bytes], codes: NDArray[np.integer]) -> Sequence[bytes]:
    """Varying fields by their codes; null for NONE, which is the last place."""
    fields = [*map(encoded, contents), encoded(None)]
    return [fields[code] for code in codes.tolist()]


def _receipts(rows: VerdictRows, which: NDArray[np.intp]) -> Sequence[bytes]:
    begins, ends = rows.begins[which].tolist(), rows.ends[which].tolist()
    return [encoded(rows.receipts[begin:end]) for begin, end in zip(begins, ends, strict=True)]
