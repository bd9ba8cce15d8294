"""The sandbox of the run, in a process of its own, as any HTTP client sees it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Failed(Exception):
    """A process of the run did not do its part; its own words stand above on stderr."""


@dataclass(frozen=True, slots=True)
class PretendPortal:
    """Pretend HubSpot at `environ`, the variables that point Trellis at it; `told` is what it said on loading."""

    environ: Mapping[str, str]
    told: Sequence[str]

    def calls(self) -> Mapping[str, int]:
        """`METHOD path template` → calls answered since the last `forget_calls`, by the portal's own log."""
        counts: Mapping[str, int] = self._ask("GET", "/sandbox/calls")["counts"]
        return counts

    def forget_calls(self) -> None:
        """Begin to count anew."""
        self._ask("DELETE", "/sandbox/calls")

    def contacts(self, properties: Sequence[str]) -> Iterator[Mapping[str, str | None]]:
        """Every contact's values of these properties. From now on nothing is rate limited: the run is over."""
        self._ask("POST", "/sandbox/settings", {"limits_on": False})
        after = ""
        while True:
            page = self._ask("GET", f"/crm/v3/objects/contacts?limit=100&properties={','.join(properties)}{after}")
            yield from (row["properties"] for row in page["results"])
            if "paging" not in page:
                return
            after = f"&after={page['paging']['next']['after']}"

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            self.environ["HUBSPOT_BASE_URL"] + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.environ['HUBSPOT_ACCESS_TOKEN']}",
                "Content-Type": "application/json",
            },
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            content = answer.read()
        return json.loads(content) if content else None


@contextmanager
def pretend_portal(export: Path) -> Iterator[PretendPortal]:
    """`trellis sandbox --contacts export` on free ports while the block runs. Raises Failed."""
    command = [sys.executable, "-m", "connector", "sandbox", "--contacts", str(export)]
    ports = ["--hubspot-port", "0", "--mailchimp-port", "0"]
    with subprocess.Popen(command + ports, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told: list[str] = []
            while not (told and told[-1].startswith("Ready")):
                line = process.stdout.readline()
                if not line:
                    raise Failed("the sandbox did not start")
                told.append(line.rstrip())
            exports = (line.removeprefix("export ").partition("=") for line in told if line.startswith("export "))
            yield PretendPortal({name: value for name, _, value in exports if name.startswith("HUBSPOT_")}, told)
        finally:
            process.terminate()
