"""The world that every example begins with, made once and copied."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import timedelta

from promises.databases import Databases
from promises.faults import Clock
from promises.people import join
from promises.world import World

from adapters.ports import Definition, Option
from connector.rulebook.mapping import hubspot_properties
from connector.rulebook.types import Rulebook
from connector.steps import sync as steps
from connector.steps.provision import provision

_STAGES = (
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
)
_NUMBERS = ("num_", "hs_email_click", "hs_email_open", "hs_email_replied", "hs_email_delivered", "hs_analytics_num_")


def define_everything(world: World) -> None:
    """What a portal must have before a pass works on it: its own properties, and those of Trellis."""
    fields, tracks = world.rulebooks[0].fields, world.rulebooks[0].tracks
    for name in hubspot_properties(fields, tracks):
        if name.startswith("trellis_"):
            continue
        kind = (
            "number"
            if name.startswith(_NUMBERS)
            else "datetime"
            if name.endswith(("_date", "_timestamp"))
            else "string"
        )
        options = tuple(Option(one, one) for one in _STAGES) if name == "lifecyclestage" else ()
        world.portal.known[name] = Definition(name, name, "enumeration" if options else kind, options=options)
    for tag in ("FNAME", "JOBTITLE"):
        world.audience.known[tag] = Definition(tag, tag, "text")
    assert provision(world.parts, dry_run=False, webhook_url=None).errors == []


@dataclass(frozen=True, slots=True)
class Seed:
    """A world just after its baseline, from which each example begins: maria and marta matched at it, brian is a customer,
    noor has opted out.
    """

    world: World

    @staticmethod
    def sown(databases: Databases, rulebooks: Sequence[Rulebook]) -> Seed:
        world = World(databases, rulebooks, databases.copy(databases.empty))
        world.activate(0)
        define_everything(world)
        join(world, "maria", at_mailchimp=True)
        join(world, "marta", at_hubspot=False, at_mailchimp=True)
        join(world, "brian", lifecyclestage="customer")
        join(world, "noor", at_mailchimp=True, hs_email_optout="true")
        summary = world.sync()
        assert summary is not None
        assert summary.errors == []
        world.clock.advance(timedelta(minutes=10))
        assert steps.is_baseline(world.parts) is False
        assert world.judge.effects == []
        world.stop()
        return Seed(world)

    def grown(self) -> World:
        """A new world like it."""
        seed = self.world
        portal = replace(seed.portal, people=dict(seed.portal.people), known=dict(seed.portal.known))
        portal.members = {name: dict(there) for name, there in seed.portal.members.items()}
        audience = replace(seed.audience, people=dict(seed.audience.people), known=dict(seed.audience.known))
        audience.acts = list(seed.audience.acts)
        world = World(
            seed.databases,
            seed.rulebooks,
            seed.databases.copy(seed.database),
            Clock(seed.clock.moment),
            portal,
            audience,
        )
        world.people = [copy(one) for one in seed.people]
        same = dict(zip(seed.people, world.people, strict=True))
        world.judge.humans = {name: same[one] for name, one in seed.judge.humans.items()}
        world.judge.baseline_at = seed.judge.baseline_at
        for human in world.people:
            human.waits_for_change = True
        return world
