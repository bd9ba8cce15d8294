"""The plan for one contact after one judgement: what to enter, what to leave, and whether sales takes over."""

from __future__ import annotations

from datetime import datetime

from connector.facts import Contact, aware
from connector.nurturing.entries import entries
from connector.nurturing.exits import leaves
from connector.nurturing.handover import hand_over
from connector.nurturing.intents import Memory, Plan
from connector.nurturing.matching import track_states
from connector.nurturing.segments import segments_of
from connector.nurturing.situation import Situation
from connector.nurturing.standing import may_be_mailed, quiet_of, standing_of
from connector.nurturing.unheard import unheard_leaves
from connector.rulebook.types import Rulebook
from connector.scoring.verdict import Step, Verdict


def plan(
    contact: Contact, verdict: Verdict, step: Step, memory: Memory, rulebook: Rulebook, now: datetime, *, baseline: bool
) -> Plan:
    """Return everything that nurturing wants for her now. Same arguments, same plan.

    A `baseline` plan enrolls nobody, takes nobody out and hands nobody over: it only remembers who matches what
    (promise 6). Intents are proposals: consent, markers and the guard are read again right before each call.
    Raises ValueError for a naive `now` and for a calendar that cannot be read or never opens.
    """
    situation = Situation(contact, verdict, step, memory, rulebook, aware(now))
    states = track_states(situation, baseline=baseline)
    if baseline:
        standing = standing_of(situation)
        quiet = quiet_of(situation, standing)
        return Plan(
            tracks=states,
            standing=standing,
            segments=segments_of(situation),
            paused=quiet is not None or not may_be_mailed(situation),
            quiet_until=quiet.until if quiet else None,
        )
    leave = leaves(situation, states)
    enter, refused = entries(situation, states, leaving=bool(leave))
    standing = standing_of(situation, enter, leave)
    quiet = quiet_of(situation, standing)
    return Plan(
        enter=enter,
        leave=(*leave, *unheard_leaves(situation, states)),
        handover=hand_over(situation),
        refused=refused,
        tracks=states,
        standing=standing,
        segments=segments_of(situation),
        paused=quiet is not None or not may_be_mailed(situation),
        quiet_until=quiet.until if quiet else None,
    )
