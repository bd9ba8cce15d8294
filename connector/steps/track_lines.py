"""What `trellis explain` says of one person and each track: on it, was on it, enters it, or why not; each with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from zoneinfo import ZoneInfo

from connector.facts import Contact, Episode, Refusal
from connector.scoring.words import written_day
from connector.steps.judged import Judged
from connector.steps.nurturing_words import AGAIN
from connector.steps.parts import Parts
from connector.steps.reasons import reason_of, sentence, track_label, why_left
from connector.steps.track_words import LINES
from connector.store.intents import Intent
from connector.store.pace import NO_ROOM
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
    rulebook, plan = parts.rulebook, judged.plan
    yield from episode_lines(parts, judged.contact, {(one.track, one.episode): one.why for one in plan.leave})
    with parts.engine.connect() as conn:
        waiting = {one.track: one for one in waiting_to_enter(conn, judged.contact.id)}
        turned_down = refusals(conn, judged.contact.id)
    said = [(one.track, _enters(parts, one.why, waiting.get(one.track))) for one in plan.enter]
    said += [(one.track, reason_of(one, rulebook.fields.language)) for one in plan.refused]
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
        says += [_say(parts, "chosen", why=sentence(chosen, language))] if chosen else []
        says += [_say(parts, "left" if one.left_at else "leaves", why=why_left(why, language))] if why else []
        yield TrackLine(one.track, track_label(parts.rulebook, one.track), "; ".join(says))


def _say(parts: Parts, key: str, **values: str) -> str:
    return LINES[parts.rulebook.fields.language][key].format(**values)


def _when(parts: Parts, episode: Episode) -> str:
    language = parts.rulebook.fields.language
    since = written_day(language, parts.day_of(episode.entered_at))
    if episode.left_at is None:
        return _say(parts, "on", since=since, channel=episode.channel)
    until = written_day(language, parts.day_of(episode.left_at))
    return _say(parts, "was_on", since=since, until=until, channel=episode.channel)


def _enters(parts: Parts, chosen: str, waits: Intent | None) -> str:
    """When she enters, by what waits for her in the outbox: the pace and the guard know more than her own plan."""
    language = parts.rulebook.fields.language
    why = sentence(chosen, language)
    if waits is not None and waits.state == "held":
        return _say(parts, "held", why=why)
    if waits is None or waits.not_before <= parts.now():
        return _say(parts, "enters", why=why)
    begins = waits.not_before.astimezone(ZoneInfo(parts.rulebook.fields.timezone))
    key = "enters_later" if waits.reason == NO_ROOM else "enters_from"
    return _say(parts, key, day=written_day(language, begins.date()), time=f"{begins:%H:%M}", why=why)


def _turned_down(parts: Parts, refused: Intent) -> str:
    """Refusals of a platform's are told in words; what else was found right before the call, as it was noted."""
    language = parts.rulebook.fields.language
    day = written_day(language, parts.day_of(refused.created_at))
    codes = refused.reason.split(", ")
    why = ", ".join(sentence(code, language) for code in codes) if set(codes) <= set(Refusal) else refused.reason
    again = refused.again_at and AGAIN[language].format(day=written_day(language, parts.day_of(refused.again_at)))
    return _say(parts, "refused", day=day, why=why) + (again or "")
