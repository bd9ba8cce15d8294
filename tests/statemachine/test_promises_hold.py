"""The promises of design §3, held against whatever may happen (promises/machine.py)."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from promises.machine import Promises
from promises.seed import Seed

#: Every time the same ones, in CI; `--hypothesis-profile=search` tries as many others as that profile says.
EXAMPLES, STEPS = 10, 20


def test_the_promises_hold_whatever_happens(seed: Seed) -> None:
    class Grown(Promises):
        grow = staticmethod(seed.grown)

    profile = settings.get_profile(settings.get_current_profile_name())
    bounded = settings(
        profile,
        max_examples=EXAMPLES if profile.derandomize else profile.max_examples,
        stateful_step_count=STEPS,
        suppress_health_check=list(HealthCheck),  # an example takes a second or two
    )
    run_state_machine_as_test(Grown, settings=bounded)
