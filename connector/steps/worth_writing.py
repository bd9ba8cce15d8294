"""Who has a value that is worth a write, in columns: exactly those for whom `difference` would find one."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from connector.scoring.columns.days import days_of
from connector.scoring.columns.outlook import NOT_THERE, ToldCrowd
from connector.scoring.columns.stages import Steps
from connector.scoring.columns.verdicts import NO_SCORE, Verdicts
from connector.steps.crowd import written_as
from connector.steps.difference import Due, rider_names, same, score_is_due
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.shown import Shown, ask_pairs, shown_at_once, shown_scores
from connector.store.bulk.slice import Slice, TextColumn

Bools = NDArray[np.bool_]
Codes = NDArray[np.int32]

_SUBSCRIBED = "subscribed"


def worth_writing(parts: Parts, people: Slice, verdicts: Verdicts, steps: Steps) -> Bools:
    """Who is to be written to on any platform that is on. Lifecycle stages apart: see `lifecycle_may_move`."""
    result = np.zeros(len(people), np.bool_)
    for source in parts.platforms:
        result |= worth_writing_to(parts, source, people, verdicts, steps)
    return result


def worth_writing_to(parts: Parts, source: str, people: Slice, verdicts: Verdicts, steps: Steps) -> Bools:
    """Who is to be written to on one source: at once for stage, persona and phase, by promise 5 for scores."""
    there = _written_to(people, source)
    result = np.zeros(len(people), np.bool_)
    if not there.any():
        return result
    for shown in shown_at_once(parts.rulebook, verdicts, steps):
        name = written_as(source, shown.target)
        if name is not None:
            result |= ~ask_pairs(shown, people.raw[source, name], same)
    old = _is_old(parts, people, source)
    for shown in shown_scores(parts.rulebook, verdicts):
        name = written_as(source, shown.target)
        if name is not None:
            result |= _due(parts, shown, people.raw[source, name], old)
    for name in rider_names(parts.rulebook, source.partition(":")[0]):
        held = people.raw[source, name]
        filled = np.array([*(bool(text) for text in held.texts), False], np.bool_)
        result |= verdicts.enough & ~np.take(filled, held.codes)
    return result & there


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


def _due(parts: Parts, shown: Shown, held: TextColumn, old: Bools) -> Bools:
    least = parts.rulebook.fields.write.score.min_change
    now = ask_pairs(shown, held, lambda ours, theirs: score_is_due(ours, theirs, least) is Due.NOW)
    later = ask_pairs(shown, held, lambda ours, theirs: score_is_due(ours, theirs, least) is Due.ONCE_OLD)
    return now | (later & old)


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
