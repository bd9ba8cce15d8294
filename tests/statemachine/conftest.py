"""A world after its baseline, once for all: each example begins with a copy of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.append(str(HERE))  # `promises` is what these tests share

from promises.databases import Databases  # noqa: E402
from promises.seed import Seed  # noqa: E402

from connector.rulebook.read import read_rulebook  # noqa: E402
from connector.rulebook.types import Rulebook  # noqa: E402

MAPPINGS = HERE.parents[1] / "mappings"
#: A small guard, quick re-entrance, and every hour is a working hour: more happens in a short time.
EDITS = {
    "tracks.yaml": [
        ("enrollments: 500", "enrollments: 3"),
        ("reenter_after: 90d", "reenter_after: 30d"),
        ("reenter_after: 180d", "reenter_after: 30d"),
        ("holidays: [2026-12-08, 2026-12-25, 2027-01-01, 2027-01-06]", "holidays: []"),
        ('days: mon-fri, hours: "09:00-18:00"', 'days: mon-sun, hours: "00:00-24:00"'),
    ]
}
OTHER = {**EDITS, "model.yaml": [("points: 17\n            why: Finanzas", "points: 18\n            why: Finanzas")]}


@pytest.fixture(scope="module")
def seed(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seed]:
    """The world that examples begin with."""
    folder = tmp_path_factory.mktemp("rulebooks")
    rulebooks = [_rulebook(folder / str(number), edits) for number, edits in enumerate((EDITS, OTHER))]
    databases = Databases(postgres_url, "trellis_template")
    yield Seed.sown(databases, rulebooks)
    databases.close()


def _rulebook(folder: Path, edits: dict[str, list[tuple[str, str]]]) -> Rulebook:
    folder.mkdir()
    for file in MAPPINGS.glob("*.yaml"):
        content = file.read_text()
        for old, new in edits.get(file.name, ()):
            assert old in content, f"{file.name} has no {old!r}"
            content = content.replace(old, new)
        (folder / file.name).write_text(content)
    return read_rulebook(folder)
