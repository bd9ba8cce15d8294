"""One contract, every implementation (contract_stages.py): whoever is enrolled by a channel, leaves it, or is a stranger to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from contract_stages import EVERY_PLATFORM, Stage

from adapters.ports import Change, Deadline, EnrollmentChannel, Outcome, PlatformError

REPEAT_SAFE = {"hubspot": ("property", "list"), "mailchimp": ("tag",)}
AT_MOST_ONCE = {"hubspot": ("workflow", "task"), "mailchimp": ("journey",)}


def on_every_platform(kinds: Mapping[str, tuple[str, ...]]) -> list[Any]:
    """A parameter for each of these channels of each implementation."""
    return [
        pytest.param(build, kind, id=f"{name}-{kind}")
        for name, build in EVERY_PLATFORM.items()
        for kind in kinds[name.partition("-")[0]]
    ]


REPEAT_SAFE_CHANNELS, AT_MOST_ONCE_CHANNELS = on_every_platform(REPEAT_SAFE), on_every_platform(AT_MOST_ONCE)


@pytest.fixture
def stage(build: Callable[[ExitStack], Stage], stack: ExitStack) -> Stage:
    return build(stack)


@pytest.fixture
def channel(stage: Stage, kind: str) -> EnrollmentChannel:
    return stage.channels[kind]


@pytest.mark.parametrize(("build", "kind"), REPEAT_SAFE_CHANNELS + AT_MOST_ONCE_CHANNELS)
class TestEnrollmentChannel:
    def test_its_key_names_the_platform_and_the_way(self, stage, channel, kind):
        assert channel.source == stage.port.source
        assert channel.key.startswith(f"{stage.port.source}:{kind}:")
        assert channel.batch >= 1

    def test_who_was_enrolled_carries_the_marker_and_nobody_says_that_she_is_not_in(self, stage, channel):
        assert channel.entered([stage.row("maria")]) == {stage.ids["maria"]: False}
        (ending,) = channel.enroll([stage.row("maria")], Deadline.after(20))
        assert (ending.id, ending.outcome) == (stage.ids["maria"], Outcome.DONE)
        found = channel.entered([stage.row("maria"), stage.row("brian")])
        assert found[stage.ids["maria"]] is not False
        assert found[stage.ids["brian"]] is False
        assert stage.port.standings([stage.ids["maria"]])[stage.ids["maria"]].markers == "finance:1"

    def test_who_leaves_keeps_the_marker(self, stage, channel):
        channel.enroll([stage.row("maria")], Deadline.after(20))
        (ending,) = channel.leave([stage.row("maria")], Deadline.after(20))
        assert ending.outcome is Outcome.DONE
        assert stage.port.standings([stage.ids["maria"]])[stage.ids["maria"]].markers == "finance:1"

    def test_who_was_never_in_may_leave(self, stage, channel):
        (ending,) = channel.leave([stage.row("brian")], Deadline.after(20))
        assert ending.outcome is Outcome.DONE

    def test_a_next_episode_can_be_entered_after_leaving(self, stage, channel):
        channel.enroll([stage.row("maria", 1)], Deadline.after(20))
        channel.leave([stage.row("maria", 1)], Deadline.after(20))
        assert channel.entered([stage.row("maria", 2)]) == {stage.ids["maria"]: False}
        (ending,) = channel.enroll([stage.row("maria", 2)], Deadline.after(20))
        assert ending.outcome is Outcome.DONE
        assert channel.entered([stage.row("maria", 2)])[stage.ids["maria"]] is not False

    def test_a_stranger_is_refused_and_the_others_go_on(self, stage, channel):
        rows = [replace(stage.row("maria"), id="987654321"), stage.row("brian")]
        endings = {one.id: one.outcome for one in channel.enroll(rows, Deadline.after(20))}
        assert endings == {"987654321": Outcome.REFUSED, stage.ids["brian"]: Outcome.DONE}

    def test_after_the_deadline_nothing_happens_and_all_may_be_tried_later(self, stage, channel):
        (ending,) = channel.enroll([stage.row("maria")], Deadline.after(-1))
        assert ending.outcome is Outcome.LATER
        assert isinstance(ending.error, PlatformError)
        assert channel.entered([stage.row("maria")]) == {stage.ids["maria"]: False}
        assert stage.port.standings([stage.ids["maria"]])[stage.ids["maria"]].markers == ""


@pytest.mark.parametrize(("build", "kind"), REPEAT_SAFE_CHANNELS)
class TestRepeatSafeChannel:
    def test_it_says_so(self, channel):
        assert channel.repeat_safe

    def test_enrolling_again_for_the_same_episode_is_done_already(self, stage, channel):
        for _ in range(2):
            (ending,) = channel.enroll([stage.row("maria")], Deadline.after(20))
            assert ending.outcome is Outcome.DONE
        assert channel.entered([stage.row("maria")]) == {stage.ids["maria"]: True}

    def test_who_has_left_is_in_no_longer(self, stage, channel):
        channel.enroll([stage.row("maria"), stage.row("brian")], Deadline.after(20))
        channel.leave([stage.row("maria")], Deadline.after(20))
        entered = channel.entered([stage.row("maria"), stage.row("brian")])
        assert not entered[stage.ids["maria"]]
        assert entered[stage.ids["brian"]] is True


@pytest.mark.parametrize(("build", "kind"), AT_MOST_ONCE_CHANNELS)
class TestAtMostOnceChannel:
    def test_it_says_so_and_marks_before_it_asks(self, channel):
        assert not channel.repeat_safe
        assert channel.marks_first

    def test_where_a_marker_stands_nobody_is_ever_said_to_be_out(self, stage, channel):
        channel.enroll([stage.row("maria")], Deadline.after(20))
        channel.leave([stage.row("maria")], Deadline.after(20))
        assert channel.entered([stage.row("maria")])[stage.ids["maria"]] is not False

    def test_a_marker_that_a_person_wrote_is_believed(self, stage, channel, kind):
        name = "TRACKMARK" if kind == "journey" else "trellis_enrolled"
        stage.port.write([Change(stage.ids["maria"], {name: "finance:1"})])
        assert channel.entered([stage.row("maria")])[stage.ids["maria"]] is not False
