"""What `trellis explain` says of one person and each track: on it, was on it, enters it, or why not; each with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from zoneinfo import ZoneInfo

from connector.facts import Contact, Episode
from connector.scoring.words import written_day
from connector.steps.judged import Judged
from connector.steps.parts import Parts
from connector.steps.reasons import reason_of, sentence, track_label, why_left
from connector.store.intents import Intent
from connector.store.refusals import refusals, waiting_to_enter
from connector.store.whys import whys_of


@dataclass(frozen=True, slots=True)
class TrackLine:
    """What is to be said of her and one track."""

    track: str
    label: str
    says: str


def track_lines(parts: Parts, judged: Judged) -> Iterator[TrackLine]:
    """Say of every track that she was on, is on or that is for her how it is today."""
    rulebook, language, plan = parts.rulebook, parts.rulebook.fields.language, judged.plan
    yield from episode_lines(parts, judged.contact, {(one.track, one.episode): one.why for one in plan.leave})
    with parts.engine.connect() as conn:
        waiting = {one.track: one for one in waiting_to_enter(conn, judged.contact.id)}
        turned_down = refusals(conn, judged.contact.id)
    said = [
        (one.track, f"{_enters(parts, waiting.get(one.track))}: {sentence(one.why, language)}") for one in plan.enter
    ]
    said += [(one.track, reason_of(one, language)) for one in plan.refused]
    said += [(one.track or "", _turned_down(parts, one)) for one in turned_down]
    yield from (TrackLine(track, track_label(rulebook, track), says) for track, says in said)


def episode_lines(
    parts: Parts, contact: Contact, leaving: Mapping[tuple[str, int], str] = MappingProxyType({})
) -> Iterator[TrackLine]:
    """Say what she was on, and is on; `leaving` has why she leaves now, by track and episode."""
    language = parts.rulebook.fields.language
    with parts.engine.connect() as conn:
        whys = whys_of(conn, contact.id)
    for one in contact.episodes:
        chosen = whys.get(("enroll", one.track, one.number))
        why = whys.get(("leave", one.track, one.number)) if one.left_at else leaving.get((one.track, one.number))
        says = [_when(parts, one)]
        says += [f"chosen because {sentence(chosen, language)}"] if chosen else []
        says += [f"{'left' if one.left_at else 'leaves'} because {why_left(why, language)}"] if why else []
        yield TrackLine(one.track, track_label(parts.rulebook, one.track), "; ".join(says))


def _when(parts: Parts, episode: Episode) -> str:
    language = parts.rulebook.fields.language
    since = written_day(language, parts.day_of(episode.entered_at))
    if episode.left_at is None:
        return f"on it since {since}, by {episode.channel}"
    return f"was on it from {since} to {written_day(language, parts.day_of(episode.left_at))}, by {episode.channel}"


def _enters(parts: Parts, waits: Intent | None) -> str:
    """When she enters, by what waits for her in the outbox: the pace and the guard know more than her own plan."""
    if waits is None or (waits.state == "pending" and waits.not_before <= parts.now()):
        return "enters with the next pass, in working hours"
    if waits.state == "held":
        return f"is held for a person, see `trellis holds` ({waits.reason})"
    begins = waits.not_before.astimezone(ZoneInfo(parts.rulebook.fields.timezone))
    day = written_day(parts.rulebook.fields.language, begins.date())
    return ", ".join(filter(None, (f"enters from {day} {begins:%H:%M} on", waits.reason)))


def _turned_down(parts: Parts, refused: Intent) -> str:
    language = parts.rulebook.fields.language
    on = written_day(language, parts.day_of(refused.created_at))
    again = f"; asked again from {written_day(language, parts.day_of(refused.again_at))}" if refused.again_at else ""
    return f"was refused when it should have begun ({on}): {refused.reason}{again}"
