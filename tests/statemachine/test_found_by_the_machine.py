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
