"""One small world: pretend platforms with people, a fresh database, the receiver; all on the sandbox's clock."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from copies import CopiedSandbox
from edited import edited
from unhurried import unhurried

from adapters.sandbox import Clock, Sandbox
from adapters.sandbox.people import Population, exclude, populate
from connector.assembly import make_parts
from connector.rulebook.types import Rulebook
from connector.steps.provision import provision
from connector.store import state

sys.path.append(str(Path(__file__).parent))  # a trip's world, and what several trips say

from receiving import SECRET, TOKEN, received
from trip_world import TUESDAY_NOON, World, opened

MAPPINGS = Path(__file__).parents[2] / "mappings"

#: What the portal's app tells by webhook; outputs of ours are not among them.
TOLD = (
    ("contact.creation", ""),
    ("contact.deletion", ""),
    ("contact.privacyDeletion", ""),
    ("contact.propertyChange", "recent_conversion_date"),
    ("contact.propertyChange", "num_conversion_events"),
    ("contact.propertyChange", "hs_analytics_num_page_views"),
    ("contact.propertyChange", "hs_email_optout"),
    ("contact.propertyChange", "lifecyclestage"),
    ("contact.propertyChange", "trellis_exclude"),
    ("contact.propertyChange", "email"),
)

Edits = Mapping[str, tuple[str, str]]


MakeWorld = Callable[..., World]


@dataclass(frozen=True, slots=True)
class Settled:
    """A world just after its baseline, in which nothing runs any more: others begin as copies of it."""

    sandbox: Sandbox
    population: Population
    database: str


@pytest.fixture(scope="session")
def settled(new_lasting_database: Callable[..., str]) -> Callable[[Circumstances], Settled]:
    """Gives the settled world of some circumstances; the first who asks has it made."""

    @cache
    def settle(given: Circumstances) -> Settled:
        url = new_lasting_database()
        with ExitStack() as stack:
            world = _sown(stack, url, given)
            world.sync()
            world.pass_time(minutes=10)
            world.flush()
            return Settled(world.sandbox, world.population, url)

    return settle


@pytest.fixture
def make_world(new_database: Callable[..., str], settled: Callable[[Circumstances], Settled]) -> Iterator[MakeWorld]:
    """Makes worlds.

    Options: `count` people; HubSpot's API `version`, or `hubspot` False without its credentials; `edits` of mappings, file → (old text, new text); `webhooks`: False
    for a world where all are lost; `baseline`: False for one that no pass has seen yet; `before`, called with sandbox and
    population before anything is read.
    """
    with ExitStack() as stack:

        def make(
            *,
            count: int = 40,
            version: str = "v3",
            edits: Edits | None = None,
            hubspot: bool = True,
            webhooks: bool = True,
            baseline: bool = True,
            before: Callable[[Sandbox, Population], object] | None = None,
        ) -> World:
            given = Circumstances(count, version if hubspot else None, tuple((edits or {}).items()), webhooks)
            if baseline and before is None:
                seed = settled(given)
                return _grown(stack, new_database(seed.database), seed, given)
            world = _sown(stack, new_database(), given, before)
            if baseline:
                world.sync()
                world.pass_time(minutes=10)
            return world

        yield make


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A world after its baseline."""
    return make_world()


@pytest.fixture
def quiet(make_world: MakeWorld) -> World:
    """The same, where every webhook of the platforms is lost."""
    return make_world(webhooks=False)


@pytest.fixture
def swept(quiet: World) -> World:
    """The same after one more pass, which swept."""
    quiet.pass_time(minutes=2)
    quiet.sync()
    return quiet


@pytest.fixture
def crowd(quiet: World) -> World:
    """The same with 1,000 contacts more, which nobody has read."""
    for number in range(1000):
        quiet.sandbox.hubspot.life.add_contact({"email": f"crowd{number}@crowd.example"})
    return quiet


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a world is made for: how many people, HubSpot's API version (None: it is off), edits of mappings, webhooks."""

    count: int
    version: str | None
    edits: tuple[tuple[str, tuple[str, str]], ...]
    webhooks: bool


def _sown(
    stack: ExitStack,
    database: str,
    given: Circumstances,
    before: Callable[[Sandbox, Population], object] | None = None,
) -> World:
    """A world that no pass has seen yet."""
    sandbox = stack.enter_context(Sandbox(Clock(TUESDAY_NOON)))
    sandbox.hubspot.settings.limits_on = False  # nobody waits for a quota here
    population = populate(sandbox, count=given.count)
    world = _served(stack, database, given, sandbox, population)
    with world.store.engine.begin() as conn:
        state.activate(conn, world.rulebook.hash, world.rulebook.source, TUESDAY_NOON)
    hook = f"{world.settings.public_url}/webhooks/mailchimp/{TOKEN}"
    provision(world.parts, dry_run=False, webhook_url=hook if given.webhooks else None)
    if given.version:
        exclude(sandbox, population)
    if before is not None:
        before(sandbox, population)
    _listen(world, given)
    return world


def _grown(stack: ExitStack, database: str, seed: Settled, given: Circumstances) -> World:
    """A world like a settled one, at addresses of its own."""
    sandbox = stack.enter_context(CopiedSandbox(seed.sandbox))
    world = _served(stack, database, given, sandbox, seed.population)
    for hook in sandbox.mailchimp.webhooks.hooks.values():
        hook.url = f"{world.settings.public_url}/webhooks/mailchimp/{TOKEN}"
    _listen(world, given)
    return world


def _served(stack: ExitStack, database: str, given: Circumstances, sandbox: Sandbox, population: Population) -> World:
    rulebook = _rulebook(given.edits)
    store = stack.enter_context(opened(database))
    settings = stack.enter_context(received(sandbox, store, given.version))
    parts = make_parts(settings, store, rulebook, clients=unhurried(settings), now=sandbox.clock)
    return World(sandbox, population, settings, store, rulebook, parts, stack)


def _listen(world: World, given: Circumstances) -> None:
    if given.webhooks:
        world.sandbox.hubspot.webhooks.configure(f"{world.settings.public_url}/webhooks/hubspot", SECRET, TOLD)


@cache
def _rulebook(edits: tuple[tuple[str, tuple[str, str]], ...]) -> Rulebook:
    """It is frozen, so that many worlds may have the same."""
    with TemporaryDirectory() as folder:
        return edited(Path(folder), [(name, old, new) for name, (old, new) in edits])
