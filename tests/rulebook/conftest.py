"""The shipped rulebook, and copies of it that a test may break."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from connector.rulebook.problems import Problem, RulebookError
from connector.rulebook.read import read_rulebook

SHIPPED = Path(__file__).parents[2] / "mappings"


@pytest.fixture(scope="session")
def shipped():
    return read_rulebook(SHIPPED)


@pytest.fixture
def folder(tmp_path):
    """A copy of the shipped files under the name `mappings`."""
    copy = tmp_path / "mappings"
    copy.mkdir()
    for file in SHIPPED.glob("*.yaml"):
        shutil.copy(file, copy)
    return copy


@pytest.fixture
def broken(folder, monkeypatch) -> Callable[..., tuple[Problem, ...]]:
    """Replace texts in one file (each must be there) and return the problems, with file names as an admin sees them."""
    monkeypatch.chdir(folder.parent)

    def change(file: str, *replacements: tuple[str, str]) -> tuple[Problem, ...]:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        for old, new in replacements:
            assert old in text, f"{old!r} is not in {file}"
            text = text.replace(old, new, 1)
        path.write_text(text, encoding="utf-8")
        with pytest.raises(RulebookError) as caught:
            read_rulebook(Path("mappings"))
        return caught.value.problems

    return change
