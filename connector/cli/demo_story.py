"""What the demo tells: baseline, a day of life by webhook, a week later; then the tables that a marketer would care for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

if TYPE_CHECKING:
    from adapters.sandbox.server import Server
    from connector.cli.demo_world import Demo
    from connector.steps.sync import Summary

#: Whose records are shown at the end, and who of the story may not be mailed.
_SHOWN = ("maria", "laia", "noor")
_BARRED = {"Noor", "Sofia", "Pau", "Marta", "Quim", "Rosa"}
_STAGES = text("SELECT contact, word.text AS stage FROM verdict JOIN word ON word.id = stage")


def tell(world: Demo) -> None:
    """Run the story and print it. Raises what the steps raise."""
    console = Console(highlight=False, soft_wrap=True)
    before = _baseline(console, world)
    _life(console, world, before)
    _week_later(console, world)
    _title(console, "What the marketer now sees in HubSpot")
    _stage_table(console, world, before)
    for key in _SHOWN:
        _record(console, world, key)
    _quiet(console, world)


def _baseline(console: Console, world: Demo) -> Mapping[int, str]:
    from connector.steps.provision import provision

    zone = ZoneInfo(world.parts.rulebook.fields.timezone)
    now = world.sandbox.clock().astimezone(zone)
    people = len(world.population.people)
    _say(console, f"{people} people wait on pretend HubSpot and Mailchimp; their clock says {now:%A %d %B %Y, %H:%M}.")
    hook = f"{world.settings.public_url}/webhooks/mailchimp/{world.settings.mailchimp_webhook_token}"
    made = provision(world.parts, dry_run=False, webhook_url=hook)
    for error in made.errors:
        raise error
    _say(
        console, f"provision: {len(made.lines)} things made (property group, properties, lists, merge fields, webhook)."
    )
    _exclude(world)
    _title(console, "The first pass is a baseline")
    _reset_calls(world)
    summary = _pass(world)
    _say(console, f"{summary.tally['contacts']} contacts judged, {summary.tally['written']} records written.")
    _say(console, f"Nobody was enrolled: {_entered(world)} entries in the platforms' workflows and flows.")
    _calls(console, world)
    return _stages(world)


def _life(console: Console, world: Demo, before: Mapping[int, str]) -> None:
    _title(console, "Some life happens")
    for line in _live(world):
        _say(console, f"  {line}")
    events = _let_webhooks_in(world)
    _say(
        console, f"{events} signed deliveries came in by webhook and were taken in; a pass finds what no webhook tells."
    )
    world.sandbox.clock.advance(timedelta(seconds=30))  # the search index lags
    _pass(world)
    _title(console, "Who moved")
    _moves(console, world, before)
    _title(console, "Who was enrolled, minutes later")
    _enrollments(console, world)


def _week_later(console: Console, world: Demo) -> None:
    _title(console, "A week later")
    world.sandbox.clock.advance(datetime.now(UTC) - timedelta(minutes=6) - world.sandbox.clock())
    summary = _pass(world)
    sent = Counter(effect.kind for effect in world.sandbox.effects)
    _say(
        console,
        f"Scores have faded: {summary.tally['written']} of them by enough to be written, {summary.tally['moved']} stages moved.",
    )
    _say(
        console,
        f"{sent['sent']} mails of workflows and flows would have been sent, {sent['not_sent']} held back by the platforms.",
    )


def _quiet(console: Console, world: Demo) -> None:
    _title(console, "And when nothing changed")
    world.sandbox.clock.advance(timedelta(seconds=30))  # the search index lags
    _pass(world)  # reads our own echoes
    world.sandbox.clock.advance(timedelta(minutes=3))
    _reset_calls(world)
    summary = _pass(world)
    calls = ", ".join(f"{name} {server.calls.total}" for name, server in _servers(world).items())
    _say(console, f"sync: {summary.tally['written']} writes; calls: {calls}.\n")
    world.sandbox.clock.resume()


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
        return {row.contact: row.stage for row in conn.execute(_STAGES)}


def _names(world: Demo, contacts: Sequence[int]) -> Mapping[int, str]:
    """Our id → what people call her, from either platform."""
    query = text(
        "SELECT DISTINCT ON (contact) contact, coalesce(raw ->> 'firstname', raw ->> 'merge_fields.FNAME') AS name"
        " FROM record WHERE contact = ANY(:ids) ORDER BY contact, source"
    )
    with world.store.engine.connect() as conn:
        return {
            row.contact: row.name or f"contact {row.contact}" for row in conn.execute(query, {"ids": list(contacts)})
        }


def _moves(console: Console, world: Demo, before: Mapping[int, str]) -> None:
    now = _stages(world)
    moved = [contact for contact, stage in now.items() if before.get(contact) != stage]
    names = _names(world, moved)
    for contact in sorted(moved, key=names.__getitem__):
        _say(console, f"  {names[contact]:<10} {before.get(contact, '(new)')} → {now[contact]}")


def _enrollments(console: Console, world: Demo) -> None:
    for effect in world.sandbox.effects.of(kind="entered"):
        _say(console, f"  {effect.email or effect.person} entered “{effect.flow_name}” at {effect.platform}")
    track_list = world.sandbox.hubspot.lists.named("Trellis: Ready for a hand-written mail")
    assert track_list is not None, "provision made it"
    _say(
        console,
        f"  {len(track_list.members)} wait on the list “Trellis: Ready for a hand-written mail” (no workflow needed)",
    )
    _say(console, "Who was not, and why:")
    kept_out = [contact for contact, stage in _stages(world).items() if stage == "suppressed"]
    with world.store.engine.connect() as conn:
        matched = conn.scalar(text("SELECT count(DISTINCT contact) FROM track_state WHERE matched AND at_baseline"))
    names = _names(world, kept_out)
    known = [names[contact] for contact in kept_out if names[contact] in _BARRED]
    _say(
        console,
        f"  {len(kept_out)} may not be mailed (opted out, bounced, excluded …), among them {', '.join(sorted(set(known)))}",
    )
    _say(console, f"  {matched} matched a track already at the baseline: they enter after leaving and matching again")


def _stage_table(console: Console, world: Demo, before: Mapping[int, str]) -> None:
    counts, earlier = Counter(_stages(world).values()), Counter(before.values())
    ladder = [stage.id for stage in world.parts.rulebook.stages.stages]
    table = Table("stage", "at the baseline", "now", box=None)
    for stage in [*ladder, *sorted((set(counts) | set(earlier)) - set(ladder))]:
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


def _floors(world: Demo) -> Mapping[str, tuple[int, str]]:
    """The least possible calls of a first pass, and how they add up (facts: 100 a page and batch, 1,000 members a page)."""
    by_source = "SELECT source, count(DISTINCT contact) AS n FROM {} GROUP BY source"
    with world.store.engine.connect() as conn:
        people = {row.source: row.n for row in conn.execute(text(by_source.format("record")))}
        written = {row.source: row.n for row in conn.execute(text(by_source.format("written")))}
        companies = conn.scalar(text("SELECT count(*) FROM company")) or 0
    member_source = next(source for source in people if source != "hubspot")
    pages, pasts, reads = ceil(people["hubspot"] / 100), ceil(people["hubspot"] / 50), ceil(companies / 100)
    submitted = (len(form.submissions) for form in world.sandbox.hubspot.forms.by_id.values())
    forms = 1 + sum(max(1, ceil(n / 50)) for n in submitted)
    batches, writes = ceil(written["hubspot"] / 100), written.get(member_source, 0)
    listings = 2 * ceil(people[member_source] / 1000)  # archived members are a listing of their own
    reported = world.sandbox.mailchimp_server.calls.counts
    activity, leavings = (
        reported.get(f"GET /3.0/reports/{{campaign_id}}/{what}", 0) for what in ("email-activity", "unsubscribed")
    )
    hubspot = (
        f"2 definitions, {pages} pages, {pasts} for their past, {reads} for companies, {forms} for forms,"
        f" {batches} batches of writes"
    )
    mailchimp = (
        f"{listings} listings, 1 reports, {activity} campaigns, {leavings} with leavings, 1 merge fields,"
        f" {writes} members written one by one"
    )
    return {
        "HubSpot": (2 + pages + pasts + reads + forms + batches, hubspot),
        "Mailchimp": (listings + 1 + activity + leavings + 1 + writes, mailchimp),
    }


def _calls(console: Console, world: Demo) -> None:
    floors = _floors(world)
    for name, server in _servers(world).items():
        least, how = floors[name]
        _say(console, f"{name}: {server.calls.total} calls; the least possible is {least} ({how}).")


def _title(console: Console, title: str) -> None:
    console.print(f"\n[bold]{title}[/bold]")


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False)
