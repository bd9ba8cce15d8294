"""What the files of MAPPINGS_DIR say: a rulebook, or what is wrong with it, in words that anybody may read."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from connector.rulebook.problems import RulebookError
from connector.rulebook.read import read_rulebook
from connector.rulebook.types import Rulebook

_TOLD = 50

#: As much of an address as a message may quote from a file.
_ADDRESS = re.compile(r"[^\s\"'<>(\[{,;:]+@[^\s\"'<>)\]},;]+")


@dataclass(frozen=True, slots=True)
class Said:
    """A rulebook; or None, and what is wrong with it: one line each, by the file's own name, without addresses.

    A folder may hold thousands of files that are none of ours: of very many problems the last line says how many more.
    """

    rulebook: Rulebook | None
    problems: tuple[str, ...] = ()


def read_files(folder: Path) -> Said:
    """What the files of `folder` say. Nothing that can be wrong with them is raised."""
    try:
        return Said(read_rulebook(folder))
    except RulebookError as error:
        first = tuple(plain(str(problem), folder) for problem in error.problems[:_TOLD])
        more = len(error.problems) - len(first)
        return Said(None, (*first, f"{more:,} more mistakes: `trellis check` tells all of them") if more else first)
    except OSError as error:  # a folder that may be listed and not entered
        reason = f"cannot be read ({error.strerror}); check its name and permissions"
        return Said(None, (f"{folder.resolve().name}: {reason}",))


def plain(line: str, folder: Path) -> str:
    """A problem as anybody may read it: files by their own names, and no address that somebody wrote into them."""
    inside = line.replace(f"{folder}{os.sep}", "")
    rest = inside.removeprefix(f"{folder}: ")
    named = inside if rest == inside else f"{folder.resolve().name}: {rest}"
    return _ADDRESS.sub("an address", named)
