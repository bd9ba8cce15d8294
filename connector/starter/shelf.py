"""Putting a starter on the disk: read back and judged in a folder of its own first, then all of it or nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from connector.change.cases import failures
from connector.rulebook.json_schema import FILES, as_text, json_schema
from connector.rulebook.read import FIELDS, MODEL, STAGES, TRACKS, read_rulebook
from connector.rulebook.read_cases import read_cases
from connector.starter.files import CASES

ENVIRONMENT = ".env.example"

#: Everything that a starter is, by its path inside the folder; the schemas are for editors.
WRITTEN = (FIELDS, MODEL, STAGES, TRACKS, CASES, ENVIRONMENT, *(f"schema/{name}.json" for name in FILES))


class AlreadyThereError(Exception):
    """A file of the starter is there already: nothing was written."""


def refuse_what_is_there(folder: Path) -> None:
    """Raise AlreadyThereError if anything would be overwritten."""
    found = [name for name in (*WRITTEN, "cases") if (folder / name).exists()]
    if folder.exists() and not folder.is_dir():
        raise AlreadyThereError(f"{folder} is a file; give the name of a folder")
    if found:
        raise AlreadyThereError(
            f"{folder / found[0]} is there already, and nothing is written over; "
            "name another folder, as in `trellis init other`, or move the old one away first"
        )


def put(texts: Mapping[str, str], folder: Path) -> tuple[Path, ...]:
    """Write `texts` by their paths inside `folder`, and the schemas that they name. Raises AlreadyThereError, OSError, and
    RulebookError where what would be written is no rulebook, or ValueError where its cases do not hold: neither should be.
    """
    refuse_what_is_there(folder)
    schemas = {f"schema/{name}.json": as_text(json_schema(kind)) for name, kind in FILES.items()}
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder if folder.is_dir() else folder.parent  # a folder that is there may be a disk of its own
    with tempfile.TemporaryDirectory(dir=beside, prefix=".trellis-init-") as trial:
        _write({**texts, **schemas}, Path(trial))
        rulebook = read_rulebook(Path(trial))
        failed = failures(read_cases(Path(trial), rulebook), rulebook)
        if failed:
            raise ValueError("\n".join(map(str, failed)))
        return tuple(_move(sorted((*texts, *schemas)), Path(trial), folder))


def _write(texts: Mapping[str, str], folder: Path) -> None:
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _move(names: Iterable[str], trial: Path, folder: Path) -> Iterable[Path]:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (trial / name).rename(path)
        yield path
