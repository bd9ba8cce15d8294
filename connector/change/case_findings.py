"""What `trellis check` says of the cases: that there are none."""

from __future__ import annotations

from pathlib import Path

from connector.rulebook.read_cases import CASES
from connector.steps.finding import Finding


def case_findings(folder: Path) -> tuple[Finding, ...]:
    """Advice where the rulebook of `folder` has no cases: nothing then says what a change of a rule may not change."""
    if any((folder / CASES).glob("*.yaml")):
        return ()
    cure = "Write some of whom you are sure; `trellis test` judges them, and `trellis test --mutate` says which are missing"
    return (Finding("advice", f"no golden people in {folder / CASES}", cure),)
