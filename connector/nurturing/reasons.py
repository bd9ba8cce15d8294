"""The words in which nurturing says why: each is stored, shown, and has one meaning. Sentences come from language files."""

from __future__ import annotations

from enum import StrEnum


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
    # She may not enter this track now (entries.py):
    STALE = "stale"  # the verdict is of an earlier day
    BASELINE = "baseline"  # she matched already when the baseline was taken, and has not left since
    ENTERED_BEFORE = "entered_before"  # no `reenter_after`, or nobody knows when the last episode began
    SAME_MATCH = "same_match"  # she has not stopped matching since the last episode
    TOO_SOON = "too_soon"  # `reenter_after` is not over
    HOLDOUT = "holdout"
    UNKNOWN_THERE = "unknown_there"  # she is on none of the platforms that the track enrolls by
    MARKERS_FULL = "markers_full"  # the episodes marker would not fit; cutting it could enroll her twice
    # She may not enter any track now:
    LEAVING = "leaving"  # she is being taken out of another track; one move at a time
    ON_ANOTHER_TRACK = "on_another_track"
    AFTER_RISE = "after_rise"  # `dosing.hold_after_rise`
    DOSE = "dose"  # `dosing.touches` is used up
    ANOTHER_CHOSEN = "another_chosen"  # it has a higher priority, or stands first in the file


class Left(StrEnum):
    """Why somebody is taken out (`Leave.why`). What bars her from a track (the first group above, or a facts.Refusal) may
    stand there, too.
    """

    WON = "won"
    LOST = "lost"
    LASTS = "lasts"  # the track's time is over: platforms do not say when a workflow has ended
    TRACK_REMOVED = "track_removed"  # the rulebook has no such track any more
    NO_LONGER_MATCHES = "no_longer_matches"  # segments only: a track's mails run on
