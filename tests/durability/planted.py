"""Does the kill campaign notice anything? Known bugs are planted in copies of this tree, and the campaign is run on each.

    python tests/durability/planted.py [--kills N] [--only WORDS]

Each row of the table names a bug and the figures that did not come out as they must. Exit code 1 if one was not caught.
About two minutes a bug. The invariants of tests/statemachine catch more bugs in less time: consent from the store, for one,
is noticed only there, because life in the campaign makes the store hear of every no within a second or two; and what is
sent again although it arrived changes nothing at a platform whose ways are safe to repeat.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BROKEN = re.compile(r"^(?P<what>\S.*?) {2,}(?P<count>[1-9]\d*)  must be 0", re.MULTILINE)


@dataclass(frozen=True)
class Bug:
    """One mistake: in which file, what stands there, and what stands there instead."""

    name: str
    file: str
    right: str
    wrong: str


BUGS: Sequence[Bug] = (
    Bug(
        "a webhook is answered before it is stored",
        "connector/receiving.py",
        """        with self._place() as conn:  # one statement: PostgreSQL makes it durable before it answers
            return inbox.receive(
                conn, platform=platform, body=body, content_type=content_type, received_at=received_at, meta=meta
            )
""",
        """        def store() -> None:
            with self._place() as conn:
                inbox.receive(
                    conn, platform=platform, body=body, content_type=content_type, received_at=received_at, meta=meta
                )
        from threading import Timer
        Timer(1.0, store).start()
        return 0
""",
    ),
    Bug(
        "a delivery counts as handled when it is claimed",
        "connector/steps/taking_in/__init__.py",
        """            batch = inbox.claim_deliveries(conn, platform, _BATCH, _MOST_BYTES, _LEASE_S)
""",
        """            batch = inbox.claim_deliveries(conn, platform, _BATCH, _MOST_BYTES, _LEASE_S)
            inbox.finish_deliveries(conn, {one.id: End(Ending.HANDLED, "") for one in batch}, emptied=set())
""",
    ),
    Bug(
        "no marker is written",
        "connector/steps/enrolling/decide.py",
        '        return Go(intent, way.key, Enrollment(standing.id, intent.track or "", format_markers(after)), segment=False)\n',
        '        return Go(intent, way.key, Enrollment(standing.id, intent.track or "", ""), segment=False)\n',
    ),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--only", default="", help="bugs whose name contains this")
    given = parser.parse_args()
    missed = 0
    for bug in BUGS:
        if given.only in bug.name:
            caught = campaign_with(bug, given.kills)
            missed += not caught
            print(f"{bug.name:<60} {', '.join(caught) or 'NOT CAUGHT'}", flush=True)
    return 1 if missed else 0


def campaign_with(bug: Bug, kills: int) -> Sequence[str]:
    """The figures that show this bug, each with its count; what broke the campaign off otherwise is one of them."""
    with tempfile.TemporaryDirectory(prefix="trellis-planted-") as folder:
        tree = copy_of_the_tree(Path(folder) / "tree")
        plant(bug, tree)
        command = [sys.executable, "tests/durability/campaign.py", "--kills", str(kills)]
        environ = {**os.environ, "PYTHONPATH": str(tree)}
        done = subprocess.run(command, cwd=tree, env=environ, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ()
    found = [f"{one['what']} {one['count']}" for one in _BROKEN.finditer(done.stdout)]
    return found or [f"the campaign broke off: {(done.stderr.splitlines() or ['?'])[-1]:.120}"]


def copy_of_the_tree(to: Path) -> Path:
    """The files that git knows, as they are."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    to.parent.chmod(0o711)
    return to


def plant(bug: Bug, tree: Path) -> None:
    """Raises ValueError where the right text does not stand there any more, just once."""
    file = tree / bug.file
    text = file.read_text(encoding="utf-8")
    if text.count(bug.right) != 1:
        raise ValueError(f"{bug.file} has changed: correct the bug “{bug.name}” in planted.py")
    file.write_text(text.replace(bug.right, bug.wrong), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
