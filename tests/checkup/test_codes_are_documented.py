"""docs/findings.md names every code of a finding, and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def codes() -> set[str]:
    """Every text that is given to `code=` of a Finding, and those that are chosen before."""
    found: set[str] = {"away", "busy", "certificate-untrusted"}
    for path in (ROOT / "connector").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
                (code,) = [one.value for one in node.keywords if one.arg == "code"]
                found |= {code.value} if isinstance(code, ast.Constant) else set()
    return found


def test_each_code_has_its_row_and_each_row_its_code():
    page = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`[^|]*) \|", page, re.MULTILINE)
    assert sorted(re.findall(r"`([a-z-]+)`", " ".join(cells))) == sorted(codes())
