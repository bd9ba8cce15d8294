"""Who comes into a world: leads, who differ from each other in what a test says of them."""

from __future__ import annotations

from datetime import datetime

from promises.events import URL
from promises.judge import Human
from promises.platforms import AUDIENCE, HUBSPOT
from promises.world import World

from adapters.ports import Activity, Record


def join(world: World, key: str, *, at_hubspot: bool = True, at_mailchimp: bool = False, **values: str) -> Human:
    """A finance lead who has just filled in a form, or what `values` make of her."""
    number = len(world.people) + 1
    human = Human(key, f"{key}@{key}works.example")
    world.people.append(human)
    if at_hubspot:
        id_ = f"77001{number:05}"
        told = {**_lead(key, human.email, world.clock()), **values}
        world.portal.add(Record(HUBSPOT, id_, human.email, told, world.clock()))
        world.judge.humans[HUBSPOT, id_] = human
    if at_mailchimp:
        id_ = f"member{number:05}"
        merge = {f"merge_fields.{name}": told for name, told in (("FNAME", key), ("JOBTITLE", "CFO"))}
        told = {"email_address": human.email, "status": "subscribed", "subscriber_hash": f"hash{id_}", **merge}
        world.audience.add(Record(AUDIENCE, id_, human.email, told, world.clock()))
        act = Activity(AUDIENCE, f"hash{id_}", "email_click", world.clock(), "c1", "Hello", f"{URL}/blog")
        world.audience.acts.append(act)
        world.judge.humans[AUDIENCE, id_] = human
    return human


def _lead(key: str, email: str, now: datetime) -> dict[str, str | None]:
    return {
        "email": email,
        "firstname": key,
        "jobtitle": "CFO",
        "company": f"{key} works",
        "country": "Spain",
        "numemployees": "100-500",
        "phone": "+34 600 200 300",
        "lifecyclestage": "lead",
        "num_conversion_events": "1",
        "recent_conversion_date": now.isoformat().replace("+00:00", "Z"),
        "recent_conversion_event_name": "Newsletter",
    }
