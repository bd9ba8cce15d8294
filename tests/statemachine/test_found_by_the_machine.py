"""What the state machine has found in the product, each as the smallest story that shows it."""

from __future__ import annotations

from promises.acts import Acts
from promises.platforms import HUBSPOT
from promises.seed import Seed

MARIA, NOOR = 0, 3


def test_an_erasure_without_its_webhook_is_found_although_somebody_was_forgotten_here_only(seed: Seed) -> None:
    acts = Acts(seed.grown())
    try:
        noor = acts.world.at(HUBSPOT, acts.world.people[NOOR])
        assert noor is not None
        acts.she_is_forgotten(MARIA)
        acts.she_is_erased(NOOR)
        acts.in_the_end()
        assert acts.world.rows("SELECT archived FROM record WHERE platform_id = %s", noor.id) == [(True,)]
    finally:
        acts.world.end()


def test_who_is_enrolled_in_the_pass_that_writes_her_lifecycle_is_judged_with_it_first(seed: Seed) -> None:
    acts = Acts(seed.grown())
    try:
        acts.she_fills_in_a_form(MARIA)
        acts.a_pass()
        acts.look()
        (entered,) = acts.world.rows("SELECT contact, state FROM intent WHERE track = 'hand-written-mail'")
        assert entered[1] == "accepted"  # in the same pass all the same
    finally:
        acts.world.end()


def test_the_guard_goes_on_counting_who_was_forgotten_since_she_entered(seed: Seed) -> None:
    acts = Acts(seed.grown())
    try:
        for _ in range(3):
            acts.a_lead_comes()
        acts.a_pass()
        assert len(acts.world.judge.effects) == 3
        acts.she_is_forgotten(len(acts.world.people) - 1)
        acts.a_lead_comes()
        acts.a_pass()
        acts.look()
        assert acts.world.rows("SELECT reason FROM intent WHERE state = 'held'") == [
            ("more enrollments in 24 h than the guard allows",)
        ]
    finally:
        acts.world.end()
