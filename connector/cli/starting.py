"""The command of the first afternoon: init."""

from __future__ import annotations

from pathlib import Path

import click

from connector.cli.exits import Exit
from connector.cli.visible import visible


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--hubspot/--no-hubspot", default=None, help="Look at HubSpot, or do without; by default if it has a token."
)
@click.option("--mailchimp/--no-mailchimp", default=None, help="The same of Mailchimp.")
@click.option("--language", type=click.Choice(["en", "es", "ca"]), help="Of receipts and labels.")
@click.option("--timezone", metavar="ZONE", help="The team's, such as Europe/Madrid; by default the portal's.")
@click.option(
    "--field", "fields", multiple=True, metavar="NAME=PROPERTY", help="Which property means what; several may be given."
)
@click.option("--capacity", type=int, metavar="N", help="Leads that sales can look at in a week.")
@click.option(
    "--answers", type=click.Path(path_type=Path), metavar="FILE", help="What the interview would ask, in YAML."
)
def init(
    *,
    folder: Path | None,
    hubspot: bool | None,
    mailchimp: bool | None,
    language: str | None,
    timezone: str | None,
    fields: tuple[str, ...],
    capacity: int | None,
    answers: Path | None,
) -> None:
    """Look at the portal, ask a few things, and write files that fit it into DIR (the folder of MAPPINGS_DIR).

    On a terminal it asks what was not said by options; elsewhere its own proposals stand. Nothing is written over, nothing is
    changed on a platform, and Ctrl-C writes nothing.

    Example: trellis init mine --language es --field job_title=cargo --capacity 15
    """
    from connector.cli.first_look import Options, begin
    from connector.starter.answers import AnswerError
    from connector.starter.shelf import AlreadyThereError

    given = Options(folder, hubspot, mailchimp, language, timezone, fields, capacity, answers)
    try:
        for line in begin(given):
            click.echo(visible(line))
    except (AlreadyThereError, AnswerError) as error:
        click.echo(visible(f"{error}."), err=True)
        raise click.exceptions.Exit(Exit.USAGE) from error
    except OSError as error:
        click.echo(f"The files cannot be written ({error.strerror}); name another folder.", err=True)
        raise click.exceptions.Exit(Exit.FAILED) from error
