"""The words in which nurturing says why: each is stored, shown, and has one meaning. Sentences come from language files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from connector.facts import Refusal


class Chosen(StrEnum):
    """Why this track and not another (`Enter.why`)."""

    MATCHES = "matches"  # nothing was weighed against it: the only open track, a segment, or `one_track: false`
    HIGHEST_PRIORITY = "highest_priority"
    FIRST_IN_FILE = "first_in_file"  # another open track has the same priority and stands later in the file


class Held(StrEnum):
    """Why somebody the track is for is not enrolled (`NotEnrolled.reason`). A value of facts.Refusal may stand there, too."""

    # She may not be on this track at all (eligibility.py):
    SUPPRESSED = "suppressed"
    CUSTOMER = "customer"  # a customer is never won again: aim `win` is closed to her
    WON = "won"  # she bought, though the platform does not call her a customer yet
    OFF_LADDER = "off_ladder"  # she stands in a state of the team's own, and the aim is `win`
    EXIT_WHEN = "exit_when"  # she would have to leave at once
    # She may not enter this track now (asking.py):
    UNSCORED = "unscored"  # said of her standing only: nobody without a score is meant by a track
    STALE = "stale"  # the verdict is of an earlier day
    BASELINE = "baseline"  # she matched already at the baseline, or at a rollback, and has not left since
    ENTERED_BEFORE = "entered_before"  # no `reenter_after`, or nobody knows when the last episode began
    SAME_MATCH = "same_match"  # she has not stopped matching since the last episode
    TOO_SOON = "too_soon"  # `reenter_after` is not over
    DEAL_LOST = "deal_lost"  # a closing track, and the deal was lost since she matches it
    HOLDOUT = "holdout"
    UNKNOWN_THERE = "unknown_there"  # she is on none of the platforms that the track enrolls by
    NO_WAY = "no_way"  # no way of the track is meant for her (its `when`)
    NO_LISTENER = "no_listener"  # `listener: verified`, and no switched-on workflow was seen to listen
    MARKERS_FULL = "markers_full"  # the episodes marker would not fit; cutting it could enroll her twice
    # She may not enter any track now (room.py):
    LEAVING = "leaving"  # she is being taken out of another track; one move at a time
    ON_ANOTHER_TRACK = "on_another_track"
    RESTING = "resting"  # she has shown that she has had enough: `rectify.annoyed.rest`
    STILL_MAILED = "still_mailed"  # the mails of a track that she left may run on until then
    # She may enter no track of this kind now (room.py):
    ANOTHER_AIM = "another_aim"  # `one_track: false`, and what she is on has another aim: one aim at a time
    AFTER_RISE = "after_rise"  # `dosing.hold_after_rise`: only reminders
    DOSE = "dose"  # the budget of touches is used up
    ANOTHER_CHOSEN = "another_chosen"  # it has a higher priority, or stands first in the file


class Left(StrEnum):
    """Why somebody is taken out (`Leave.why`). What bars her from a track (the first group above, or a facts.Refusal) may
    stand there, too.
    """

    WON = "won"
    LOST = "lost"
    STOPPED = "stopped"  # one of the track's `stops_on` happened on it
    ANNOYED = "annoyed"  # `rectify.annoyed`
    INTEREST = "interest"  # `rectify.interest`: it is not for her any more, and another of the same aim is
    LASTS = "lasts"  # the track's time is over: platforms do not say when a workflow has ended
    ONE_TRACK = "one_track"  # she is on a better one as well, and `dosing.one_track`
    TRACK_REMOVED = "track_removed"  # the rulebook has no such track any more
    ROLLED_BACK = "rolled_back"  # only a release had enrolled her that was rolled back
    NO_LONGER_MATCHES = "no_longer_matches"  # segments only: a track's mails run on


@dataclass(frozen=True, slots=True)
class No:
    """Why she may not enter, and the day on which it may be asked again, where that is known."""

    reason: Held | Refusal
    again: date | None = None
