"""`trellis provision --remove`: leaves the portal clean."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from connector.cli.exits import Exit, explain_failures
from connector.cli.session import Session, refuse_without_platform, session
from connector.cli.visible import visible

if TYPE_CHECKING:
    from connector.assembly import Store
    from connector.rulebook.types import Rulebook
    from connector.steps.removal import Found

#: A pass that a person began by hand is waited for.
_PATIENCE_S = 120

_GOES_ALONG = (
    "With it go all scores, stages and reasons in the portal; the markers of who was enrolled in what, and who was kept"
    " away by hand. A Trellis that began anew with an empty database would not know whom it has mailed."
)


def remove(*, dry_run: bool, yes: bool) -> None:
    """Say what of Trellis stands on the platforms and what is left there, ask, and take it away. Always ends the command."""
    from connector.steps.removal import take_away
    from connector.store import underway

    with session() as now:
        refuse_without_platform(now.settings, now.files)
        with now.store.engine.connect() as conn:
            on_tracks = underway.people_on_tracks(conn)
        found = _found(now)
        for line in (*(one.line() for one in found.ours), *_staying(found.kept, found.left), *found.unseen):
            click.echo(visible(line))
        if on_tracks:
            click.echo(f"{_people(on_tracks)} on tracks: what their workflows and flows have yet to send, they send.")
        if now.settings.hubspot_client_secret:
            click.echo("HubSpot's webhooks go with the project app: delete it in HubSpot.")
        code = _told(found.errors)
        if not found.ours:
            click.echo("There is nothing to take away.")
            raise click.exceptions.Exit(max(code, Exit.FAILED if found.kept else Exit.DONE))
        click.echo(_GOES_ALONG)
        if dry_run:
            raise click.exceptions.Exit(code)
        _refuse_while_at_work(now.store)
        _ask(yes=yes)
        _refuse_while_at_work(now.store)  # a person may have thought for long
        gone = take_away(now.parts(now.files), found, _PATIENCE_S)
    for line in (*gone.lines, *_staying(gone.kept, ())):
        click.echo(visible(line))
    code = max(code, _told(gone.errors), Exit.FAILED if found.kept or gone.kept else Exit.DONE)
    if code == Exit.DONE:
        click.echo(
            "What is left to you: the keys at the platforms, and the database (docs/running.md, Taking it away)."
        )
    raise click.exceptions.Exit(code)


def _refuse_while_at_work(store: Store) -> None:
    from connector.store import underway

    with store.engine.connect() as conn:
        workers = underway.workers(conn)
    if workers:
        click.echo(
            "Trellis is at work on this database: stop `trellis serve` and every worker first (one that was killed counts"
            " for half a minute).",
            err=True,
        )
        raise click.exceptions.Exit(Exit.FAILED)


def _found(now: Session) -> Found:
    """What stands there by the files, and by the active rulebook, whose audiences may be others."""
    from connector.steps.removal import find, united

    rulebooks = _rulebooks(now)
    secrets = (now.settings.mailchimp_webhook_token, now.settings.mailchimp_webhook_token_previous)
    tokens = [one for one in secrets if one]
    deciding = [now.files, now.active] if now.active and now.changed else [now.files]
    return united([find(now.parts(one), rulebooks, tokens) for one in deciding])


def _rulebooks(now: Session) -> Sequence[Rulebook]:
    """The files, and every rulebook that was ever active and can still be read: what one of them named may be ours."""
    from connector.rulebook.problems import RulebookError
    from connector.rulebook.read import rulebook_from_source
    from connector.store import made

    books = {now.files.hash: now.files}
    with now.store.engine.connect() as conn:
        kept = made.sources_kept(conn)
    for hash_, source in kept.items():
        if hash_ in books:
            continue
        try:
            books[hash_] = rulebook_from_source(source, hash_)
        except RulebookError:
            click.echo(f"Left: what only the rulebook {hash_[:12]} named, which this version cannot read any more.")
    return list(books.values())


def _ask(*, yes: bool) -> None:
    """Go on with a person's word only."""
    if yes:
        return
    if not sys.stdin.isatty():
        click.echo("This takes away what cannot be brought back: say --yes, or run it in a terminal.", err=True)
        raise click.exceptions.Exit(Exit.USAGE)
    if not click.confirm("Take all this away?"):
        click.echo("Nothing was taken away.", err=True)
        raise click.exceptions.Exit(Exit.FAILED)


def _staying(kept: Sequence[str], left: Sequence[str]) -> Sequence[str]:
    """What is ours and stays for now, and what is not ours."""
    return [*(f"Stays: {line}" for line in kept), *(f"Left alone: {line}" for line in left)]


def _people(count: int) -> str:
    return "1 person is" if count == 1 else f"{count:,} people are"


def _told(errors: Sequence[Exception]) -> Exit:
    lines, code = explain_failures(errors)
    for line in lines:
        click.echo(line, err=True)
    return code
