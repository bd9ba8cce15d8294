"""`trellis web` and `trellis worker` over a store, as processes: where to send, how much memory they hold."""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from deliveries import SECRET
from processes import HERE as PLATFORM
from processes import ROOT, Environ, started

sys.path.append(str(ROOT / "tests/shared"))
from ports import free_port

STORM = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Running:
    """What runs, by name, and the address that HubSpot calls."""

    url: str
    pids: Mapping[str, int]

    def memory_mib(self) -> Mapping[str, tuple[float, float]]:
        """The memory that each holds now and the most that it held so far; of the receiver, of its largest process."""
        return {name: max(_memory(one) for one in _family(pid)) for name, pid in self.pids.items()}


@contextmanager
def running(environ: Environ) -> Iterator[Running]:
    """The receiver and the worker while the block runs; there is no clock, so no poll of the platform falls into it."""
    port = free_port()
    with ExitStack() as held:
        ours = listening(environ, port)
        pids = {
            name: held.enter_context(started("-m", "connector", name, environ=ours)).pid for name in ("web", "worker")
        }
        wait_for(ours["PUBLIC_URL"], "/healthz")
        yield Running(f"{ours['PUBLIC_URL']}/webhooks/hubspot", pids)


def listening(environ: Environ, port: int) -> dict[str, str]:
    """The environment of a receiver at this port."""
    url = f"http://127.0.0.1:{port}"
    return {**environ, "PORT": str(port), "PUBLIC_URL": url, "HUBSPOT_CLIENT_SECRET": SECRET}


def wait_for(url: str, path: str, seconds: float = 60.0) -> float:
    """Ask until it answers 200; how many seconds that took."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        with suppress(OSError), urllib.request.urlopen(url + path, timeout=2) as answer:
            if answer.status == 200:
                return time.monotonic() - began
        time.sleep(0.01)
    raise SystemExit(f"{path} does not answer")


def sending(url: str, **options: object) -> Iterator[Mapping[str, object]]:
    """Start a sender with these options, and give each line that it prints; the last one tells how it went."""
    with sender(url, **options) as process:
        assert process.stdout
        for line in process.stdout:
            yield json.loads(line)


@contextmanager
def sender(url: str, **options: object) -> Iterator:
    """`sender.py` as a process; killed at the end of the block if it still runs."""
    words: Sequence[str] = [
        str(word) for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)
    ]
    with started(str(STORM / "sender.py"), url, *words, environ={"PYTHONPATH": f"{ROOT}:{PLATFORM}"}) as process:
        yield process


def _family(pid: int) -> Sequence[int]:
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def _memory(pid: int) -> tuple[float, float]:
    with suppress(OSError):
        lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        return float(lines["VmRSS"].split()[0]) / 1024, float(lines["VmHWM"].split()[0]) / 1024
    return 0.0, 0.0
