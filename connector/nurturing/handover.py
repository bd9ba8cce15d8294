"""The hand-over to sales: an owner and a task, once per standing in a stage that asks for it."""

from __future__ import annotations

import hashlib

from connector.facts import Contact
from connector.nurturing.intents import HandOver
from connector.nurturing.situation import Situation
from connector.nurturing.working_time import due_at

#: Fields of fields.yaml that can name a person in a task, best first.
NAMES = ("first_name", "company")


def hand_over(situation: Situation) -> HandOver | None:
    """Return the hand-over of a contact who has just come up into a handover stage, or None.

    Her first placement and a return from a state count as coming up: whoever is hot when we first see her is sales' as
    well. A fall from a higher stage is none, and neither is a second rise within one standing.
    """
    rules = situation.rulebook.tracks.handover
    if rules is None or situation.memory.handed_over or not _came_up(situation):
        return None
    contact, calendar, task = situation.contact, situation.rulebook.tracks.calendar, rules.task
    return HandOver(
        contact=contact.id,
        stage=situation.stage,
        owner=_by_turns(rules.owner.round_robin, contact.id) if rules.owner else None,
        task=task.title.replace("{name}", name_of(contact)) if task else None,
        due=due_at(calendar, situation.tz, situation.now, task.due) if task else None,
    )


def name_of(contact: Contact) -> str:
    """Return what to call her in a task: first name, else company, else our id; one line, no address."""
    for name in NAMES:
        if text := " ".join(str(contact.fields.get(name, "")).split()):
            return text
    return f"#{contact.id}"


def _came_up(situation: Situation) -> bool:
    ladder = {stage.id: stage for stage in situation.rulebook.stages.stages}
    step, stage = situation.step, ladder.get(situation.stage)
    from_outside = step.before is None or step.before.stage not in ladder
    return stage is not None and stage.handover and step.moved and (step.rise or from_outside)


def _by_turns(owners: tuple[str, ...], contact: int) -> str:
    """Pick an owner by the contact's id: even over many contacts, and the same one however often it is asked."""
    digest = hashlib.sha256(str(contact).encode()).digest()
    return owners[int.from_bytes(digest[:8]) % len(owners)]
