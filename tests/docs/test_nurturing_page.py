"""nurturing.md: its snippets are read as they stand, and its lines are those that Trellis says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from ruamel.yaml import YAML

from connector.rulebook.read import read_rulebook
from connector.steps.nurturing_words import LEFT, SENTENCES, STANDINGS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "nurturing.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def over(below: Any, above: Any) -> Any:
    """`above` laid over `below`: mappings key by key, anything else in its place."""
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    return {**below, **{key: over(below.get(key), value) for key, value in above.items()}}


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_each_snippet_fits_into_the_shipped_tracks(snippet: str, tmp_path: Path) -> None:
    folder = Path(copytree(ROOT / "mappings", tmp_path / "mappings"))
    yaml, file = YAML(typ="safe"), folder / "tracks.yaml"
    shipped, told = yaml.load(file.read_text(encoding="utf-8")), yaml.load(snippet)
    with file.open("w", encoding="utf-8") as out:
        YAML(typ="safe", pure=True).dump(over(shipped, told), out)
    assert {*told} <= read_rulebook(folder).tracks.model_fields_set


def test_every_state_is_told_in_the_words_of_the_record() -> None:
    shown = [re.sub(r"^\| [^|]*\| ", "", line) for line in PAGE.splitlines() if re.match(r"^\| [^|]*\| \*", line)]
    for sentence in STANDINGS["en"].values():
        pattern = re.sub(r"\\\{\w+\\\}", ".*", re.escape(sentence))
        assert any(re.match(rf"\*{pattern}\*", line) for line in shown), sentence


def test_the_reasons_that_are_quoted_exist() -> None:
    known = "\n".join([*SENTENCES["en"].values(), *LEFT["en"].values()])
    listed = PAGE.split("of each track that is for her why not:")[1].split(";")[0]
    quoted = re.findall(r"\*([^*]+)\*", listed)
    assert len(quoted) >= 4
    assert [text for text in quoted if text not in known] == []


def test_what_check_says_is_what_the_code_says() -> None:
    table = PAGE.split("| it says | do |")[1].split("\n\n")[0]
    texts = "\n".join(
        (ROOT / "connector" / "steps" / "listening" / name).read_text(encoding="utf-8")
        for name in ("listener_findings.py", "workflow_findings.py")
    )
    told = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    assert len(told) >= 10
    for line in told:
        parts = [part for part in re.split(r'"…"|\d+|[(),]', line) if part.strip()]
        assert [part for part in parts if part.strip() not in texts] == [], line
