"""What became of one person of the demo: by the platforms' own effect ledger, with the reasons that Trellis gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from connector.steps import portal
from connector.steps.judge import judge_person
from connector.steps.reasons import next_in_nurturing, sentence, track_label, why_left
from connector.steps.why_moved import why_moved
from connector.store import judgement, ledger
from connector.store.whys import whys_of

if TYPE_CHECKING:
    from adapters.sandbox.effects import Effect
    from connector.cli.demo_world import Demo
    from connector.facts import Episode
    from connector.steps.judged import Judged
    from connector.store.judgement import Flip

_FINISHED = "finished"  # a workflow that has sent its last mail: nobody took her out


@dataclass(frozen=True, slots=True)
class Seen:
    """How one person stands: `stands` is Trellis' sentence on nurturing, `owner` and `tasks` are HubSpot's."""

    stage: str = ""
    score: int | None = None
    stands: str = ""
    flips: Sequence[Flip] = ()
    episodes: Sequence[Episode] = ()
    whys: Mapping[tuple[Literal["enroll", "leave"], str, int], str] = field(default_factory=dict)
    owner: str = ""
    tasks: Sequence[str] = ()


def look(world: Demo, email: str) -> Seen:
    """How she stands now, from the store and from HubSpot's record; of somebody unknown nothing is said. Read-only."""
    parts = world.parts
    with parts.engine.connect() as conn:
        contact = ledger.find_contact(conn, email)
        if contact is None:
            return Seen()
        (person,) = ledger.load_people(conn, [contact])
        flips, whys = judgement.flips_of(conn, contact), whys_of(conn, contact)
    judged = judge_person(parts, person, portal.kept_stage_order(parts), portal.hearing(parts), baseline=False)
    stands = _to_come(judged) or next_in_nurturing(judged.plan, parts.rulebook)
    owner, tasks = _with_sales(world, email)
    score = judged.verdict.score if judged.verdict.enough else None
    return Seen(judged.step.after.stage, score, stands, flips, person.episodes, whys, owner, tasks)


def what_became(world: Demo, before: Seen, after: Seen, effects: Sequence[Effect]) -> Iterator[str]:
    """Say what Trellis did between two looks, each with its reason; `effects` are hers since the first look."""
    moves = [_move(world, flip) for flip in after.flips[len(before.flips) :]]
    if moves and after.score is not None:
        moves[-1] = f"{moves[-1]} ({after.score})"
    yield from moves
    yield from _left(world, before, after, effects)
    yield from _entered(world, before, after, effects)
    if after.tasks[len(before.tasks) :]:
        yield f"handed over: owner {after.owner}, task “{after.tasks[-1]}” with a brief"


def _move(world: Demo, flip: Flip) -> str:
    return f"{flip.after}, {why_moved(flip.before, flip.after, flip.cause, world.parts.rulebook)}"


def _left(world: Demo, before: Seen, after: Seen, effects: Sequence[Effect]) -> Iterator[str]:
    left = [f"“{one.flow_name}”" for one in effects if one.kind == "left" and one.why != _FINISHED]
    over = {(one.track, one.number) for one in before.episodes if one.left_at is not None}
    for one in after.episodes:
        if one.left_at is not None and (one.track, one.number) not in over:
            where = (
                ", ".join(left) or f"“{track_label(world.parts.rulebook, one.track)}”, whose mails had all been sent"
            )
            why = after.whys.get(("leave", one.track, one.number), "")
            yield f"out of {where}: {why_left(why, world.parts.rulebook.fields.language)}"


def _entered(world: Demo, before: Seen, after: Seen, effects: Sequence[Effect]) -> Iterator[str]:
    entered = [f"“{one.flow_name}” at {one.platform}" for one in effects if one.kind == "entered"]
    known = {(one.track, one.number) for one in before.episodes}
    for one in after.episodes:
        if (one.track, one.number) not in known:
            why = after.whys.get(("enroll", one.track, one.number), "")
            yield f"into {', '.join(entered)}: {sentence(why, world.parts.rulebook.fields.language)}"


def _to_come(judged: Judged) -> str:
    """What she will enter, once it is working time."""
    language = judged.rulebook.fields.language
    come = (one for one in judged.plan.enter if not one.ways[0].segment)
    return "; ".join(
        f"enters “{track_label(judged.rulebook, one.track)}” in working hours: {sentence(one.why, language)}"
        for one in come
    )


def _with_sales(world: Demo, email: str) -> tuple[str, Sequence[str]]:
    """Who owns her at HubSpot, and the titles of her tasks."""
    hubspot = world.sandbox.hubspot
    with hubspot.lock:
        record = hubspot.contacts.find(email, by_email=True)
        if record is None:
            return "", ()
        owner = hubspot.owners.get(record.values.get("hubspot_owner_id", ""))
        ids = hubspot.associations.of("contacts", record.id, "tasks")
        found = [hubspot.shelves["tasks"].find(str(one)) for one in ids]
        return owner.email if owner else "", [one.values["hs_task_subject"] for one in found if one]
