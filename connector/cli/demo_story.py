"""What the demo tells: baseline, a day of life by webhook, a week later; then the tables that a marketer would care for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

if TYPE_CHECKING:
    from adapters.sandbox.server import Server
    from connector.cli.demo import Demo
    from connector.steps.sync import Summary

#: The people of the story, and whose records are shown at the end.
_SHOWN = ("maria", "laia", "noor")
_CAST = ("maria", "laia", "jordi", "biel", "noor", "sofia", "pau", "emma", "aina", "marta", "brian")


def tell(world: Demo) -> None:
    """Run the story and print it. Raises what the steps raise."""
    from connector.steps.provision import provision

    console = Console(highlight=False, soft_wrap=True)
    clock = world.sandbox.clock
    zone = ZoneInfo(world.parts.rulebook.fields.timezone)
    _say(
        console,
        f"{len(world.population.people)} people wait on pretend HubSpot and Mailchimp; their clock says {clock().astimezone(zone):%A %d %B %Y, %H:%M}.",
    )
    hook = f"{world.settings.public_url}/webhooks/mailchimp/{world.settings.mailchimp_webhook_token}"
    made = provision(world.parts, dry_run=False, webhook_url=hook)
    _say(
        console, f"provision: {len(made.lines)} things made (property group, properties, lists, merge fields, webhook)."
    )
    _exclude(world)

    _title(console, "The first pass is a baseline")
    _reset_calls(world)
    baseline = _pass(world)
    floors = _floors(world, baseline)
    before = _stages(world)
    _say(
        console,
        f"{baseline.tally['contacts']} contacts judged and written back; nobody enrolled: {_entered(world)} entries in the platforms' workflows.",
    )
    _calls(console, world, floors)

    _title(console, "Some life happens")
    for line in _live(world):
        _say(console, f"  {line}")
    received = _let_webhooks_in(world)
    _say(
        console,
        f"{received} webhook deliveries came in, signed, and were taken in; then one pass for what no webhook tells.",
    )
    clock.advance(timedelta(seconds=30))  # the search index lags
    _pass(world)
    _moves(console, world, before)

    _title(console, "A week later")
    clock.advance(timedelta(days=7))
    _pass(world)
    _pass(world)
    _enrollments(console, world)

    _title(console, "What the marketer now sees in HubSpot")
    _stage_table(console, world, before)
    for key in _SHOWN:
        _record(console, world, key)
    _title(console, "And when nothing changed")
    clock.advance(timedelta(minutes=3))
    _pass(world)
    _reset_calls(world)
    quiet = _pass(world)
    counts = {name: server.calls.total for name, server in _servers(world).items()}
    _say(
        console,
        f"sync: {quiet.tally['written']} writes; calls: "
        + ", ".join(f"{name} {count}" for name, count in counts.items())
        + ".",
    )


# ---------------------------------------------------------------- doing


def _pass(world: Demo) -> Summary:
    from connector.steps.sync import sync

    summary = sync(world.parts)
    world.sandbox.hubspot.webhooks.flush()
    world.sandbox.mailchimp.flush()
    for error in summary.errors:
        raise error
    return summary


def _let_webhooks_in(world: Demo) -> int:
    from connector.steps.sync import work
    from connector.store import inbox

    world.sandbox.hubspot.webhooks.flush()
    world.sandbox.mailchimp.flush()
    with world.store.engine.connect() as conn:
        count = inbox.waiting(conn)
    work(world.parts)
    return count


def _exclude(world: Demo) -> None:
    from adapters.sandbox.people import exclude

    exclude(world.sandbox, world.population)


def _live(world: Demo) -> Sequence[str]:
    from adapters.sandbox.people import live

    return live(world.sandbox, world.population)


# ---------------------------------------------------------------- looking


def _stages(world: Demo) -> Mapping[int, str]:
    with world.store.engine.connect() as conn:
        return {row.contact: row.stage for row in conn.execute(text("SELECT contact, stage FROM verdict"))}


def _names(world: Demo) -> Mapping[int, str]:
    """Our id → who it is, for the people of the story."""
    from connector.store import ledger

    with world.store.engine.connect() as conn:
        found = {
            key: ledger.find_contact(conn, world.population.person(key).email or world.population.person(key).address)
            for key in _CAST
        }
    return {contact: key for key, contact in found.items() if contact is not None}


def _moves(console: Console, world: Demo, before: Mapping[int, str]) -> None:
    names, now = _names(world), _stages(world)
    moved = {contact: stage for contact, stage in now.items() if before.get(contact) != stage}
    for contact, stage in sorted(moved.items(), key=lambda one: names.get(one[0], "~")):
        _say(console, f"  {names.get(contact, f'contact {contact}'):<10} {before.get(contact, '–')} → {stage}")


def _enrollments(console: Console, world: Demo) -> None:
    entered = [effect for effect in world.sandbox.effects if effect.kind == "entered"]
    sent = Counter(effect.kind for effect in world.sandbox.effects if effect.kind in {"sent", "not_sent"})
    by_flow = Counter((effect.platform, effect.flow_name) for effect in entered)
    for (platform, flow), count in by_flow.most_common():
        _say(console, f"  {count:>3} entered “{flow}” at {platform}")
    _say(console, f"  {sent['sent']} mails would have been sent.")
    _say(console, "Not enrolled, and why:")
    names = _names(world)
    with world.store.engine.connect() as conn:
        refused = conn.execute(
            text("SELECT contact, track, reason FROM intent WHERE kind = 'enroll' AND state = 'refused' ORDER BY id")
        ).all()
        suppressed = conn.execute(text("SELECT contact, receipt FROM verdict WHERE stage = 'suppressed'")).all()
    for row in refused[:5]:
        _say(console, f"  {names.get(row.contact, f'contact {row.contact}'):<10} {row.track}: {row.reason}")
    told = [names[row.contact] for row in suppressed if row.contact in names]
    _say(
        console,
        f"  {len(suppressed)} people are suppressed (opted out, bounced, excluded …), among them {', '.join(sorted(told))}.",
    )


def _stage_table(console: Console, world: Demo, before: Mapping[int, str]) -> None:
    rulebook, now = world.parts.rulebook, _stages(world)
    counts, earlier = Counter(now.values()), Counter(before.values())
    ladder = [stage.id for stage in rulebook.stages.stages]
    table = Table("stage", "at the baseline", "now", box=None)
    for stage in [*ladder, *sorted(set(counts) | set(earlier) - set(ladder))]:
        if stage in ladder or counts[stage] or earlier[stage]:
            if not (stage in ladder and any(stage == row for row in table.columns[0].cells)):
                table.add_row(stage, str(earlier[stage]), str(counts[stage]))
    console.print(table)


def _record(console: Console, world: Demo, key: str) -> None:
    person = world.population.person(key)
    values = world.sandbox.hubspot.life.person(person.email).values
    console.print(f"\n[bold]{person.name}[/bold], {person.title}")
    for name in ("trellis_score", "trellis_stage", "trellis_track", "trellis_why", "trellis_next"):
        shown = (values.get(name) or "–").splitlines()
        console.print(f"  {name}", markup=False)
        for line in shown:
            console.print(f"    {line}", markup=False)


# ---------------------------------------------------------------- counting


def _servers(world: Demo) -> Mapping[str, Server]:
    return {"HubSpot": world.sandbox.hubspot_server, "Mailchimp": world.sandbox.mailchimp_server}


def _reset_calls(world: Demo) -> None:
    for server in _servers(world).values():
        server.calls.reset()


def _entered(world: Demo) -> int:
    return sum(effect.kind == "entered" for effect in world.sandbox.effects)


def _floors(world: Demo, summary: Summary) -> Mapping[str, tuple[int, str]]:
    """The least possible calls of a first pass, and how they add up (facts: 100 a page and batch; 1,000 members a page)."""
    with world.store.engine.connect() as conn:
        people = {
            row.source: row.n for row in conn.execute(text("SELECT source, count(*) AS n FROM record GROUP BY source"))
        }
        companies = conn.scalar(text("SELECT count(*) FROM company")) or 0
        written = {
            row.source: row.n
            for row in conn.execute(text("SELECT source, count(DISTINCT contact) AS n FROM written GROUP BY source"))
        }
    pages, company_reads = ceil(people.get("hubspot", 0) / 100), ceil(companies / 100)
    batches = ceil(written.get("hubspot", 0) / 100)
    members = sum(n for source, n in people.items() if source.startswith("mailchimp"))
    reports = sum(
        count for name, count in world.sandbox.mailchimp_server.calls.counts.items() if "email-activity" in name
    )
    writes = sum(n for source, n in written.items() if source.startswith("mailchimp"))
    return {
        "HubSpot": (
            1 + pages + company_reads + batches,
            f"1 definitions + {pages} pages + {company_reads} companies + {batches} batches",
        ),
        "Mailchimp": (
            2 * ceil(members / 1000) + 1 + reports + writes,
            f"{2 * ceil(members / 1000)} member pages + 1 reports + {reports} activity + {writes} merge-field writes, one a member",
        ),
    }


def _calls(console: Console, world: Demo, floors: Mapping[str, tuple[int, str]]) -> None:
    for name, server in _servers(world).items():
        least, how = floors[name]
        _say(console, f"  {name}: {server.calls.total} calls; the least possible is {least} ({how})")


def _title(console: Console, title: str) -> None:
    console.print(f"\n[bold]{title}[/bold]")


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False)
