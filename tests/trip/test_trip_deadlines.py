"""Nothing late leaves: a worker that stood still after its claim sends nothing, and slow platforms starve nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.ports import DeadlinePassed, PlatformUnreachable
from connector.steps.enrolling.enroll import enroll_all
from connector.steps.enrolling.leave import leave_tracks
from connector.steps.sales.hand_over import hand_over
from connector.steps.write import write_values

DEMO = "https://www.brightledger.example/demo"


class Monotonic:
    """A clock of deadlines that a test can turn."""

    def __init__(self):
        self.at = 1000.0

    def __call__(self):
        return self.at


class Halting:
    """A port over the real one, before one of whose methods the process stands still for ten minutes (SIGSTOP)."""

    def __init__(self, real, method, clock):
        self.real = real
        self.method = method
        self.clock = clock

    def __getattr__(self, name):
        found = getattr(self.real, name)
        if name == self.method:
            self.clock.at += 600
        if name.endswith("_channel"):
            return lambda *names: Halting(found(*names), self.method, self.clock)
        return found


def halting(world, method):
    clock = Monotonic()
    hubspot = Halting(world.parts.hubspot, method, clock)
    mailchimp = {source: Halting(port, method, clock) for source, port in world.parts.mailchimp.items()}
    return replace(world.parts, hubspot=hubspot, mailchimp=mailchimp, monotonic=clock)


def writing_calls(world):
    return [
        route
        for counts in world.calls().values()
        for route in counts
        if "batch/update" in route or route.startswith(("PATCH", "PUT")) or route.endswith(("/tags", "/tasks"))
    ]


@pytest.mark.parametrize("source", ["hubspot", "mailchimp:main"])
def test_values_of_a_worker_that_stood_still_are_not_sent(world, source):
    carla = world.new_lead("carla") if source == "hubspot" else world.new_member("carla")
    world.judge()
    world.forget_calls()
    errors = []
    tally = write_values(halting(world, "write"), source, errors, lambda: False)
    assert writing_calls(world) == []
    assert tally.keys() == {"written later"}
    assert errors == []
    assert world.rows("SELECT reason FROM failure WHERE step = 'write' AND resolved_at IS NULL") == []
    assert "pending" in {state for state, _ in world.intents(carla, "write")}
    world.end_pauses()
    assert write_values(world.parts, source, errors, lambda: False).keys() == {"written"}


@pytest.mark.parametrize("method", ["standings", "enroll"])
def test_an_enrollment_of_a_worker_that_stood_still_is_not_sent_and_happens_later_once(world, method):
    carla, dora = world.new_lead("carla"), world.new_member("dora")
    world.judge()
    world.forget_calls()
    assert enroll_all(halting(world, method), frozenset(), lambda: False)["enrolled"] == 0
    assert writing_calls(world) == []
    assert [world.intents(email)[0][0] for email in (carla, dora)] == ["pending", "pending"]
    world.end_pauses()
    assert enroll_all(world.parts, frozenset(), lambda: False)["enrolled"] == 2
    assert sorted(one.email for one in world.entered()) == [carla, dora]


def test_nobody_is_taken_out_of_a_track_by_a_worker_that_stood_still(world):
    carla = world.new_lead("carla")
    world.pass_time(minutes=1)
    world.sync()
    world.sandbox.hubspot.life.set_property(carla, "lifecyclestage", "customer")
    world.judge()
    world.forget_calls()
    assert leave_tracks(halting(world, "leave"), frozenset(), lambda: False) == {"left later": 1}
    assert writing_calls(world) == []
    world.end_pauses()
    assert leave_tracks(world.parts, frozenset(), lambda: False) == {"left": 1}
    assert not world.hubspot(carla)["trellis_track"]


@pytest.mark.parametrize("method", ["by_ids", "create_task"])
def test_a_task_of_a_worker_that_stood_still_is_not_made_and_is_made_once_later(world, method):
    carla = world.new_lead("carla")
    world.sandbox.hubspot.life.fill_form(carla, "Demo request", {}, DEMO)
    world.judge()
    parts = halting(world, method)
    assert hand_over(parts, parts.hubspot) == {"handed over later": 1}
    assert list(world.sandbox.hubspot.shelves["tasks"]) == []
    assert [state for state, _ in world.intents(carla, "handover")] == ["pending"]
    world.end_pauses()
    assert hand_over(world.parts, world.parts.hubspot) == {"handed over": 1}
    assert len(list(world.sandbox.hubspot.shelves["tasks"])) == 1


# ---------------------------------------------------------------- slow platforms


class Slow:
    """Takes a second for everybody who is asked about; what is not said here is as in the real port."""

    def __init__(self, real, clock):
        self.real = real
        self.clock = clock
        self.asked = []

    def __getattr__(self, name):
        return getattr(self.real, name)

    def standings(self, ids, deadline):
        self.asked.append(len(ids))
        self.clock.at += len(ids)
        if deadline.remaining() <= 0:
            raise DeadlinePassed("hubspot", "the deadline passed")
        return self.real.standings(ids)


def test_a_claim_that_cannot_be_read_in_time_shrinks_until_it_can(world):
    leads = [world.new_lead(name) for name in ("ana", "bea", "cleo", "dina", "eva")]
    leads += [world.new_lead(f"lea{letter}") for letter in "abcdefghijklmnopqrst"]
    world.judge()
    clock = Monotonic()
    slow = Slow(world.parts.hubspot, clock)
    tally = enroll_all(replace(world.parts, hubspot=slow, monotonic=clock), frozenset(), lambda: False)
    assert slow.asked == [25, 12, 12, 1]
    assert tally["enrolled"] == len(leads)
    assert {one.email for one in world.entered()} == set(leads)


class Unreadable:
    """HubSpot cannot answer for one contact, whoever is asked about along with her."""

    def __init__(self, real, id_):
        self.real = real
        self.id = id_

    def __getattr__(self, name):
        return getattr(self.real, name)

    def standings(self, ids, deadline):
        if self.id in ids:
            raise PlatformUnreachable("hubspot", "a record cannot be read", maybe_applied=False)
        return self.real.standings(ids, deadline)


def test_one_record_that_cannot_be_read_keeps_nobody_else_out(world):
    leads = [world.new_lead(name) for name in ("ana", "bea", "cleo", "dina", "eva")]
    world.judge()
    port = Unreadable(world.parts.hubspot, world.hubspot(leads[2])["hs_object_id"])
    tally = enroll_all(replace(world.parts, hubspot=port), frozenset(), lambda: False)
    assert (tally["enrolled"], tally["not enrolled"]) == (4, 1)
    assert world.intents(leads[2]) == [("pending", "unreadable: hubspot")]
