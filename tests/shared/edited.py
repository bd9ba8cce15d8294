"""The shipped rulebook with some texts of its files replaced: what an admin would have changed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from connector.rulebook.read import read_rulebook
from connector.rulebook.types import Rulebook

MAPPINGS = Path(__file__).parents[2] / "mappings"


def edited(folder: Path, edits: Iterable[tuple[str, str, str]]) -> Rulebook:
    """Read with these edits (file, old text, new text), made one after the other; `folder` then holds the files."""
    contents = {file.name: file.read_text(encoding="utf-8") for file in MAPPINGS.glob("*.yaml")}
    for name, old, new in edits:
        assert old in contents[name], f"{name} has no {old!r}"
        contents[name] = contents[name].replace(old, new)
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")
    return read_rulebook(folder)
