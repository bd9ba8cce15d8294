"""The demo's world: several hundred people with a past on both platforms.

`populate` comes first; after `trellis provision` has made the property, `exclude` lets sales tick the exclude box. What
happens then is a story of its own (people_story.py, people_deeds.py).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.sandbox.people_cast import Person, cast
from adapters.sandbox.people_crowd import crowd
from adapters.sandbox.people_history import HubSpotPast, MailchimpPast
from adapters.sandbox.people_stage import set_up
from adapters.sandbox.world import Sandbox

EXCLUDE_PROPERTY = "trellis_exclude"


@dataclass(frozen=True)
class Population:
    """Who lives in the sandbox.

    Attributes:
        people: everybody, the named first.
        audience: id of the Mailchimp audience.

    """

    people: tuple[Person, ...]
    audience: str

    def person(self, key: str) -> Person:
        """One of the named people ("maria"); raises KeyError."""
        for person in self.people:
            if key and person.key == key:
                return person
        raise KeyError(key)


def populate(sandbox: Sandbox, *, count: int = 320, seed: int = 7, named: Sequence[Person] | None = None) -> Population:
    """Fill both platforms with `count` people and some 120 days of history before the sandbox's now.

    The same count and seed give the same people and acts. `named`: who they are by name (None: the cast); one who is on
    neither platform yet counts too. Nothing of Trellis exists yet: no property, no list, no tag.
    """
    dice = random.Random(seed)
    known = cast() if named is None else [*named]
    people = [*known, *crowd(dice, count - len(known), {person.email for person in known})]
    portal, account, now = sandbox.hubspot, sandbox.mailchimp, sandbox.clock()
    audience = set_up(portal, account)
    with portal.lock:
        HubSpotPast(portal, now, dice).write(people)
    with account.lock:
        MailchimpPast(account, audience, now, dice).write(people)
    return Population(tuple(people), audience.id)


def exclude(sandbox: Sandbox, population: Population) -> list[str]:
    """Sales ticks the exclude box of pau and a few others; returns their addresses.

    Raises LookupError while the property does not exist.
    """
    if sandbox.hubspot.definitions["contacts"].find(EXCLUDE_PROPERTY) is None:
        raise LookupError(f"the portal has no property {EXCLUDE_PROPERTY} yet")
    emails = [person.email for person in population.people if person.excluded]
    for email in emails:
        sandbox.hubspot.life.set_property(email, EXCLUDE_PROPERTY, "true")
    return emails
