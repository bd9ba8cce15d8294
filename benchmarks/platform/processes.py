"""Everything that is measured is a process of its own; this one only starts them, and stays small.

Small matters: Linux counts what the parent held at the start of a child as the child's memory.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MAPPINGS = ROOT / "mappings"

#: Where the processes of Trellis and of the SDK look for a platform; what the caller has set up for his own is not passed on.
Environ = Mapping[str, str]
#: The exit code of a pass that holds something for a person: a guard's work, and no failure.
HELD = 3

_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT")


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished process: what it printed, how long it took and computed, the most memory that it held."""

    printed: str
    wall_s: float
    cpu_s: float
    peak_mib: float

    @property
    def told(self) -> Any:
        """What it printed, where that is JSON."""
        return json.loads(self.printed)


def run(*command: str, environ: Environ) -> Ran:
    """Run Python with these arguments to its end. Raises SystemExit, with what it complained of, if it fails."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as complaints:
        process = _start(*command, environ=environ, stderr=complaints)
        printed = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, HELD):
            complaints.seek(0)
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}\n{printed}{complaints.read()}")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Ran(printed, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def part(name: str, *arguments: str, environ: Environ) -> Ran:
    """One part of a pass of Trellis (see `part.py`)."""
    return run(str(HERE / "part.py"), name, *arguments, environ=environ)


def trellis(*arguments: str, environ: Environ) -> Ran:
    """A whole command of Trellis."""
    return run("-m", "connector", *arguments, environ=environ)


def official_sdk(name: str, *arguments: str, environ: Environ) -> Ran:
    """A plain loop over the official SDK (see `official_sdk.py`)."""
    return run(str(HERE / "official_sdk.py"), name, *arguments, environ=environ)


@contextmanager
def started(*command: str, environ: Environ, stdin: int | None = None) -> Iterator[subprocess.Popen[str]]:
    """The same, not waited for; killed at the end of the block if it still runs."""
    with _start(*command, environ=environ, stdin=stdin) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def lean_portal(*arguments: str) -> Iterator[Environ]:
    """The environment that points at a `lean_portal` with these arguments."""
    with started(str(HERE / "lean_portal.py"), *arguments, environ={}) as process:
        assert process.stdout
        yield {"HUBSPOT_BASE_URL": process.stdout.readline().strip(), "HUBSPOT_ACCESS_TOKEN": "lean"}


@contextmanager
def store() -> Iterator[Environ]:
    """The environment that points at an empty, migrated store: the bundled PostgreSQL, in a temporary folder."""
    with _start(str(HERE / "store.py"), environ={}, stdin=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        yield {"DATABASE_URL": process.stdout.readline().strip()}
        process.stdin.close()


def ask(url: str, body: object = None) -> Any:
    """The JSON of an answer; with a body, of a POST."""
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, content, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        told = answer.read()
    return json.loads(told) if told else None


def load() -> str:
    """How busy this machine is: the processes that wanted to run in the last minute, ours among them."""
    return f"{os.getloadavg()[0]:.1f}"


def _start(
    *command: str, environ: Environ, stdin: int | None = None, stderr: IO[str] | None = None
) -> subprocess.Popen[str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    ours = {"PYTHONPATH": str(ROOT), "MAPPINGS_DIR": str(MAPPINGS), "LOG_LEVEL": "ERROR"}
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**kept, **ours, **environ},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )
