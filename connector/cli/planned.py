"""The command that shows what the files would change, before anything is: `trellis plan`."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import click

from connector.cli.exits import Exit, explain_failures
from connector.cli.plan_people import FIRST, View
from connector.cli.session import drawn_progress, refuse_without_platform, session
from connector.cli.visible import visible

if TYPE_CHECKING:
    from connector.assembly import Store
    from connector.change.plan.plan import Plan
    from connector.cli.session import Session
    from connector.rulebook.types import Rulebook
    from connector.steps.progress import Progress

_WIDEST, _NARROWEST = 110, 60

_FILES, _ACTIVE = "the files", "the active rulebook"


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Save the plan, for `trellis apply FILE`; people stand in it by number only.",
)
@click.option("--versus", metavar="RELEASE|GIT-REF|DIR", help="Compare the files with another rulebook, today.")
@click.option("--all", "everybody", is_flag=True, help=f"Name everybody, not only the first {FIRST} of each kind.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
def plan(*, output: Path | None, versus: str | None, everybody: bool, as_json: bool) -> None:
    """Say what the files of mappings/ would change, person by person, and change nothing. Exit code 3 if something would be held.

    What would be created on the platforms, what would be read for the first time and what that costs; how scores and stages
    shift; who moves stage, and because of which rule; who enters or leaves which track; whom sales is given; the writes, calls
    and minutes that it takes.

    Example: trellis plan -o plan.json
    """
    from connector.change.plan.file import save

    if output is not None and versus is not None:
        raise click.UsageError(
            "a comparison cannot be applied, so it is not saved: use --json", click.get_current_context()
        )
    if output is not None and not output.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {output.parent}", click.get_current_context(), param_hint="-o")
    with session() as now:
        other = None if versus is None else _other(now, versus)
        with drawn_progress() as progress:  # ends before anything is printed: bars draw over it
            figured = plan_of(now, progress) if other is None else _compared(now, other[1], progress)
        if output is not None:
            save(figured, output)
        if as_json:
            _print_data(figured)
        else:
            label, rulebook = other or (_ACTIVE, now.active)
            shown = (now.files,) if rulebook is None else (now.files, rulebook)
            show(now.store, figured, shown, against=label, everybody=everybody)
            click.echo()
            for line in wrap(_closing(figured, output), _width(), break_long_words=False, break_on_hyphens=False):
                click.echo(line)
    raise click.exceptions.Exit(Exit.HELD if figured.held else Exit.DONE)


def plan_of(now: Session, progress: Progress | None = None) -> Plan:
    """The plan of the files. Platforms are asked only what they lack; one that fails is told on standard error."""
    from connector.change.plan.figure import figure
    from connector.steps import portal
    from connector.steps.provision import provision

    refuse_without_platform(now.settings, now.files)
    parts = now.parts(now.files, progress)
    lacking = provision(parts, dry_run=True, webhook_url=None)
    failures, _ = explain_failures(lacking.errors)
    for line in failures:
        click.echo(line, err=True)
    return replace(
        figure(parts, now.active, creates=lacking.lines, reading=portal.look(parts)), uncreated=" ".join(failures)
    )


def show(
    store: Store,
    figured: Plan,
    rulebooks: tuple[Rulebook, ...],
    *,
    against: str = _ACTIVE,
    everybody: bool = False,
) -> None:
    """Print a plan for people, by the names that they have now. `rulebooks`: the planned one, then what stands against it."""
    from connector.cli.plan_names import names
    from connector.cli.plan_text import plan_lines

    with store.engine.connect() as conn:
        called = partial(names, conn, rulebooks[0].fields)
        view = View(_FILES, against, rulebooks, called, _width(), None if everybody else FIRST)
        for line in plan_lines(figured, view):
            click.echo(visible(line))


def _width() -> int:
    return min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)


def _compared(now: Session, other: Rulebook, progress: Progress) -> Plan:
    from connector.change.plan.figure import figure

    return figure(now.parts(now.files, progress), now.active, versus=other)


def _other(now: Session, versus: str) -> tuple[str, Rulebook]:
    from connector.change.versus import NotNamed, rulebook_named

    try:
        with now.store.engine.connect() as conn:
            return rulebook_named(versus, conn, now.settings.mappings_dir)
    except NotNamed as error:
        raise click.BadParameter(str(error), click.get_current_context(), param_hint="--versus") from None


def _print_data(figured: Plan) -> None:
    from connector.change.plan.file import as_json

    for piece in as_json(figured):
        click.echo(piece.decode(), nl=False)


def _closing(figured: Plan, output: Path | None) -> str:
    """What to do next; and that nothing has been done."""
    if figured.versus is not None:
        return "Nothing was changed. A comparison cannot be applied; `trellis plan` says what the files would change."
    if figured.is_empty:
        if figured.active == figured.rulebook:
            return "The files change nothing."
        return "The files change nothing but the rulebook itself: `trellis apply` makes them the active one."
    held = "; what is held then waits in `trellis holds`" if figured.held else ""
    if output is not None:
        return f"Nothing was changed. To do exactly this: trellis apply {visible(shlex.quote(str(output)))}{held}"
    return (
        f"Nothing was changed. `trellis plan -o FILE` saves a plan, and `trellis apply FILE` does exactly that{held}."
    )
