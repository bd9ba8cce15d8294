"""The files of a folder as a commit of its git repository has them.

Git is only asked for objects (rev-parse, ls-tree, cat-file): no hook, filter or other command of anybody's runs, nothing is
checked out, and nothing is fetched.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from connector.rulebook.document import MAX_BYTES
from connector.rulebook.problems import RulebookError
from connector.rulebook.read import is_of_rulebook, read_rulebook
from connector.rulebook.types import Rulebook

_TIMEOUT_S = 30
_HASH = re.compile(r"[0-9a-f]{40,64}")
#: As long a name as a disk takes.
_FILE = re.compile(rb"100\d{3} blob ([0-9a-f]{40,64}) +(\S+)\t([^/\0]{1,250}\.ya?ml)")


class GitUnavailable(Exception):
    """Git cannot be asked here; the text is a reason without a full stop."""


def commit_of(folder: Path, ref: str) -> str | None:
    """The hash of the commit that a branch, tag or hash names in the repository around `folder`; None if it names none.

    Raises GitUnavailable where git, the repository or the right to look into it is missing.
    """
    if ref.startswith("-") or not ref.isprintable():
        return None
    _asked(folder, "rev-parse", "--git-dir")
    try:
        told = _asked(folder, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}").decode().strip()
    except GitUnavailable:
        return None
    return told if _HASH.fullmatch(told) else None


def rulebook_at(folder: Path, commit: str) -> Rulebook:
    """The rulebook that the files of `folder` were at a commit. Raises RulebookError, which names files as `commit:name`, and
    GitUnavailable where the commit is not whole here.
    """
    with TemporaryDirectory(prefix="trellis-") as place:
        for one in _files(folder, commit):
            path = Path(place) / one.name
            path.touch()
            if is_of_rulebook(one.name) and one.size <= MAX_BYTES:
                path.write_bytes(_asked(folder, "cat-file", "blob", one.blob))
            else:  # it is told by its name, or by its size
                os.truncate(path, one.size)
        try:
            return read_rulebook(Path(place))
        except RulebookError as error:
            inside = f"{place}{os.sep}"
            named = (f"{commit[:7]}:{problem.file.removeprefix(inside)}" for problem in error.problems)
            raise RulebookError(
                replace(problem, file=file) for problem, file in zip(error.problems, named, strict=True)
            ) from None


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    blob: str
    size: int


def _files(folder: Path, commit: str) -> Iterator[_File]:
    """The YAML files right in the folder; links are left out, since they may lead anywhere."""
    for line in _asked(folder, "ls-tree", "-z", "--long", commit).split(b"\0"):
        if found := _FILE.fullmatch(line):
            if not found[2].isdigit():
                raise GitUnavailable("the commit is not whole here")
            yield _File(os.fsdecode(found[3]), found[1].decode(), int(found[2]))


def _asked(folder: Path, *arguments: str) -> bytes:
    """What git says in that folder, whatever repository the environment names."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        told = subprocess.run(  # noqa: S603 -- our own arguments and a ref that is no option
            ["git", "-C", str(folder), *arguments],  # noqa: S607 -- the user's own git
            env={
                **own,
                "GIT_ALLOW_PROTOCOL": "none",
                "GIT_NO_LAZY_FETCH": "1",
                "GIT_NO_REPLACE_OBJECTS": "1",
                "LC_ALL": "C",
            },
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=_TIMEOUT_S,
        )
    except FileNotFoundError:
        raise GitUnavailable("git is not installed") from None
    except (OSError, subprocess.TimeoutExpired):
        raise GitUnavailable("git does not answer") from None
    if told.returncode:
        words = told.stderr.decode(errors="replace").removeprefix("fatal: ").strip().splitlines()
        raise GitUnavailable(f"git says: {words[0] if words else 'no'}".rstrip("."))
    return told.stdout
