"""The command line: `trellis …`. Each command imports what it needs when it runs, so that `--help` stays fast."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from connector.cli.exits import Exit, explain_error

#: command → module that holds a click command of that name (dashes become underscores).
COMMANDS = {
    "demo": "connector.cli.demo",
    "check": "connector.cli.look",
    "provision": "connector.cli.operate",
    "sync": "connector.cli.operate",
    "explain": "connector.cli.look",
    "apply": "connector.cli.change",
    "holds": "connector.cli.change",
    "approve": "connector.cli.change",
    "discard": "connector.cli.change",
    "deliveries": "connector.cli.rows",
    "failures": "connector.cli.rows",
    "forget": "connector.cli.operate",
    "serve": "connector.cli.serve",
    "web": "connector.cli.processes",
    "worker": "connector.cli.processes",
    "clock": "connector.cli.processes",
    "release": "connector.cli.processes",
    "sandbox": "connector.cli.sandbox",
}


class Lazy(click.Group):
    """A group whose commands are imported only when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 — click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 — click's signature
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = getattr(import_module(module), cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="trellis-connector", prog_name="trellis")
def trellis() -> None:
    """Trellis scores and nurtures the leads of teams that stay inside HubSpot and Mailchimp.

    Start with: trellis demo
    """


def run() -> None:
    """Run one command; turn what can go wrong into one line with its cure and the exit code of design §4.1."""
    try:
        code = trellis.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = Exit.USAGE
    except click.exceptions.Exit as error:
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        code = Exit.FAILED
    except Exception as error:
        lines, code = explain_error(error)
        for line in lines:
            click.echo(line, err=True)
    sys.exit(code if isinstance(code, int) else 0)
