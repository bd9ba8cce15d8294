"""The promises of design §3, held against whatever may happen (promises/machine.py)."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from promises.machine import Promises
from promises.world import Seed

#: In CI; `--hypothesis-profile=search` looks for more.
EXAMPLES, STEPS = int(os.environ.get("EX", "4")), int(os.environ.get("ST", "25"))


def test_the_promises_hold_whatever_happens(seed: Seed) -> None:
    class Grown(Promises):
        grow = staticmethod(seed.grown)

    chosen = settings.get_profile(settings.get_current_profile_name())
    examples = EXAMPLES if chosen.derandomize else chosen.max_examples
    bounded = settings(
        chosen,
        max_examples=examples,
        stateful_step_count=STEPS,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    run_state_machine_as_test(Grown, settings=bounded)
