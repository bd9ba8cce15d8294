"""The hand-over to sales: an owner and a task, once per standing in a stage that asks for it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from connector.facts import Contact
from connector.nurturing.intents import HandOver
from connector.nurturing.situation import Situation
from connector.nurturing.working_time import due_at
from connector.rulebook.types import OwnerRule
from connector.scoring.sales import sales_verdict
from connector.scoring.words import one_line, without_addresses

#: Fields of fields.yaml that can name a person in a task, best first.
NAMES = ("first_name", "company")
_LONGEST_NAME = 80


def hand_over(situation: Situation) -> HandOver | None:
    """Return the hand-over of a contact who has just come up into a handover stage, or None.

    Her first placement and a return from a state count as coming up: whoever is hot when we first see her is sales' as
    well. A fall from a higher stage is none, and neither is a second rise within one standing, or what a rollback brings.
    Whom sales has accepted they have already, as long as that verdict stands.
    """
    rules = situation.rulebook.tracks.handover
    memory = situation.memory
    if rules is None or memory.handed_over or memory.rolled_back or not _came_up(situation):
        return None
    said = sales_verdict(situation.contact, situation.rulebook, situation.verdict.day)
    if said is not None and not said.rejected:
        return None
    contact, calendar, task = situation.contact, situation.rulebook.tracks.calendar, rules.task
    return HandOver(
        contact=contact.id,
        stage=situation.stage,
        owners=_in_turn(_responsible(rules.owner, situation), contact.id) if rules.owner else (),
        task=task.title.replace("{name}", name_of(contact)) if task else None,
        due=due_at(calendar, situation.tz, situation.now, task.due) if task else None,
        note=rules.note,
    )


def name_of(contact: Contact) -> str:
    """Return what to call her in a task: first name, else company, else our id; one short line, and no address."""
    for name in NAMES:
        text = one_line(str(contact.fields.get(name, "")), _LONGEST_NAME)
        if text and without_addresses(text) == text:
            return text
    return f"#{contact.id}"


def _came_up(situation: Situation) -> bool:
    ladder = {stage.id: stage for stage in situation.rulebook.stages.stages}
    step, stage = situation.step, ladder.get(situation.stage)
    from_outside = step.before is None or step.before.stage not in ladder
    return stage is not None and stage.handover and step.moved and (step.rise or from_outside)


def _responsible(rule: OwnerRule, situation: Situation) -> Sequence[str]:
    """Those of the first territory that is hers; else everybody."""
    hers = (one.round_robin for one in rule.territories if situation.holds(one.when))
    return next(hers, rule.round_robin)


def _in_turn(owners: Sequence[str], contact: int) -> tuple[str, ...]:
    """Each owner once, beginning with one by the contact's id: even over many contacts, the same however often asked."""
    each = tuple(dict.fromkeys(owners))
    digest = hashlib.sha256(str(contact).encode()).digest()
    first = int.from_bytes(digest[:8]) % len(each)
    return (*each[first:], *each[:first])
