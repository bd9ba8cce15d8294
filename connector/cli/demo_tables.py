"""The demo's tables: who stands on which stage, who got how much mail, and what a record in HubSpot shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from textwrap import shorten
from typing import TYPE_CHECKING

from rich.table import Table
from sqlalchemy import text

from connector.cli.demo_days import WEEKS

if TYPE_CHECKING:
    from connector.cli.demo_world import Demo

_STAGES = text("SELECT contact, word.text AS stage FROM verdict JOIN word ON word.id = stage")
#: So many lines of the receipt are shown, and so much of each.
_LINES, _WIDTH = 3, 83


def stages(world: Demo) -> Mapping[int, str]:
    """Where everybody stands, by our own id. Read-only."""
    with world.store.engine.connect() as conn:
        return {row.contact: row.stage for row in conn.execute(_STAGES)}


def stage_table(world: Demo, before: Mapping[int, str], now: Mapping[int, str]) -> Table:
    """How many stood on each stage at the baseline, and do now."""
    counts, earlier = Counter(now.values()), Counter(before.values())
    ladder = [stage.id for stage in world.parts.rulebook.stages.stages]
    table = Table("stage", "at the baseline", "now", box=None)
    for stage in [*ladder, *sorted((set(counts) | set(earlier)) - set(ladder))]:
        table.add_row(stage, str(earlier[stage]), str(counts[stage]))
    return table


def mail_table(world: Demo, five: Sequence[str]) -> Table:
    """Mails that reached each of the five in each week: of workflows and flows, and Mailchimp's campaigns."""
    table = Table("", *(f"week {number + 1}" for number in range(WEEKS)), box=None)
    for key in five:
        email = world.population.person(key).email
        got = Counter((moment - world.begins) // timedelta(weeks=1) for moment in _mails(world, email))
        table.add_row(key, *(str(got[week]) for week in range(WEEKS)))
    return table


def record(world: Demo, key: str) -> Iterator[str]:
    """What HubSpot's record of one of the five shows of Trellis."""
    person = world.population.person(key)
    values = world.sandbox.hubspot.life.person(person.email).values
    yield f"{person.name}, {person.title}"
    for name in ("trellis_score", "trellis_stage", "trellis_track", "trellis_why", "trellis_next"):
        first, *rest = (shorten(line, _WIDTH, placeholder=" …") for line in (values.get(name) or "–").splitlines())
        yield f"  {name:<14} {first}"
        yield from (f"  {'':<14} {line}" for line in rest[:_LINES])
        if rest[_LINES:]:
            yield f"  {'':<14} …"


def _mails(world: Demo, email: str) -> Iterator[datetime]:
    for effect in world.sandbox.effects.of(kind="sent", email=email):
        yield effect.at
    for campaign in world.sandbox.mailchimp.campaigns.values():
        if campaign.type == "regular":
            yield from (one.at for one in campaign.mailings.values() if one.member.email == email)
