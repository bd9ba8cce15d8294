"""The figures of a campaign, and what is known of those to whom a promise was broken."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import promises
from life import Class
from world import TOLD, World

_ADDRESS = re.compile(r"[\w.]+@[\w.]+")
_AROUND = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Figure:
    """One promise, and each case in which it was broken."""

    promise: str
    broken: Sequence[str]


def of_webhooks(world: World) -> list[Figure]:
    """What must hold by webhooks alone, once all of them are taken in."""
    installation = world.installation
    return [
        Figure("acknowledged deliveries lost", list(promises.lost(installation, world.courier.journal))),
        Figure("told, but not in the ledger", list(promises.held_otherwise(installation, world.sandbox, TOLD))),
    ]


def of_people(world: World, expected: Mapping[Class, promises.Ending]) -> list[Figure]:
    """What must hold for everybody 15 minutes after the faults stopped."""
    people, effects, installation = world.life.people, world.effects(), world.installation
    ended = promises.endings(world.sandbox, effects, people)
    return [
        Figure("forms without a trace in the ledger", list(promises.without_trace(installation, people))),
        Figure("values otherwise than at HubSpot", list(promises.held_otherwise(installation, world.sandbox))),
        Figure("enrolled twice in an episode", list(promises.twice(effects, promises.merged_with(people)))),
        Figure("enrolled without consent", list(promises.without_consent(effects, world.witness, people))),
        Figure("missed and not listed", list(promises.missed(installation, ended, expected, people))),
        Figure("other stages than in quiet", list(promises.staged_otherwise(ended, expected, people))),
    ]


def from_scratch(world: World) -> Figure:
    """A new store reads the same portal: does it come to the stages that stand there? It enrolls nobody.

    The ledger knows more of merged people than the portal does, so they are left out.
    """
    merged, before = promises.merged_with(world.life.people), promises.stages(world.sandbox)
    so_far = len(world.sandbox.effects)
    world.installation.trellis("sync", TRELLIS_DATA=str(world.folder / "scratch"), expect=(0, 3))
    judged = {email: stage for email, stage in before.items() if email not in merged}
    broken = [*promises.since_then(world.effects(), so_far), *promises.changed(judged, promises.stages(world.sandbox))]
    return Figure("stages otherwise than from scratch", broken)


def from_an_older_database(world: World, older: Path) -> Figure:
    """The database of before the kills comes back: whoever was enrolled since has her marker, and enters nothing again.

    Of those who were merged it knows less than the lost one did, so they may enter what they have never been in.
    """
    merged, before = promises.merged_with(world.life.people), world.effects()
    twice = set(promises.twice(before, merged))
    for _ in range(2):
        world.installation.trellis("sync", TRELLIS_DATA=str(older), expect=(0, 3))
    after = world.effects()
    new = [effect for effect in after[len(before) :] if effect.email not in merged]
    again = [line for line in promises.twice(after, merged) if line not in twice]
    return Figure("enrolled again by an older database", [*promises.since_then(new, 0), *again])


def evidence(world: World, figures: Sequence[Figure]) -> list[str]:
    """Of everybody named in a broken promise: what the platforms did, what was acknowledged, intended and logged."""
    named = dict.fromkeys(found for one in figures for line in one.broken for found in _ADDRESS.findall(line)[:1])
    return [line for email in list(named)[:5] for line in _of(world, email)]


def _of(world: World, email: str) -> list[str]:
    intents = world.installation.rows(
        "SELECT intent.id, kind, track, episode, state, channel, attempts, reason, created_at, sending_at, finished_at"
        " FROM intent WHERE contact IN (SELECT contact FROM record WHERE email = %s) ORDER BY id",
        [email],
    )
    ids = [f'"objectId":{id_}'.encode() for (id_,) in world.installation.rows(
        "SELECT platform_id FROM record WHERE source = 'hubspot' AND email = %s", [email])]  # fmt: skip
    address = email.replace("@", "%40").encode()
    letters = [one for one in world.courier.journal if address in one.body or any(id_ in one.body for id_ in ids)]
    effects = [one for one in world.effects() if one.email == email]
    moments = [*(one.at for one in effects), *(row[8] for row in intents)]
    return [
        f"{email}:",
        *(f"  effect   {one.at:%H:%M:%S.%f} {one.platform} {one.kind} {one.flow_name}: {one.why}" for one in effects),
        *(f"  journal  {one.at:%H:%M:%S.%f} no. {one.number} {one.platform}{' (lost)' * one.lost}" for one in letters),
        *(f"  intent   {' · '.join(map(str, row))}" for row in intents),
        *(f"  log      {line}" for line in _lines_around(world.installation.log, moments)),
    ]


def _lines_around(log: str, moments: Sequence[datetime]) -> list[str]:
    """Warnings and deaths about the time of what happened to her; a log line names nobody."""
    found = []
    for line in log.splitlines():
        if line.startswith("{") and ('"WARNING"' in line or '"ERROR"' in line):
            at = datetime.fromisoformat(orjson.loads(line)["at"])
            if any(abs(at - moment) < _AROUND for moment in moments):
                found.append(line[:300])
    return found[-20:]
