"""The 9,240 leads as the seller's file has them, and as a portal would have exported them."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from pathlib import Path

#: The repository's neighbour; nothing of it is shipped.
SOURCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "x_education_leads.csv"

ID, TARGET = "Prospect ID", "Converted"

#: What must not reach the portal: the target, and what is known only after sales has worked the lead (shared/data/README.md).
LEFT_OUT = frozenset(
    {
        TARGET,
        "Tags",
        "Lead Quality",
        "Lead Profile",
        "Last Notable Activity",
        "Asymmetrique Activity Index",
        "Asymmetrique Profile Index",
        "Asymmetrique Activity Score",
        "Asymmetrique Profile Score",
    }
)

#: A form's select box that nobody touched: no value at all.
UNTOUCHED = "Select"

#: Names the kind of the last act, of which the export has a counter each, as a portal would: "Email Opened" is 1 or empty.
LAST_ACT = "Last Activity"

#: The only date: when the export was made. Every act carries it, for lack of its own.
EXPORTED_AT = "Exported At"

_SEED = 2026

Lead = Mapping[str, str]


def read_leads(path: Path = SOURCE) -> Sequence[Lead]:
    """Every row by column title. Raises OSError."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def held_out(leads: Sequence[Lead]) -> AbstractSet[str]:
    """The ids of the half at which nobody looked while setting points: drawn once, whatever the order of the file."""
    ids = sorted(lead[ID] for lead in leads)
    random.Random(_SEED).shuffle(ids)
    return frozenset(ids[len(ids) // 2 :])


def write_export(leads: Sequence[Lead], path: Path, exported_at: datetime) -> int:
    """Write the leads as a contact export without what is left out; returns how many of their columns it has."""
    columns = [column for column in leads[0] if column not in LEFT_OUT]
    acts = sorted({lead[LAST_ACT] for lead in leads if lead[LAST_ACT]})
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*columns, *acts, EXPORTED_AT])
        for lead in leads:
            values = ["" if lead[column] == UNTOUCHED else lead[column] for column in columns]
            counters = ["1" if lead[LAST_ACT] == act else "" for act in acts]
            writer.writerow([*values, *counters, exported_at.isoformat()])
    return len(columns)
