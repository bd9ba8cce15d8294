"""A machine of its own for each test that asks: pretend platforms, a data directory, an environment, real processes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ports import free_port

from adapters.sandbox import Sandbox
from adapters.sandbox.hubspot.signatures import signed_headers
from adapters.sandbox.people import Population, populate
from connector.cli.exits import Exit
from connector.store.postgres import attach_or_start
from connector.store.postmaster import find_postmaster

ROOT = Path(__file__).parents[2]
CLIENT_SECRET = "process-client-secret"
MAILCHIMP_TOKEN = "process-webhook-token-0123456789"
TOLD = [
    "contact.creation",
    {"type": "contact.propertyChange", "property": "num_conversion_events"},
    {"type": "contact.propertyChange", "property": "hs_email_optout"},
    {"type": "contact.propertyChange", "property": "lifecyclestage"},
]


#: How long anything may take on a machine that has other things to do: it costs time only where a test is about to fail.
PATIENCE_S = 180.0


def until(holds: Callable[[], Any], what: str) -> Any:
    """What `holds` gives as soon as it is true; fails if that takes too long."""
    ends = time.monotonic() + PATIENCE_S
    while not (found := holds()):
        assert time.monotonic() < ends, f"still not: {what}"
        time.sleep(0.02)
    return found


def ask(url: str, wish: object = None, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """Status and body of a GET, or of a POST of `wish` (bytes as they are, anything else as JSON)."""
    body = wish if wish is None or isinstance(wish, bytes) else json.dumps(wish).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, dict(headers or {})), timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


class Machine:
    """What one team would have: two platforms, a data directory, mappings, an environment, and the commands."""

    def __init__(self, folder: Path, sandbox: Sandbox | None, population: Population | None) -> None:
        self.folder = folder
        self.data = folder / "var"
        self.population = population
        self.sandbox = sandbox
        self.environ = {
            **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV")},
            "TRELLIS_DATA": str(self.data),
            "MAPPINGS_DIR": str(folder / "mappings"),
            "PORT": str(free_port()),
            "HUBSPOT_CLIENT_SECRET": CLIENT_SECRET,
            "MAILCHIMP_WEBHOOK_TOKEN": MAILCHIMP_TOKEN,
            "HUBSPOT_ACCESS_TOKEN": "sandbox-token",
            "MAILCHIMP_API_KEY": "sandbox-us19",
        }
        self.url = f"http://127.0.0.1:{self.environ['PORT']}"
        self.environ["PUBLIC_URL"] = self.url
        if sandbox is not None:
            self.environ["HUBSPOT_BASE_URL"] = sandbox.hubspot_url
            self.environ["MAILCHIMP_BASE_URL"] = sandbox.mailchimp_url
        self._log = folder / "serve.log"
        self._serve: subprocess.Popen[bytes] | None = None

    # ------------------------------------------------------------ processes

    def trellis(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """One command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "connector", *words],
            cwd=ROOT,
            env=self.environ | environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def start(self, *words: str, **environ: str) -> subprocess.Popen[bytes]:
        """One command that goes on; what it says is appended to the log."""
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "connector", *words],
                cwd=ROOT,
                env=self.environ | environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def serve(self) -> None:
        """Start everything, and come back when its own receiver answers: another one may still be about to end."""
        before = self.pid("web")
        self._serve = self.start("serve")
        until(lambda: self._minded() and self.pid("web") != before and self.answers(), "the receiver is up")

    def _minded(self) -> bool:
        """What an init system does: start it again while the receiver of a killed one holds the port. True if it runs."""
        assert self._serve is not None
        code = self._serve.poll()
        if code == Exit.STORE:
            self._serve = self.start("serve")
        assert code in (None, Exit.STORE), self.log[-2000:]
        return code is None

    def answers(self) -> bool:
        """Whether a receiver is there."""
        with suppress(OSError):
            return ask(f"{self.url}/healthz")[0] == 200
        return False

    def stop(self) -> tuple[int, float]:
        """Ask everything to end: its exit code, and how many seconds it took."""
        assert self._serve is not None
        began = time.monotonic()
        self._serve.terminate()
        return self._serve.wait(PATIENCE_S), time.monotonic() - began

    def kill(self, name: str) -> None:
        """kill -9 of web, worker, clock, postgres or serve itself; nothing if it is dead already."""
        if name == "serve":
            assert self._serve is not None
            self._serve.kill()
            self._serve.wait()
        elif (pid := self.pid(name)) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def spare_port(self) -> str:
        """For one more receiver."""
        return str(free_port())

    def pid(self, name: str) -> int | None:
        """The latest process of that name under `serve`."""
        if name == "postgres":
            found = find_postmaster((self.data / "postgres/cluster/data").resolve())
            return found.pid if found else None
        started = [line["pid"] for line in self.lines if line["event"] == "started" and line.get("child") == name]
        return started[-1] if started else None

    def runs(self, name: str) -> bool:
        """Whether the latest process of that name is alive."""
        if name == "serve":
            return self._serve is not None and self._serve.poll() is None
        with suppress(OSError):
            return bool(Path(f"/proc/{self.pid(name)}/cmdline").read_bytes())  # a zombie's is empty
        return False

    def remains(self) -> dict[int, str]:
        """Every process that still belongs to this machine, PostgreSQL included."""
        found = {}
        mine = os.fsencode(self.data)
        for place in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                command = (place / "cmdline").read_bytes()
                if command and (mine in command or mine in (place / "environ").read_bytes()):
                    found[int(place.name)] = command.replace(b"\0", b" ").decode()
        return found

    # ------------------------------------------------------------ what was said

    @property
    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log lines among what was said."""
        return [json.loads(line) for line in self.log.splitlines() if line.startswith("{") and line.endswith("}")]

    @property
    def plain(self) -> list[str]:
        """The sentences among it, but for those about waiting: how often it says so hangs on the machine."""
        sentences = [line for line in self.log.splitlines() if not line.startswith("{")]
        return [line for line in sentences if not re.search(r"; waiting( \(\d+ s\))?$", line)]

    # ------------------------------------------------------------ the world outside

    def tell_webhooks(self) -> None:
        """HubSpot's app sends its events to our receiver."""
        where = {"target_url": f"{self.url}/webhooks/hubspot", "client_secret": CLIENT_SECRET, "subscriptions": TOLD}
        assert ask(f"{self.environ['HUBSPOT_BASE_URL']}/sandbox/webhooks", where)[0] == 204

    def live(self, do: str, **wish: object) -> None:
        """Something happens at HubSpot."""
        status, answer = ask(f"{self.environ['HUBSPOT_BASE_URL']}/sandbox/life", {"do": do, **wish})
        assert status == 200, answer

    def fill_form(self, email: str, form: str, title: str) -> None:
        """Somebody fills in a form; new people become known by it."""
        values = {
            "firstname": email.split("@", maxsplit=1)[0].capitalize(),
            "jobtitle": title,
            "company": email.split("@")[1],
        }
        values |= {"country": "Spain", "numemployees": "100-500"}
        self.live("fill_form", email=email, form=form, values=values)

    def deliver(self, body: bytes) -> bool:
        """One signed delivery; True once it was acknowledged."""
        url = f"{self.url}/webhooks/hubspot"
        now_ms = int(datetime.now(UTC).timestamp() * 1000)
        headers = {"Content-Type": "application/json", **signed_headers(CLIENT_SECRET, "POST", url, body, now_ms)}
        try:
            return 200 <= ask(url, body, headers)[0] < 300
        except OSError:
            return False

    def effects(self, **wanted: str) -> list[dict[str, Any]]:
        """What the platforms would have done to people."""
        query = "&".join(f"{name}={value}" for name, value in wanted.items())
        status, answer = ask(f"{self.environ['HUBSPOT_BASE_URL']}/sandbox/effects?{query}")
        assert status == 200
        return json.loads(answer)["effects"]  # type: ignore[no-any-return]

    def entered(self) -> Counter[tuple[str, str]]:
        """Who entered which workflow, and how often."""
        return Counter((effect["email"], effect["flow_name"]) for effect in self.effects(kind="entered"))

    def stages(self) -> dict[str, str]:
        """Where HubSpot says that everybody stands, by address (or name, for those without one)."""
        assert self.sandbox is not None
        with self.sandbox.hubspot.lock:
            return {
                record.values.get("email") or record.values["firstname"]: record.values.get("trellis_stage", "")
                for record in self.sandbox.hubspot.contacts
            }

    # ------------------------------------------------------------ the store

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Rows of the bundled server, whether it runs or not."""
        with attach_or_start(self.data) as attachment, closing(psycopg.connect(plain(attachment.url))) as connection:
            cursor = connection.execute(statement, values)
            found = cursor.fetchall() if cursor.description else []
            connection.commit()
            return found

    def let_leases_run_out(self) -> None:
        """An hour passes for what was interrupted: leases run on the database's clock, which no test can turn."""
        past = "clock_timestamp() - interval '1 s'"
        self.rows(f"UPDATE delivery SET lease_until = {past} WHERE lease_until IS NOT NULL")
        self.rows(
            f"UPDATE intent SET lease_until = {past}, sending_at = sending_at - interval '1 h'"
            " WHERE state IN ('pending', 'sending', 'unknown')"
        )


def plain(url: str) -> str:
    return url.replace("+psycopg", "", 1)


def open_mappings(folder: Path) -> None:
    """The shipped mappings, but open at every hour, enrolling at once and by the dozen: processes run on the real clock."""
    shutil.copytree(ROOT / "mappings", folder / "mappings")
    tracks = folder / "mappings" / "tracks.yaml"
    text, calendars = re.subn(r"(?m)^calendar:.*$", "calendar: {}", tracks.read_text(encoding="utf-8"))
    text, waits = re.subn("hold_after_rise: [0-9]+d", "hold_after_rise: 0d", text)
    text, guards = re.subn(r"share: 10%, count: 500\}", "share: 100%, count: 5000}", text)
    assert (calendars, waits, guards) == (1, 1, 1)
    tracks.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def new_machine() -> Iterator[Callable[..., Machine]]:
    """Makes machines; `people` on both platforms, or none of either. Whatever still runs at the end is killed."""
    made: list[Machine] = []

    def make(*, people: int = 0) -> Machine:
        folder = Path(tempfile.mkdtemp(prefix="trellis-process-"))
        folder.chmod(0o711)  # the account that runs PostgreSQL for root must pass
        open_mappings(folder)
        sandbox = population = None
        if people:
            sandbox = Sandbox()
            sandbox.hubspot.settings.search_lag = 0
            population = populate(sandbox, count=people)
            sandbox.__enter__()
        made.append(Machine(folder, sandbox, population))
        return made[-1]

    yield make
    for machine in made:
        for pid in (left := machine.remains()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if left:
            until(lambda machine=machine: not machine.remains(), "every process is gone")
        if machine._serve is not None:
            machine._serve.wait()
        if machine.sandbox is not None:
            machine.sandbox.__exit__(None, None, None)
        shutil.rmtree(machine.folder)


@pytest.fixture
def machine(new_machine: Callable[..., Machine]) -> Machine:
    """A machine without people, for commands that get no further than its own threshold."""
    return new_machine()


@pytest.fixture(scope="session")
def fetch() -> Callable[..., tuple[int, bytes]]:
    """Asks a URL."""
    return ask


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., Any]:
    """Waits for a condition, with a deadline."""
    return until
