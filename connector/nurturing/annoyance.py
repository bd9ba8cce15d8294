"""Who has had enough: she leaves, rests, and is then asked by another channel first (`rectify.annoyed`)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from connector.facts import Episode, Event
from connector.nurturing.situation import Situation
from connector.nurturing.ways import source_of
from connector.scoring.reaction import latest_heard


def rests_until(situation: Situation) -> date | None:
    """Return the first day after her rest, or None when she does not rest (any more). Nothing ends a rest early.

    It begins with each annoyed act. An annoyed answer to her latest track counts from the day of the act that it was; where
    it is silence, from the day on which she left.
    """
    rule = situation.rulebook.tracks.rectify.annoyed
    if rule is None:
        return None
    days = [situation.day_of(act.happened_at) for act in _annoyed_acts(situation)]
    if (episode := _annoyed_by_answer(situation)) is not None:
        days.append(_answered(situation, episode))
    until = max(days, default=date.min) + timedelta(days=rule.rest)
    return until if situation.today < until else None


def annoyed_on(situation: Situation, episode: Episode) -> bool:
    """Tell whether she has shown on this episode that she has had enough, by an act or by her answer."""
    acted = any(act.happened_at >= episode.entered_at for act in _annoyed_acts(situation))
    return acted or episode == _annoyed_by_answer(situation)


def shunned_source(situation: Situation) -> str | None:
    """Return the source whose ways come last for her now, as her latest track annoyed her there; None where none does."""
    rule = situation.rulebook.tracks.rectify.annoyed
    if rule is None or not rule.other_channel or not situation.episodes:
        return None
    latest = situation.episodes[-1]
    return source_of(latest.channel) if annoyed_on(situation, latest) else None


def _annoyed_acts(situation: Situation) -> Iterator[Event]:
    rule = situation.rulebook.tracks.rectify.annoyed
    return (act for act in situation.acts if rule is not None and act.kind in rule.events)


def _annoyed_by_answer(situation: Situation) -> Episode | None:
    """The episode that she answered so: scoring says what her answer to the latest one is."""
    rule = situation.rulebook.tracks.rectify.annoyed
    if rule is None or situation.verdict.answer not in rule.answers:
        return None
    return latest_heard(situation.contact, situation.rulebook, situation.verdict.day)


def _answered(situation: Situation, episode: Episode) -> date:
    answer = situation.verdict.answer
    lines = (line.day for line in situation.verdict.lines if line.part == "reaction" and line.rule == answer)
    left = situation.today if episode.left_at is None else situation.day_of(episode.left_at)
    return max((day for day in lines if day is not None), default=left)
