"""When the files of MAPPINGS_DIR are at rest. Importing this costs next to nothing: it is looked for all day.

Editors save by rename, in several steps, or empty a file first and fill it then; a checkout touches one file after the
other. What is read meanwhile is half a rulebook.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

#: Files that nobody has touched for so long are whole.
STILL_S = 1.0

#: More of a file is not looked at, nor would it be read (rulebook/document.py).
_LARGEST = 1 << 20

_YAML = "*.y*ml"
_CASES = "cases"
#: A file's place in the folder, its inode, size and times; or how far one got with it.
Mark = tuple[str | int, ...]


class Folder:
    """Tells when the YAML files of a folder, its cases included, are at rest. Looking costs a `stat` for each file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._marks: tuple[Mark, ...] | None = None
        self._since = 0.0
        self._digest: str | None = None

    def digest(self, now_s: float) -> str | None:
        """What all contents come to, or None while somebody is at work on them. `now_s` is monotonic, in seconds.

        A folder that is gone or cannot be read has a digest, too. Never raises.
        """
        marks = tuple(_marks(self._path))
        if marks != self._marks:
            self._marks, self._since, self._digest = marks, now_s, None
        if self._digest is None and now_s - self._since >= STILL_S:
            digest = _digest(self._path)
            if tuple(_marks(self._path)) == marks:
                self._digest = digest
        return self._digest


def _marks(folder: Path) -> Iterator[Mark]:
    """The change time is the file system's own: it tells of contents that were put there with an old time."""
    for place in (".", _CASES):
        try:
            names = sorted(path.name for path in (folder / place).iterdir() if _is_read(path.name))
        except OSError as error:
            yield place, str(error.strerror)
            continue
        for name in names:
            try:
                told = (folder / place / name).stat()
            except OSError as error:
                yield f"{place}/{name}", str(error.strerror)
            else:
                yield f"{place}/{name}", told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for place, *_ in _marks(folder):
        content = _content(folder / str(place))
        digest.update(f"{place}:{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()


def _content(path: Path) -> bytes:
    """What is no file, such as a pipe, is not opened: that could wait for ever."""
    try:
        if not path.is_file():
            return b"no file"
        with path.open("rb") as file:
            return file.read(_LARGEST + 1)
    except OSError as error:
        return str(error.strerror).encode()


def _is_read(name: str) -> bool:
    """Editors keep hidden files beside those that are open."""
    return fnmatch(name, _YAML) and not name.startswith(".")
