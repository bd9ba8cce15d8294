"""What generated lives have found in the product, each as the smallest life that shows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tending.bugs import ALPHA
from tending.lives import Life, Script, Step, Turn
from tending.memory_world import memory_world
from tending.ruling import Ruling, Way

_TUESDAY = datetime(2026, 11, 24, 8, tzinfo=UTC)


def test_a_customer_who_swallows_somebody_is_not_won_again_under_her_second_address_at_mailchimp(
    database: str, tmp_path: Path
) -> None:
    """Mailchimp keeps two members; the second becomes a contact of whom we know nothing, at an address that HubSpot knows."""
    alpha = replace(ALPHA, stages=("nurture",), ways=(Way("tag"),))
    maria = Life("maria", "both", 1, "CFO", "stock", ())
    brian = Life("brian", "both", 1, "CFO", "closing", (Step(1, 0, "customer"), Step(2, 2, "merge", "maria")))
    turns = tuple(Turn(timedelta(hours=hours)) for hours in (1, 20, 20, 30))
    script = Script(0, _TUESDAY, (Ruling({"alpha": alpha}, one_track=False),), turns, (maria, brian))
    with memory_world(script, database, tmp_path / "files") as world:
        assert [f"{one.promise}: {one}" for one in world.play()] == []
