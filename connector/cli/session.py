"""What most commands need: settings, an open store, rulebooks, the platforms; and the drawing of progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from connector.cli.exits import Exit
from connector.cli.visible import visible

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import Task, TaskID

    from connector.assembly import Store
    from connector.rulebook.problems import RulebookError
    from connector.rulebook.types import Rulebook
    from connector.settings import Settings
    from connector.steps.finding import Finding
    from connector.steps.parts import Parts
    from connector.steps.progress import Progress


@dataclass(frozen=True, slots=True)
class Session:
    """One command's surroundings: the rulebook of the `files`, a proposal, and the `active` one, which decides."""

    settings: Settings
    store: Store
    files: Rulebook
    active: Rulebook | None

    @property
    def changed(self) -> bool:
        """True when the files say something else than the rulebook that decides."""
        return self.active is not None and self.active.hash != self.files.hash

    def parts(self, rulebook: Rulebook, progress: Progress | None = None) -> Parts:
        """The parts of every step under one of the two rulebooks. Makes no call."""
        from connector.assembly import make_parts

        return make_parts(self.settings, self.store, rulebook, progress=progress)


@contextmanager
def session(*, by_files: bool = True) -> Iterator[Session]:
    """Read the files first (bad input is refused before anything changes), then open the store. Changes nothing.

    With `by_files` off, mistakes in them are only told where a rulebook is active: it decides, and stands for them.
    """
    from connector.assembly import settings
    from connector.rulebook.problems import RulebookError
    from connector.rulebook.read import read_rulebook

    try:
        files = read_rulebook(settings().mappings_dir)
    except RulebookError as mistakes:
        if by_files:
            raise
        opened = _in_spite_of(mistakes)
    else:
        opened = _over(files)
    with opened as now:
        yield now


@contextmanager
def _over(files: Rulebook) -> Iterator[Session]:
    from connector.assembly import active_rulebook, settings

    with stored() as store:
        yield Session(settings(), store, files, active_rulebook(store))


@contextmanager
def _in_spite_of(mistakes: RulebookError) -> Iterator[Session]:
    """By the active rulebook alone; without one, or without a store, the mistakes are what is the matter."""
    from connector.assembly import active_rulebook, settings
    from connector.store.errors import StoreUnavailable

    with ExitStack() as held:
        try:
            store = held.enter_context(stored())
            active = active_rulebook(store)
        except StoreUnavailable:
            raise mistakes from None
        if active is None:
            raise mistakes
        for problem in mistakes.problems:
            click.echo(visible(str(problem)), err=True)
        yield Session(settings(), store, active, active)


@contextmanager
def stored() -> Iterator[Store]:
    """An open store, for commands that need no files."""
    from connector.assembly import open_store, settings

    with open_store(settings(), say=lambda line: click.echo(line, err=True)) as store:
        yield store


def activate(store: Store, rulebook: Rulebook) -> None:
    """Make a rulebook the one that decides."""
    from connector.steps.parts import now_utc
    from connector.store import state

    with store.engine.begin() as conn:
        state.activate(conn, rulebook.hash, rulebook.source, now_utc())


def newly_read(now: Session) -> Sequence[Finding]:
    """What the files ask for that the active rulebook never read, and what it costs."""
    from connector.steps.newly_mapped import newly_mapped

    if now.active is None or not now.changed:
        return ()
    with now.store.engine.connect() as conn:
        found = newly_mapped(conn, now.active, now.files)
    return () if found is None else (found.finding,)


def say_what_is_off(given: Settings) -> None:
    """A platform without credentials is off, and a person hears it. Without any there is nothing to do."""
    if not given.hubspot_on:
        click.echo("HubSpot is off: HUBSPOT_ACCESS_TOKEN is not set.", err=True)
    if not given.mailchimp_on:
        click.echo("Mailchimp is off: MAILCHIMP_API_KEY is not set.", err=True)
    if not given.hubspot_on and not given.mailchimp_on:
        click.echo("Nothing to do without a platform. To see Trellis at work without one: trellis demo", err=True)
        raise click.exceptions.Exit(Exit.USAGE)


def refuse_without_platform(given: Settings, rulebook: Rulebook) -> None:
    """Say what is off, and end the command where nothing is left: Mailchimp's audiences stand in fields.yaml."""
    say_what_is_off(given)
    if given.mailchimp_on and not rulebook.fields.audiences:
        click.echo("Mailchimp is off: fields.yaml names no audience; add audiences: {main: {list: …}}", err=True)
        if not given.hubspot_on:
            raise click.exceptions.Exit(Exit.USAGE)


class Drawn:
    """Draws a bar for each kind of long work, with its speed, the calls made so far and the time left."""

    def __init__(self, bars: Bars, calls: Callable[[], int]) -> None:
        self._bars = bars
        self._calls = calls
        self._tasks: dict[str, TaskID] = {}

    def step(self, what: str, done: int, total: int | None = None) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total, calls=0)
        self._bars.update(self._tasks[what], completed=done, total=total, calls=self._calls())


@contextmanager
def drawn_progress() -> Iterator[Progress]:
    """Progress bars while the block runs, where standard error is a terminal; log lines elsewhere."""
    from connector.assembly import platforms, settings
    from connector.logs import set_up_logs
    from connector.steps.progress import Logged

    if not sys.stderr.isatty():
        set_up_logs(settings(), "command")
        yield Logged()
        return

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars
    from rich.text import Text

    class Speed(ProgressColumn):
        """Rows a second."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed else "")

    def calls() -> int:
        return sum(sum(made.values()) for made in platforms(settings()).calls().values())

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Speed(),
        TextColumn("{task.fields[calls]} calls"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        yield Drawn(bars, calls)
