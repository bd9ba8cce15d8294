"""Another rulebook by a name that people have for it: a release, a hash, a folder, a commit."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from connector.change.committed import GitUnavailable, commit_of, rulebook_at
from connector.rulebook.read import read_rulebook, rulebook_from_source
from connector.rulebook.types import Rulebook
from connector.scoring.words import one_line
from connector.store import releases, state

_RELEASE, _GIT = "release:", "git:"
_NUMBER = re.compile(r"[0-9]{1,18}")
_HASH = re.compile(r"[0-9a-f]{4,64}")
#: So much of a rulebook's hash is shown, and of a commit's.
_SHOWN, _SHORT = 12, 7
#: And of a name that is none.
_LONGEST = 80


class NotNamed(Exception):
    """A name that is nobody's, or more than one's; one line with the cure."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A rulebook and what to call it. `spelled` is the name that means it and nothing else."""

    label: str
    spelled: str
    read: Callable[[], Rulebook]


def rulebook_named(name: str, conn: Connection, folder: Path) -> tuple[str, Rulebook]:
    """What people call it, and the rulebook of `7` or `release:7`, of the first letters of a hash, of a folder, of `git:main`
    or `main`.

    Commits are those of the repository around `folder`, the files are those of this folder as they were. Raises NotNamed, or
    RulebookError where files are no rulebook. Read-only.
    """
    called = one_line(name, _LONGEST)
    found = [*_kept_ones(name, conn), *_folders(name)]
    try:
        found += _commits(name, folder)
    except GitUnavailable as error:
        if not found:
            raise NotNamed(f'"{called}" is no release, hash or folder, nor can it be a commit: {error}') from None
    if len(found) > 1:
        ways = " or ".join(f"{one.label} ({one.spelled})" for one in found)
        raise NotNamed(f'"{called}" may be {ways}: write the one that you mean')
    if not found:
        raise NotNamed(
            f'"{called}" is no release, folder or commit, nor the beginning of one rulebook\'s hash;'
            " `trellis releases` lists what was active"
        )
    try:
        return found[0].label, found[0].read()
    except GitUnavailable as error:
        raise NotNamed(f'"{called}" cannot be read here: {error}') from None


def _kept_ones(name: str, conn: Connection) -> Iterator[_Named]:
    number = name.removeprefix(_RELEASE)
    if _NUMBER.fullmatch(number) and (one := releases.release(conn, int(number))):
        label = f"release {one.id}"
        yield _Named(label, f"{_RELEASE}{one.id}", partial(_kept, conn, one.rulebook, label))
    if _HASH.fullmatch(name) and (kept := state.kept_rulebook(conn, name)):
        label = f"rulebook {kept.hash[:_SHOWN]}"
        yield _Named(label, kept.hash[:_SHOWN], partial(_kept, conn, kept.hash, label))


def _kept(conn: Connection, hash_: str, label: str) -> Rulebook:
    kept = state.kept_rulebook(conn, hash_)
    assert kept is not None, "what was active once is kept"
    try:
        return rulebook_from_source(kept.source, kept.hash)
    except ValueError:
        raise NotNamed(
            f"{label} cannot be read by this version of Trellis: compare with a folder or a commit"
        ) from None


def _folders(name: str) -> Iterator[_Named]:
    if _is_folder(name):
        path = Path(name)
        yield _Named(
            f"the files in {path}", str(path) if path.is_absolute() else f"./{path}", partial(_in_folder, path)
        )


def _in_folder(path: Path) -> Rulebook:
    if not any(path.glob("*.y*ml")):
        raise NotNamed(f"there is no file of a rulebook in {path}")
    return read_rulebook(path)


def _commits(name: str, folder: Path) -> Iterator[_Named]:
    """A folder is never a commit, too, unless `git:` says so: branches are often called as folders are."""
    ref = name.removeprefix(_GIT)
    if name != ref or not (name.startswith(_RELEASE) or _is_folder(name)):
        commit = commit_of(folder, ref)
        if commit is not None:
            yield _Named(f"{ref} ({commit[:_SHORT]})", f"{_GIT}{ref}", partial(rulebook_at, folder, commit))


def _is_folder(name: str) -> bool:
    return os.path.isdir(name)  # noqa: PTH112 -- Path raises where a name is too long to be one
