"""What counts as a touch of one person: the mails, calls and meetings that platforms tell of, and what is planned for her.

The budget of `dosing` counts touches; which these are is decided here, once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from connector.facts import Episode, Event
from connector.nurturing.ways import HUBSPOT, segment_keys, source_of, ways_into
from connector.rulebook.conditions import asset_holds
from connector.rulebook.types import Rulebook, Track

#: Mail of marketing, by whichever platform, workflow or campaign.
MAIL = "email_sent"
#: What sales does. Several of these kinds may tell of one act, so at one moment they are one: the most that one kind tells.
SALES = ("contacted", "sales_email", "call", "meeting")


def touches(
    events: Sequence[Event],
    episodes: Sequence[Episode],
    rulebook: Rulebook,
    now: datetime,
    runs_on: Collection[tuple[str, str]] = (),
) -> tuple[datetime, ...]:
    """Return the moments at which she was touched, sorted: every act of `MAIL` and `SALES`, and what was planned up to `now`.

    An enrollment is a touch, until the first mail of the track has been told of: HubSpot's counters tell of all that
    follow. Where sends are not told of (what Mailchimp's flows send, facts/mailchimp.md §5; HubSpot, unless the rulebook
    maps `email_sent` there), all `mails` that the track plans are touches, spread evenly over `lasts`; one that is told
    of after all, by the track's `mails.name`, takes the place of a planned one. Who leaves is spared those to come, where
    leaving ends them: not by the ways in `runs_on`, see `Hearing`. A segment touches nobody.
    """
    mails = [event for event in events if event.kind == MAIL]
    unclaimed = list(mails)
    planned = [
        at
        for episode in episodes
        for at in _planned(episode, unclaimed, rulebook, runs_on)
        if at <= max(now, episode.entered_at)  # she has entered, though the clock was set back since
    ]
    return tuple(sorted((*(mail.happened_at for mail in mails), *_by_sales(events).elements(), *planned)))


def _by_sales(events: Sequence[Event]) -> Counter[datetime]:
    told: Counter[datetime] = Counter()
    for kind in SALES:
        told |= Counter(event.happened_at for event in events if event.kind == kind)
    return told


def _planned(
    episode: Episode, unclaimed: list[Event], rulebook: Rulebook, runs_on: Collection[tuple[str, str]]
) -> Iterator[datetime]:
    """The touches of an episode that no act has told of (yet). Takes the mails that stand for others out of `unclaimed`."""
    track = rulebook.tracks.tracks.get(episode.track)
    if track is None:
        yield episode.entered_at
        return
    if episode.channel in segment_keys(rulebook, episode.track):
        return
    told = _tells_of_sends(rulebook, episode)
    count = 1 if told or track.mails is None else max(1, track.mails.count)
    apart = timedelta(days=track.lasts) / count
    goes_on = (episode.track, episode.channel) in runs_on or not _leaving_ends_mails(rulebook, track, episode)
    until = None if goes_on else episode.left_at
    own = [mail for mail in unclaimed if _is_of_track(mail, episode, track, any_name=told)][:count]
    for mail in own:
        unclaimed.remove(mail)
    for number in range(len(own), count):
        at = episode.entered_at + number * apart
        if until is None or at <= until:
            yield at


def _tells_of_sends(rulebook: Rulebook, episode: Episode) -> bool:
    """Tell whether each mail of a workflow becomes an act: of what Mailchimp's flows send nobody tells."""
    mapped = rulebook.fields.events.get(MAIL)
    return mapped is not None and mapped.hubspot is not None and source_of(episode.channel) == HUBSPOT


def _leaving_ends_mails(rulebook: Rulebook, track: Track, episode: Episode) -> bool:
    return any(way.key == episode.channel and not way.entry_only for way in ways_into(rulebook, track))


def _is_of_track(mail: Event, episode: Episode, track: Track, *, any_name: bool) -> bool:
    """Tell whether a mail is one of the track's own: sent to her while she was on it, from there, under its name."""
    in_time = episode.entered_at <= mail.happened_at <= episode.entered_at + timedelta(days=track.lasts)
    if not in_time or mail.channel != source_of(episode.channel):
        return False
    name = track.mails.name if track.mails else None
    return any_name if name is None else asset_holds(name, mail.asset)
