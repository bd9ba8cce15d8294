"""The page for marketers beside the cases: its example holds, and no key is left out."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from connector.change.cases import failures
from connector.rulebook.cases_file import Case, CasesFile, Deed, Expect, OnTrack, Was
from connector.rulebook.read import read_rulebook
from connector.rulebook.read_cases import read_cases

MAPPINGS = Path(__file__).parents[2] / "mappings"
PAGE = (MAPPINGS / "cases" / "README.md").read_text(encoding="utf-8")


def test_the_example_holds_for_the_shipped_rulebook(tmp_path):
    shutil.copytree(MAPPINGS, tmp_path / "mappings", ignore=shutil.ignore_patterns("cases"))
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "mappings" / "cases").mkdir()
    (tmp_path / "mappings" / "cases" / "example.yaml").write_text(example, encoding="utf-8")
    rulebook = read_rulebook(tmp_path / "mappings")
    cases = read_cases(tmp_path / "mappings", rulebook)
    assert len(cases) == 1
    assert [str(failure) for failure in failures(cases, rulebook)] == []


@pytest.mark.parametrize("kind", [CasesFile, Case, Deed, OnTrack, Was, Expect])
def test_every_key_is_on_the_page(kind):
    named = set(re.findall(r"\b[a-z_]+\b", PAGE))
    assert set(kind.model_fields) <= named
