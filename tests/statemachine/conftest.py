"""A world after its baseline, once for all: each example begins with a copy of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from edited import edited

HERE = Path(__file__).parent
sys.path.append(str(HERE))  # `promises` is what these tests share

from promises.databases import Databases  # noqa: E402
from promises.seed import Seed  # noqa: E402

#: A small guard, quick re-entrance, and every hour is a working hour: more happens in a short time.
EDITS = (
    ("tracks.yaml", "enrollments: 500", "enrollments: 3"),
    ("tracks.yaml", "reenter_after: 90d", "reenter_after: 30d"),
    ("tracks.yaml", "reenter_after: 180d", "reenter_after: 30d"),
    ("tracks.yaml", "holidays: [2026-12-08, 2026-12-25, 2027-01-01, 2027-01-06]", "holidays: []"),
    ("tracks.yaml", 'days: mon-fri, hours: "09:00-18:00"', 'days: mon-sun, hours: "00:00-24:00"'),
)
OTHER = (*EDITS, ("model.yaml", "points: 17\n            why: Finanzas", "points: 18\n            why: Finanzas"))


@pytest.fixture(scope="module")
def seed(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seed]:
    """The world that examples begin with."""
    rulebooks = [edited(tmp_path_factory.mktemp("rulebook"), edits) for edits in (EDITS, OTHER)]
    databases = Databases(postgres_url, "trellis_template")
    yield Seed.sown(databases, rulebooks)
    databases.close()
