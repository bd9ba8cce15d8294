"""Commands that act: provision, sync, forget."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from connector.cli.exits import Exit, explain_error
from connector.cli.session import drawn_progress, session

if TYPE_CHECKING:
    from connector.steps.sync import Summary

Calls = Mapping[str, Mapping[tuple[str, str], int]]

#: A pass of the worker is soon over; a person waits for it rather than try again.
_PATIENCE_S = 120


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be created, and create nothing.")
def provision(*, dry_run: bool) -> None:
    """Create what Trellis needs on the platforms and lacks: properties, options, lists, merge fields, webhooks.

    Example: trellis provision --dry-run
    """
    from connector.steps.provision import provision as make

    with session() as now:
        given = now.settings
        url = None
        if given.public_url and given.mailchimp_webhook_token:
            url = f"{given.public_url}/webhooks/mailchimp/{given.mailchimp_webhook_token}"
        done = make(now.parts, dry_run=dry_run, webhook_url=url)
        for line in done.lines:
            click.echo(line)
        if not done.lines:
            click.echo("Everything is there already.")
        if url is None and now.parts.mailchimp:
            click.echo(
                "Mailchimp webhooks need PUBLIC_URL and MAILCHIMP_WEBHOOK_TOKEN; until then polling finds changes."
            )


@click.command()
@click.option("--full", is_flag=True, help="Read everything again, not only what changed.")
@click.option("--dry-run", is_flag=True, help="Read and judge, but write nothing to the platforms.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def sync(*, full: bool, dry_run: bool, as_json: bool) -> None:
    """One pass: read changes, judge, deliver. The first pass of a platform is a baseline: it enrolls nobody.

    Example: trellis sync
    """
    from connector.assembly import platforms
    from connector.steps.sync import Busy
    from connector.steps.sync import sync as run

    with drawn_progress() as progress, session(progress=progress) as now:
        try:
            summary = run(now.parts, full=full, dry_run=dry_run, patience_s=_PATIENCE_S)
        except Busy as error:
            click.echo(str(error), err=True)
            raise click.exceptions.Exit(Exit.FAILED) from error
        calls = platforms(now.settings).calls()
        if as_json:
            click.echo(json.dumps(_as_json(summary, calls)))
        else:
            for line in summary_lines(summary, calls):
                click.echo(line)
        if now.changed:
            click.echo(
                "The files in mappings/ differ from the active rulebook; `trellis apply` makes them active.", err=True
            )
        raise click.exceptions.Exit(_exit_of(summary))


@click.command()
@click.argument("who")
def forget(who: str) -> None:
    """Erase one person from every table: by e-mail address, or by our id.

    Example: trellis forget 4711
    """
    from connector.store import ledger
    from connector.store.engine import writer_lock

    with session() as now, now.store.engine.begin() as conn:
        writer_lock(conn)
        contact = ledger.find_contact(conn, who)
        if contact is None:
            click.echo("Nobody here by that name.", err=True)
            raise click.exceptions.Exit(Exit.FAILED)
        ledger.forget(conn, contact, now.parts.now())
    click.echo("Forgotten. Backups keep her until they expire.")


def summary_lines(summary: Summary, calls: Calls) -> Sequence[str]:
    """A pass in a few lines of plain words."""
    tally = summary.tally
    lines = ["Baseline: scores and stages only; nobody is enrolled."] if summary.baseline else []
    lines.append(
        f"Read {tally['read']} records, {tally['changed']} changed, {tally['events']} new acts;"
        f" judged {tally['judged']} contacts, {tally['moved']} moved; wrote {tally['written']}."
    )
    told = (
        "enrolled",
        "not enrolled",
        "left",
        "handed over",
        "held",
        "refused",
        "unreadable",
        "enrollment unknown",
        "parked for a person",
    )
    lines += [f"{name}: {tally[name]}" for name in told if tally[name]]
    for platform, made in calls.items():
        counts = ", ".join(
            f"{count} {name}" for (name, outcome), count in sorted(made.items()) if outcome == "ok" or count
        )
        lines.append(f"{platform}: {sum(made.values())} calls ({counts})" if made else f"{platform}: no calls")
    if tally["held"]:
        lines.append("Some moves are held for you: trellis holds")
    if tally["refused"] or tally["unreadable"]:
        lines.append("What was refused or unreadable is listed: trellis failures list")
    return lines


def _exit_of(summary: Summary) -> Exit:
    for error in summary.errors:
        lines, code = explain_error(error)
        for line in lines:
            click.echo(line, err=True)
        return code
    return Exit.HELD if summary.tally["held"] else Exit.DONE


def _as_json(summary: Summary, calls: Calls) -> Mapping[str, object]:
    return {
        "baseline": summary.baseline,
        "counts": dict(summary.tally),
        "calls": {
            name: {f"{path} {outcome}": n for (path, outcome), n in made.items()} for name, made in calls.items()
        },
        "errors": [type(error).__name__ for error in summary.errors],
    }
