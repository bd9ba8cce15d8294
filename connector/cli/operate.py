"""Commands that act: provision, sync, forget."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from connector.cli.exits import Exit, explain_failures
from connector.cli.lasting import lasting
from connector.cli.session import activate, drawn_progress, refuse_without_platform, session, stored
from connector.cli.visible import visible

if TYPE_CHECKING:
    from connector.steps.parts import Parts
    from connector.steps.sync import Summary

Calls = Mapping[str, Mapping[tuple[str, str], int]]

#: A pass of the worker is soon over; a person waits for it rather than try again.
_PATIENCE_S = 120

_NAMES = {"hubspot": "HubSpot", "mailchimp": "Mailchimp"}


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be created, or taken away, and change nothing.")
@click.option("--remove", "leaving", is_flag=True, help="Take away what Trellis made on the platforms, for good.")
@click.option("--yes", is_flag=True, help="With --remove: do not ask.")
def provision(*, dry_run: bool, leaving: bool, yes: bool) -> None:
    """Create what Trellis needs on the platforms and lacks: properties, options, lists, merge fields, webhooks.

    It goes by the files of mappings/, so that a new track is ready before `trellis apply`. With --remove it takes away
    what is Trellis' own, and says what it leaves and why; nothing may be at work on the database meanwhile.

    Example: trellis provision --dry-run
    """
    from connector.steps.provision import provision as make

    if yes and not leaving:
        raise click.UsageError("--yes goes with --remove: creating asks nothing")
    if leaving:
        from connector.cli.removal import remove

        remove(dry_run=dry_run, yes=yes)
    with session() as now:
        refuse_without_platform(now.settings, now.files)
        rulebooks = [now.files, now.active] if now.active and now.changed else [now.files]
        done = [make(now.parts(one), dry_run=dry_run, webhook_url=now.settings.webhook_url) for one in rulebooks]
    lines = list(dict.fromkeys(line for one in done for line in one.lines))
    errors = [error for one in done for error in one.errors]
    for line in lines if lines or errors else ["Everything is there already."]:
        click.echo(visible(line))
    if dry_run and lines:
        click.echo("Nothing was changed; `trellis provision` does it.")
    if now.settings.webhook_url is None and now.settings.mailchimp_on:
        click.echo(
            "Mailchimp webhooks need PUBLIC_URL and MAILCHIMP_WEBHOOK_TOKEN; until then polling finds changes.",
            err=True,
        )
    raise click.exceptions.Exit(_told(errors))


@click.command()
@click.option("--full", is_flag=True, help="Read everything again, not only what changed.")
@click.option("--dry-run", is_flag=True, help="Read and judge, but write nothing to the platforms.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def sync(*, full: bool, dry_run: bool, as_json: bool) -> None:
    """One pass: read changes, judge, deliver. The first pass of a platform is a baseline: it enrolls nobody.

    The first sync also makes the files of mappings/ the active rulebook; later only `trellis apply` does. With --full and
    --dry-run together it only says what reading everything would cost.

    Example: trellis sync
    """
    from connector.assembly import platforms
    from connector.steps.sync import sync as run

    with drawn_progress() as progress, session(by_files=False) as now:
        decides = now.active or now.files
        refuse_without_platform(now.settings, decides)
        if full and dry_run:
            _tell_costs(now.parts(decides), as_json=as_json)
            return
        if now.active is None and not dry_run:
            activate(now.store, now.files)
        parts = now.parts(decides, progress)
        summary = run(parts, full=full, dry_run=dry_run, by_hand=True, patience_s=_PATIENCE_S)
    calls = platforms(now.settings).calls()
    if as_json:
        click.echo(json.dumps(_as_json(summary, calls)))
    else:
        for line in summary_lines(summary, calls, dry_run=dry_run):
            click.echo(line)
    if now.changed:
        click.echo(
            "The files in mappings/ differ from the active rulebook; `trellis apply` makes them active.", err=True
        )
    code = max(_told(summary.errors), Exit.REFUSED if summary.unread else Exit.DONE)
    raise click.exceptions.Exit(Exit.HELD if not code and summary.tally["held"] else code)


def _tell_costs(parts: Parts, *, as_json: bool) -> None:
    """Print what a full read would cost; one call a source is made to know."""
    from connector.steps.reading.estimate import estimates

    costs = list(estimates(parts))
    if as_json:
        click.echo(json.dumps([asdict(one) for one in costs]))
        return
    for one in costs:
        click.echo(
            f"{one.source}: {_some(one.records, 'record')}, about {_some(one.calls, 'call')},"
            f" at least {lasting(one.seconds)} as the quota allows."
        )


@click.command()
@click.argument("who")
def forget(who: str) -> None:
    """Erase one person from every table, for good: by e-mail address, platform id (hubspot:501) or our number (#12).

    Example: trellis forget maria@acme.example
    """
    from connector.steps.parts import now_utc
    from connector.store import ledger
    from connector.store.engine import writer_lock

    with stored() as store, store.engine.begin() as conn:
        writer_lock(conn)
        found = ledger.find_contacts(conn, who)
        if len(found) == 1:
            ledger.forget(conn, found[0], now_utc())
    if len(found) != 1:
        raise not_one(who, found)
    click.echo(
        "Forgotten here. Backups keep the person until they expire; at HubSpot and Mailchimp nothing is touched but that"
        " tracks end there."
    )


def not_one(who: str, found: Sequence[int]) -> click.ClickException:
    """What a command ends with that was asked for somebody whom the store does not know, or knows more than once."""
    if found:
        numbers = ", ".join(f"#{one}" for one in found)
        return click.ClickException(f"{len(found)} contacts are called so: {numbers}; name one by that number")
    if who.isdecimal():
        return click.ClickException(f"no platform's id is {who}: try hubspot:{who} or #{who}")
    return click.ClickException(
        "nobody is known by that: give an e-mail address, hubspot:<id>, mailchimp:<audience>:<id> or #<our number>,"
        " as of the last `trellis sync`"
    )


def summary_lines(summary: Summary, calls: Calls, *, dry_run: bool = False) -> Sequence[str]:
    """A pass in a few lines of plain words."""
    tally = summary.tally
    lines = ["Baseline: scores and stages only; nobody is enrolled."] if summary.baseline else []
    lines += ["Dry run: nothing is written, and no verdict is kept."] if dry_run else []
    lines.append(f"Read {_some(tally['read'], 'record')}: {tally['changed']} changed, {tally['events']} new acts.")
    lines += [_reconciled(tally)] if tally["told"] else []
    moved = "have a stage now" if summary.baseline else "moved to another stage"
    lines.append(f"Judged {_some(tally['judged'], 'contact')}: {tally['moved']} {moved}.")
    if dry_run:
        lines.append(
            f"Would write {_some(tally['would write'], 'record')} and enroll {_some(tally['would enroll'], 'contact')}."
        )
    else:
        lines.append(f"Wrote {_some(tally['written'], 'record')}.")
    told = (
        "enrolled",
        "not enrolled",
        "left",
        "handed over",
        "held",
        "refused",
        "unreadable",
        "gone",
        "erased",
        "not erased",
        "histories left",
        "still to be written",
        "waiting to enter",
        "enrollment unknown",
        "parked for a person",
    )
    lines += [f"{name.capitalize()}: {tally[name]}" for name in told if tally[name]]
    if summary.ready:
        named = ", ".join(f"#{one}" for one in summary.ready)
        lines.append(f"Ready for sales already, perhaps unnoticed: {named} (trellis explain '#{summary.ready[0]}').")
    lines += [visible(str(one)) for one in summary.unread]
    lines.append(f"Calls: {', '.join(f'{_NAMES[name]} {sum(made.values())}' for name, made in calls.items())}.")
    if tally["held"]:
        lines.append("Some moves are held for you: trellis holds")
    if tally["refused"] or tally["unreadable"]:
        lines.append("What was refused or unreadable is listed: trellis failures list")
    return lines


def _reconciled(tally: Mapping[str, int]) -> str:
    """A full read against the platforms' own totals; who came, went or was merged meanwhile may differ."""
    told, met = tally["told"], tally["listed"]
    if told == met:
        return f"All {told:,} that the platforms count were met."
    return (
        f"The platforms counted {told:,} when the reading began, {met:,} were met: who came or went meanwhile is read by the"
        " next pass, and what was unreadable is listed."
    )


def _some(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _told(errors: Sequence[Exception]) -> Exit:
    """Say what platforms failed with, one line each; the exit code that this means."""
    lines, code = explain_failures(errors)
    for line in lines:
        click.echo(line, err=True)
    return code


def _as_json(summary: Summary, calls: Calls) -> Mapping[str, object]:
    return {
        "baseline": summary.baseline,
        "counts": dict(summary.tally),
        "ready": list(summary.ready),
        "calls": {
            name: {f"{path} {outcome}": n for (path, outcome), n in made.items()} for name, made in calls.items()
        },
        "unread": [asdict(one) for one in summary.unread],
        "errors": [{"platform": error.platform, "kind": type(error).__name__} for error in summary.errors],
    }
