"""The command line: `trellis …`. Each command imports what it needs when it runs, so that `--help` stays fast."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple, NoReturn

import click

from connector import __version__
from connector.cli.exits import explain_error
from connector.cli.visible import visible


class Command(NamedTuple):
    """Where a command's code is, and what `trellis --help` says of it (at most 60 characters: 80 columns hold it)."""

    module: str
    line: str


#: Every command, by the name that a person types; the module holds a click command of that name.
COMMANDS = {
    "demo": Command("connector.cli.demo", "Show the main job on pretend platforms; needs no account."),
    "init": Command("connector.cli.starting", "Look at the portal, and write files that fit it."),
    "check": Command("connector.cli.look", "Look for what is wrong, each finding with its cure."),
    "provision": Command("connector.cli.operate", "Create what Trellis needs on the platforms and lacks."),
    "sync": Command("connector.cli.operate", "One pass: read changes, judge, deliver."),
    "explain": Command("connector.cli.look", "Show one contact's score line by line, stages and tracks."),
    "audit": Command("connector.cli.audit", "Say in what order the data are, from the store alone."),
    "test": Command("connector.cli.prove", "Judge the golden people of mappings/cases/."),
    "plan": Command("connector.cli.planned", "Say what the files would change, by name."),
    "apply": Command("connector.cli.applied", "Make the files the active rulebook, and carry it out."),
    "rollback": Command("connector.cli.released", "Take back a release and all later ones."),
    "releases": Command("connector.cli.released", "List the releases, and until when each can be rolled back."),
    "holds": Command("connector.cli.change", "List what waits for a person."),
    "approve": Command("connector.cli.change", "Let something held go."),
    "discard": Command("connector.cli.change", "Drop something held for good."),
    "handovers": Command("connector.cli.handovers", "List whom sales was given and nobody has touched yet."),
    "deliveries": Command("connector.cli.rows", "What webhooks brought: list, show, replay."),
    "failures": Command("connector.cli.rows", "What went wrong: list, show, replay."),
    "forget": Command("connector.cli.operate", "Erase one person from every table."),
    "serve": Command("connector.cli.serve", "Run everything on this machine until stopped."),
    "web": Command("connector.cli.processes", "Run the webhook receiver alone."),
    "worker": Command("connector.cli.processes", "Run the worker alone: take in, judge, deliver."),
    "clock": Command("connector.cli.processes", "Run the clock alone: it wakes the worker."),
    "watch": Command("connector.cli.watch", "Say when files change; apply what is small, by choice."),
    "release": Command("connector.cli.processes", "Bring the database to this version's schema."),
    "sandbox": Command("connector.cli.sandbox", "Run pretend HubSpot and Mailchimp until Ctrl-C."),
}


class Lazy(click.Group):
    """A group whose commands are imported only when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 — click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 — click's signature
        known = COMMANDS.get(cmd_name)
        if known is None:
            return None
        command = getattr(import_module(known.module), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from connector.rulebook.spelling import did_you_mean

            ctx.fail(f'there is no command "{args[0]}"; {did_you_mean(args[0], COMMANDS)}'.rstrip("; "))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 — click's
        with formatter.section("Commands"):
            formatter.write_dl([(name, known.line) for name, known in COMMANDS.items()])


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "-V", "--version", message="trellis %(version)s")
def trellis() -> None:
    """Trellis scores and nurtures the leads of teams that stay inside HubSpot and Mailchimp.

    Start with: trellis demo
    """


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command line; turn what can go wrong into one line with its cure and the exit code of design §4.1."""
    try:
        code = trellis.main(arguments, prog_name="trellis", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        code = error.exit_code
    except click.ClickException as error:
        click.echo(visible(_one_line(error)), err=True)
        code = error.exit_code
    except click.exceptions.Exit as error:
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        code = 1
    except Exception as error:  # noqa: BLE001 — raised again there, unless it was foreseen
        lines, code = explain_error(error)
        for line in lines:
            click.echo(line, err=True)
    sys.exit(code if isinstance(code, int) else 0)


def _one_line(error: click.ClickException) -> str:
    """Click's own words; a wrong usage also says where the right one stands."""
    said = " ".join(error.format_message().split()).rstrip(".")
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"{said} (see {error.ctx.command_path} --help)"
    return said
