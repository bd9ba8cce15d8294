"""The marker as adapters read it, and the order of marker, call and taking back, without any platform."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.at_most_once import ENOUGH_S, enroll_once
from adapters.hubspot.endings import outcome_of
from adapters.markers import episodes, is_segment, knows, taken_back
from adapters.ports import (
    Deadline,
    DeadlinePassed,
    Enrollment,
    Outcome,
    PlatformBusy,
    PlatformError,
    PlatformRefused,
    PlatformUnreachable,
    RowOutcome,
)
from connector.nurturing.markers import Markers, format_markers, parse_markers

TRACKS = st.sampled_from(["finance", "ops", "winback", "a-b"])
EPISODES = st.dictionaries(TRACKS, st.integers(1, 30))


def row(markers: str, track: str = "finance") -> Enrollment:
    return Enrollment("1", track, markers)


def test_markers_are_read_as_nurturing_writes_them():
    assert episodes("finance:1; winback : 2;;rubbish;ops:x") == {"finance": 1, "winback": 2}
    assert is_segment(row("winback:2"))
    assert not is_segment(row("finance:1"))
    assert knows("finance:2", row("finance:1"))
    assert not knows("finance:1;winback:4", row("finance:2"))
    assert not knows("finance:2", row("winback:1")), "a segment has no episode that could be known"


@pytest.mark.parametrize(
    ("written", "before"),
    [
        ("finance:1", ""),
        ("finance:2", "finance:1"),
        ("finance:1;winback:2", "winback:2"),
        ("a:1;finance:3;z:1", "a:1;finance:2;z:1"),
    ],
)
def test_taking_back_leaves_the_episode_before(written, before):
    assert taken_back(row(written)) == before


@given(EPISODES, TRACKS)
def test_what_was_taken_back_allows_the_episode_again_and_no_other(before, track):
    markers = Markers(before)
    episode = before.get(track, 0) + 1
    enrollment = row(format_markers(markers.with_episode(track, episode)), track)
    assert knows(enrollment.markers, enrollment)
    after = parse_markers(taken_back(enrollment))
    assert after == markers
    assert not knows(taken_back(enrollment), enrollment)


class Tape:
    """What was done, in order; whatever stands in `fails` raises."""

    def __init__(self, **fails: PlatformError) -> None:
        self.done: list[str] = []
        self._fails = fails

    def act(self, name: str) -> Callable[[], None]:
        def act() -> None:
            self.done.append(name)
            if name in self._fails:
                raise self._fails[name]

        return act

    def enroll(self, deadline: Deadline | None = None) -> RowOutcome:
        return enroll_once(
            "1",
            deadline or Deadline.after(60),
            platform="hubspot",
            mark=self.act("mark"),
            ask=self.act("ask"),
            unmark=lambda _longer: self.act("unmark")(),
            outcome_of=outcome_of,
        )


NO = PlatformRefused("hubspot", "no")
BUSY = PlatformBusy("hubspot", "wait", retry_after=1)
LOST = PlatformUnreachable("hubspot", "no answer", maybe_applied=True)
UNSENT = PlatformUnreachable("hubspot", "no connection", maybe_applied=False)
LATE = DeadlinePassed("hubspot", "late")


@pytest.mark.parametrize(
    ("fails", "done", "outcome"),
    [
        ({}, ["mark", "ask"], Outcome.DONE),
        # The marker is refused, or certainly not there: nothing is asked.
        ({"mark": NO}, ["mark"], Outcome.REFUSED),
        ({"mark": BUSY}, ["mark"], Outcome.LATER),
        # It may be there; whether it could be taken back, the next read of it tells.
        ({"mark": LOST}, ["mark", "unmark"], Outcome.LATER),
        ({"mark": LOST, "unmark": LOST}, ["mark", "unmark"], Outcome.LATER),
        # The call was certainly not heard.
        ({"ask": NO}, ["mark", "ask", "unmark"], Outcome.REFUSED),
        ({"ask": BUSY}, ["mark", "ask", "unmark"], Outcome.LATER),
        ({"ask": UNSENT}, ["mark", "ask", "unmark"], Outcome.LATER),
        ({"ask": LATE}, ["mark", "ask", "unmark"], Outcome.LATER),
        # No answer: the marker stays, and nothing is tried again.
        ({"ask": LOST}, ["mark", "ask"], Outcome.UNKNOWN),
        # Refused, with a marker that cannot be taken back: not used up in silence.
        ({"ask": NO, "unmark": LOST}, ["mark", "ask", "unmark"], Outcome.LATER),
        ({"ask": NO, "unmark": LATE}, ["mark", "ask", "unmark"], Outcome.LATER),
    ],
)
def test_the_marker_stands_where_the_platform_was_asked_or_may_have_been(fails, done, outcome):
    tape = Tape(**fails)
    assert tape.enroll().outcome is outcome
    assert tape.done == done


def test_nothing_is_begun_that_may_not_be_ended_in_time():
    tape = Tape()
    ending = tape.enroll(Deadline(ENOUGH_S - 0.01, lambda: 0.0))
    assert (ending.outcome, tape.done) == (Outcome.LATER, [])
    assert isinstance(ending.error, DeadlinePassed)
