"""What is dated ahead: the next day that brings a contact something, though nobody tells us anything new."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from connector.facts import Contact, Episode
from connector.rulebook.types import Reaction, Rulebook
from connector.scoring.decay import day_of
from connector.scoring.doubts import SENT


def next_arrival(contact: Contact, rulebook: Rulebook, day: date) -> date | None:
    """The first day after `day` on which an act or an episode is dated, or a track's silence can begin."""
    zone = ZoneInfo(rulebook.fields.timezone)
    midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)
    coming = [day_of(event.happened_at, zone) for event in contact.events if event.happened_at >= midnight]
    for episode in contact.episodes:
        entered = day_of(episode.entered_at, zone)
        coming.append(entered)
        coming.extend(_silences(episode, entered, rulebook))
    return min((one for one in coming if one > day), default=None)


def _silences(episode: Episode, entered: date, rulebook: Rulebook) -> Iterator[date]:
    """When silence begins at the earliest, for each model: after so many days, and so many mails (reaction.py).

    Where mails are told as acts only their number counts, and a mail to come is a new fact.
    """
    track = rulebook.tracks.tracks.get(episode.track)
    if track is None or track.mails is None:
        return
    for model in rulebook.models:
        days, planned = _patience(model.factors.reaction), track.mails.count
        needed = min(model.factors.reaction.silent.after.mails, planned)
        if needed and SENT not in rulebook.fields.events:
            days = max(days, -(-needed * track.lasts // planned))
        if needed:
            yield entered + timedelta(days=days)


def _patience(reaction: Reaction) -> int:
    return reaction.silent.after.days
