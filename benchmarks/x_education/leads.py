"""The 9,240 leads as the seller's file has them, and as a portal would have exported them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
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

Lead = Mapping[str, str]


def read_leads(path: Path = SOURCE) -> Sequence[Lead]:
    """Every row by column title. Raises OSError."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def write_export(leads: Sequence[Lead], path: Path) -> int:
    """Write the leads as a contact export without what is left out; returns how many columns it has."""
    columns = [column for column in leads[0] if column not in LEFT_OUT]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(["" if lead[column] == UNTOUCHED else lead[column] for column in columns] for lead in leads)
    return len(columns)
