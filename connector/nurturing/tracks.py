"""The plan for one contact after one judgement: what to enter, what to leave, and whether sales takes over."""

from __future__ import annotations

from datetime import datetime

from connector.facts import Contact, aware
from connector.nurturing.entries import entries
from connector.nurturing.exits import leaves, segment_leaves
from connector.nurturing.handover import hand_over
from connector.nurturing.intents import Memory, Plan
from connector.nurturing.matching import track_states
from connector.nurturing.segments import segments_of
from connector.nurturing.situation import Situation
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
        return Plan(tracks=states, segments=segments_of(situation))
    leave = leaves(situation)
    enter, refused = entries(situation, states, leaving=bool(leave))
    return Plan(
        enter=enter,
        leave=(*leave, *segment_leaves(situation, states)),
        handover=hand_over(situation),
        refused=refused,
        tracks=states,
        segments=segments_of(situation),
    )
