"""A person at a terminal: an environment of her own, the commands that she types, and what they answer.

Commands run in this process, through the very entry of `trellis`; an error that nobody foresaw fails the test with its trace.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from copies import CopiedSandbox

from adapters.sandbox import Sandbox
from adapters.sandbox.people import Population, populate
from connector import assembly, cli
from connector.settings import VARIABLES

SHIPPED = Path(__file__).parents[2] / "mappings"


@dataclass(frozen=True)
class Ran:
    """How one command ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> list[str]:
        """The lines on standard error."""
        return self.err.splitlines()


@dataclass
class Desk:
    """Where commands are typed. `environ` is the whole environment as far as Trellis reads it."""

    environ: dict[str, str] = field(default_factory=dict)

    def trellis(self, *arguments: str, columns: int = 80, **environ: str | None) -> Ran:
        """Type a command; `environ` changes the environment for it alone (None: not set)."""
        wanted = {name: value for name, value in {**self.environ, **environ}.items() if value is not None}
        before = dict(os.environ)
        out, err = StringIO(), StringIO()
        try:
            for name in VARIABLES:
                os.environ.pop(name, None)
                os.environ.pop(f"{name}_FILE", None)
            os.environ.update(wanted, COLUMNS=str(columns))
            assembly.settings.cache_clear()
            with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
                cli.run(arguments)
        finally:
            os.environ.clear()
            os.environ.update(before)
            assembly.settings.cache_clear()
        code = ended.value.code
        assert isinstance(code, int)
        # A receiver of an earlier test may still be ringing for a database that is gone by now.
        said = [line for line in err.getvalue().splitlines(keepends=True) if '"event": "bell failed"' not in line]
        return Ran(int(code), out.getvalue(), "".join(said))


@dataclass
class Town(Desk):
    """A desk with pretend platforms, people on them, a database of its own and a copy of the shipped mappings."""

    sandbox: Sandbox = field(kw_only=True)
    population: Population = field(kw_only=True)
    database: str = field(kw_only=True)
    mappings: Path = field(kw_only=True)

    def edit(self, file: str, old: str, new: str) -> None:
        """Change the one place of a file of mappings/ that reads `old`."""
        path = self.mappings / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file}: {old!r} stands {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def settle(self) -> None:
        """Provision and take the baseline."""
        assert self.trellis("provision").code == 0
        ran = self.trellis("sync")
        assert (ran.code, ran.err) == (0, "")

    def email(self, key: str) -> str:
        """The address of one of the named people."""
        return self.population.person(key).email

    def calls(self) -> int:
        """Requests that reached the platforms so far."""
        return self.sandbox.hubspot_server.calls.total + self.sandbox.mailchimp_server.calls.total

    def writes(self) -> list[str]:
        """Requests so far that may change something there. Searches and batch reads are POSTs that do not."""
        logs = (self.sandbox.hubspot_server.calls, self.sandbox.mailchimp_server.calls)
        made = [call for log in logs for call in log.calls if call.method != "GET"]
        return [f"{c.method} {c.template}" for c in made if not c.template.endswith(("/search", "/batch/read"))]

    def contents(self, *tables: str) -> Mapping[str, str]:
        """A fingerprint of each table (or of those named), to tell that nothing changed.

        But for `rate`: whoever calls a platform, if only to look, has made a call.
        """
        with psycopg.connect(self.database.replace("+psycopg", "", 1)) as connection:
            rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            prints = {}
            for (name,) in rows:
                if name in tables or (not tables and name != "rate"):
                    one = f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{name}" AS t'
                    prints[name] = str(connection.execute(one).fetchone())  # type: ignore[arg-type]
        return prints

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        """Look into the store, or arrange something there."""
        with psycopg.connect(self.database.replace("+psycopg", "", 1), autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A new user's terminal: nothing set but the folder of the shipped mappings, and no database to be had."""
    nowhere = tmp_path / "data"
    nowhere.write_text("a file where a directory should be")
    return Desk({"MAPPINGS_DIR": str(SHIPPED), "TRELLIS_DATA": str(nowhere)})


@pytest.fixture
def make_town(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Town]]:
    """Makes towns of `count` people: nothing is provisioned, no pass was made."""
    with ExitStack() as stack:
        yield lambda count=14: _town(stack, new_database(), tmp_path_factory.mktemp("town"), count)


@pytest.fixture
def town(make_town: Callable[..., Town]) -> Town:
    """A town that Trellis has not touched yet."""
    return make_town()


@pytest.fixture(scope="session")
def long_settled(new_lasting_database: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A town after `provision` and the baseline, in which nothing runs any more."""
    with ExitStack() as stack:
        town = _town(stack, new_lasting_database(), tmp_path_factory.mktemp("long-settled"), 14)
        town.settle()
        return town


@pytest.fixture
def settled(
    long_settled: Town, new_database: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """A town after `provision` and the baseline: a copy of the first one."""
    with _like(long_settled, new_database, tmp_path_factory.mktemp("settled")) as town:
        yield town


@pytest.fixture(scope="module")
def onlooker(
    long_settled: Town, new_lasting_database: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """A settled town for the tests of one file that change nothing in it."""
    with _like(long_settled, new_lasting_database, tmp_path_factory.mktemp("onlooker")) as town:
        yield town


@contextmanager
def _like(town: Town, new_database: Callable[..., str], folder: Path) -> Iterator[Town]:
    with CopiedSandbox(town.sandbox) as sandbox:
        yield _ruled(sandbox, town.population, new_database(town.database), folder)


def _town(stack: ExitStack, database: str, folder: Path, count: int) -> Town:
    sandbox = stack.enter_context(Sandbox())
    sandbox.hubspot.settings.search_lag = 0.0
    return _ruled(sandbox, populate(sandbox, count=count), database, folder)


def _ruled(sandbox: Sandbox, population: Population, database: str, folder: Path) -> Town:
    mappings = folder / "mappings"
    shutil.copytree(SHIPPED, mappings)
    for path in mappings.glob(
        "*.yaml"
    ):  # commands run on the real clock: on some day the shipped rules are to be reviewed
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"review_by: [\d-]+", "review_by: 2200-01-01", text), encoding="utf-8")
    environ = {
        "HUBSPOT_BASE_URL": sandbox.hubspot_url,
        "HUBSPOT_ACCESS_TOKEN": sandbox.hubspot.settings.token,
        "MAILCHIMP_BASE_URL": sandbox.mailchimp_url,
        "MAILCHIMP_API_KEY": sandbox.mailchimp.api_key,
        "DATABASE_URL": database,
        "MAPPINGS_DIR": str(mappings),
    }
    return Town(environ, sandbox=sandbox, population=population, database=database, mappings=mappings)
