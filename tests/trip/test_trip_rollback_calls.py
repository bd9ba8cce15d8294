"""What `trellis rollback --dry-run` foresees is what taking back then does: the same values, and the calls within three."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from connector.change.apply import apply
from connector.change.plan.figure import figure
from connector.change.rollback import foresee, rollback
from connector.rulebook.read import read_rulebook
from connector.steps import portal
from connector.steps.provision import provision

MAPPINGS = Path(__file__).parents[2] / "mappings"


def lower_ladder(folder):
    """The shipped files, but that much less is asked of who is to qualify."""
    for file in MAPPINGS.glob("*.yaml"):
        (folder / file.name).write_text(file.read_text().replace("at_least: 50}, fit", "at_least: 42}, fit"))
    return read_rulebook(folder)


def test_calls_of_a_rollback_are_foreseen_on_both_platforms(make_world, tmp_path):
    world = make_world(count=24, webhooks=False)
    parts = replace(world.parts, rulebook=lower_ladder(tmp_path))
    lacking = provision(parts, dry_run=True, webhook_url=None).lines
    done = apply(parts, figure(parts, world.rulebook, creates=lacking, reading=portal.look(parts)))
    assert done.summary.tally["moved"] > 0
    foreseen = foresee(world.parts, done.release)
    assert foreseen.foreseen["mailchimp"] > 0
    back = rollback(world.parts, done.release)
    assert back.done
    assert foreseen.values == back.values
    assert foreseen.values["put back"] > 0
    for platform in ("hubspot", "mailchimp"):
        assert abs(foreseen.foreseen.get(platform, 0) - back.calls.get(platform, 0)) <= 3, (
            foreseen.foreseen,
            back.calls,
        )
