"""Enrolling where a second call would enroll a second time, and nobody can look afterwards whether there was a first.

The marker is all that tells. It is written before the platform is asked, and taken back where it certainly was not asked,
or refused. So a marker that stands means that the platform was asked, or may have been; and where none stands, whatever
was killed or lost in between, it was not.
"""

from __future__ import annotations

from collections.abc import Callable

from adapters.ports import Deadline, DeadlinePassed, Outcome, PlatformError, RowOutcome

#: Less time than this, in seconds, is too little for marker and call: nothing is begun.
ENOUGH_S = 5.0
#: The marker may be taken back after the row's deadline: whoever finds it until then asks nobody, and does nothing. A
#: platform that has just asked to wait is waited for.
TAKING_BACK_S = 30.0

OutcomeOf = Callable[[str, PlatformError], RowOutcome]


def enroll_once(
    row: str,
    deadline: Deadline,
    *,
    platform: str,
    mark: Callable[[], None],
    ask: Callable[[], None],
    unmark: Callable[[Deadline], None],
    outcome_of: OutcomeOf,
) -> RowOutcome:
    """Mark one row, ask for it, and take the marker back where that was refused or not asked.

    A marker that cannot be taken back makes it LATER: whoever reads the markers next finds it, and asks a person.
    Never raises PlatformError.
    """
    if deadline.remaining() < ENOUGH_S:
        return RowOutcome(row, Outcome.LATER, DeadlinePassed(platform, "too little time is left to begin"))
    try:
        mark()
    except PlatformError as error:
        ended = outcome_of(row, error)
        if ended.outcome is not Outcome.UNKNOWN:
            return ended
        _is_taken_back(unmark)
        return RowOutcome(row, Outcome.LATER, error)  # an unknown marker is no unknown enrollment
    try:
        ask()
    except PlatformError as error:
        ended = outcome_of(row, error)
        if ended.outcome is Outcome.UNKNOWN or _is_taken_back(unmark):
            return ended
        return RowOutcome(row, Outcome.LATER, error)
    return RowOutcome(row, Outcome.DONE)


def _is_taken_back(unmark: Callable[[Deadline], None]) -> bool:
    try:
        unmark(Deadline.after(TAKING_BACK_S))
    except PlatformError:
        return False
    return True
