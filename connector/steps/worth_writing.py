"""Who has a value that is worth a write, in columns: exactly those for whom `difference` would find one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.types import PropertyWrite
from connector.scoring.columns.days import days_of
from connector.scoring.columns.outlook import NOT_THERE, ToldCrowd
from connector.scoring.columns.stages import Steps
from connector.scoring.columns.verdicts import NO_SCORE, Verdicts
from connector.steps.crowd import written_as
from connector.steps.difference import Due, rider_names, same, score_is_due
from connector.steps.parts import HUBSPOT, Parts
from connector.store.bulk.slice import NONE, Slice, TextColumn

Bools = NDArray[np.bool_]
Codes = NDArray[np.int32]

_SUBSCRIBED = "subscribed"


def worth_writing(parts: Parts, people: Slice, verdicts: Verdicts, steps: Steps) -> Bools:
    """Who is to be written to on any platform that is on: at once for stage, persona and phase, by promise 5 for scores.

    Lifecycle stages apart: see `lifecycle_may_move`.
    """
    result = np.zeros(len(people), np.bool_)
    for source in parts.platforms:
        there = _written_to(people, source)
        if not there.any():
            continue
        for shown, codes, texts in _at_once(parts, verdicts, steps):
            name = written_as(source, shown)
            if name is not None:
                result |= there & ~_pairs(codes, texts, people.raw[source, name], same)
        old = _is_old(parts, people, source)
        for target, score in _scores(parts, verdicts):
            name = written_as(source, target)
            if name is not None:
                result |= there & _due(parts, score, people.raw[source, name], old)
        scored = there & verdicts.enough
        for name in rider_names(parts.rulebook, source.partition(":")[0]):
            held = people.raw[source, name]
            filled = np.array([*(bool(text) for text in held.texts), False], np.bool_)
            result |= scored & ~np.take(filled, held.codes)
    return result


def lifecycle_may_move(parts: Parts, people: Slice, steps: Steps, order: Sequence[str]) -> Bools:
    """Whose lifecycle stage at HubSpot may be written though she stays where she stands: it lies below that of her stage,
    or above it, where it may be moved back. Whether it is hangs on what was written since she came there.
    """
    write = parts.rulebook.fields.write.lifecycle
    if write is None or HUBSPOT not in parts.platforms:
        return np.zeros(len(people), np.bool_)
    rank = {stage: place for place, stage in enumerate(order)}
    forward, back, below = dict[str, int](), dict[str, int](), None
    for stage in parts.rulebook.stages.stages:
        own = rank.get(stage.lifecycle or "")
        below = own if stage.lifecycle else below
        forward |= {} if own is None else {stage.id: own}
        back |= {} if below is None or write.when != "both" else {stage.id: below}

    def may_move(stage: str, present: str | None) -> bool:
        if not present:
            return stage in forward or stage in back
        place = rank.get(present, -1)
        return 0 <= place < forward.get(stage, 0) or place > back.get(stage, len(order))

    held = people.raw[HUBSPOT, write.hubspot]
    answers = np.array([[may_move(stage, text) for text in (*held.texts, None)] for stage in steps.texts], np.bool_)
    return np.asarray(people.present[HUBSPOT] & answers[steps.after, held.codes], np.bool_)


def told(parts: Parts, people: Slice) -> ToldCrowd:
    """What the platforms show of scores, for those who are not written to now."""
    rulebook = parts.rulebook
    sources = [source for source in parts.platforms if written_as(source, rulebook.fields.write.score)]
    shown = [_shown(people, source, rulebook.fields.write.score) for source in sources]
    days = [np.where(_written_to(people, source), _written_days(parts, people, source), _NO_DAY) for source in sources]
    each = {
        model: np.array([_shown(people, source, target) for source in parts.platforms if written_as(source, target)])
        for model, target in rulebook.fields.write.scores.items()
    }
    oldest = np.min([np.full(len(people), _NO_DAY, np.int32), *days], axis=0)
    return ToldCrowd(
        scores=np.array(shown, np.int16).reshape(len(shown), len(people)),
        since=np.where(oldest == _NO_DAY, 0, oldest).astype(np.int32),
        each={model: one.astype(np.int16).reshape(-1, len(people)) for model, one in each.items()},
    )


#: Later than any day: stands for a platform where somebody is not.
_NO_DAY = np.int32(2**31 - 1)


def _written_to(people: Slice, source: str) -> Bools:
    """Who is written to on a source: everybody at HubSpot, subscribers at Mailchimp."""
    if source == HUBSPOT:
        return people.present[source]
    status = people.raw[source, "status"]
    subscribed = np.array([*(text == _SUBSCRIBED for text in status.texts), False], np.bool_)  # at last: no status
    return people.present[source] & np.take(subscribed, status.codes)


def _at_once(
    parts: Parts, verdicts: Verdicts, steps: Steps
) -> Iterator[tuple[PropertyWrite | None, Codes, Sequence[str]]]:
    write, models = parts.rulebook.fields.write, parts.rulebook.models
    yield write.stage, steps.after, steps.texts
    personas = [tuple(model.factors.fit.personas) for model in models]
    phases = [tuple(model.factors.phase.phases) for model in models]
    for target, places, names in ((write.persona, verdicts.persona, personas), (write.phase, verdicts.phase, phases)):
        texts = ["", *dict.fromkeys(name for some in names for name in some)]
        codes = np.zeros(len(verdicts), np.int32)
        for place, some in enumerate(names):
            rows = np.flatnonzero((verdicts.model == place) & (places != NONE))
            codes[rows] = np.array([*(texts.index(name) for name in some), 0], np.int32)[places[rows]]
        yield target, codes, texts


def _scores(parts: Parts, verdicts: Verdicts) -> Iterator[tuple[object, NDArray[np.int16]]]:
    write = parts.rulebook.fields.write
    yield write.score, verdicts.score
    names = [model.model for model in parts.rulebook.models]
    for model, target in write.scores.items():
        yield target, np.maximum(verdicts.each[:, names.index(model)], NO_SCORE)


def _due(parts: Parts, score: NDArray[np.int16], held: TextColumn, old: Bools) -> Bools:
    texts = [*(str(number) for number in range(101)), ""]
    codes = np.where(score == NO_SCORE, 101, score).astype(np.int32)
    least = parts.rulebook.fields.write.score.min_change
    now = _pairs(codes, texts, held, lambda ours, theirs: score_is_due(ours, theirs, least) is Due.NOW)
    later = _pairs(codes, texts, held, lambda ours, theirs: score_is_due(ours, theirs, least) is Due.ONCE_OLD)
    return now | (later & old)


def _pairs(codes: Codes, texts: Sequence[str], held: TextColumn, ask: Callable[[str, str | None], bool]) -> Bools:
    """What `ask` says of each pair of our text and the platform's; asked once of each distinct pair."""
    theirs = (*held.texts, None)
    distinct, places = np.unique(codes.astype(np.int64) * len(theirs) + held.codes % len(theirs), return_inverse=True)
    answers = [ask(texts[pair // len(theirs)], theirs[pair % len(theirs)]) for pair in distinct.tolist()]
    result: Bools = np.array(answers, np.bool_)[places]
    return result


def _written_days(parts: Parts, people: Slice, source: str) -> Codes:
    at = people.score_written[source]
    return np.where(at > 0, days_of(at, ZoneInfo(parts.rulebook.fields.timezone)), 0).astype(np.int32)


def _is_old(parts: Parts, people: Slice, source: str) -> Bools:
    if source not in people.score_written:
        return np.ones(len(people), np.bool_)
    days = _written_days(parts, people, source)
    oldest = parts.today.toordinal() - parts.rulebook.fields.write.score.at_least
    old: Bools = days <= oldest  # never is day 0
    return old


def _shown(people: Slice, source: str, target: object) -> NDArray[np.int16]:
    name = written_as(source, target)
    held = people.raw[source, name or ""]
    numbers = np.array([*(_number(text) for text in held.texts), NO_SCORE], np.int16)[held.codes]
    return np.where(_written_to(people, source), numbers, NOT_THERE).astype(np.int16)


def _number(text: str) -> int:
    try:
        return min(max(round(float(text)), 0), 100)
    except (ValueError, OverflowError):
        return NO_SCORE
