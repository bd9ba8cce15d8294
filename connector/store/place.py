"""Where the bundled PostgreSQL keeps its files: data, socket, log and lock files of one TRELLIS_DATA."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from connector.store.account import Account
from connector.store.errors import StoreUnavailable

#: Where root keeps the data if the account that PostgreSQL runs under cannot reach TRELLIS_DATA (a home of mode 700).
SHELF = Path("/var/lib/trellis")

#: `sun_path` has 108 bytes on Linux and 104 elsewhere, with a closing zero; PostgreSQL names its socket in the folder.
_SOCKET_PATH_BYTES = 103
_SOCKET_NAME = "/.s.PGSQL.5432"


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one bundled server.

    `base` is ours (lock files and the log), `cluster` inside it belongs to the server's account alone (mode 0700).
    """

    base: Path
    account: Account

    @property
    def cluster(self) -> Path:
        return self.base / "cluster"

    @property
    def data(self) -> Path:
        return self.cluster / "data"

    @property
    def log(self) -> Path:
        return self.base / "postgres.log"

    def socket_folder(self) -> Path:
        """A private folder for the socket, made if missing: in the cluster, or a short one if that path is too long.

        Raises StoreUnavailable if somebody else has put a folder of that name there.
        """
        return _private_folder(self._socket_path(), self.account)

    def clear_socket_folder(self) -> None:
        """Remove the empty folder of a stopped server, so that none is left behind under the temporary directory."""
        with suppress(OSError):
            self._socket_path().rmdir()

    def _socket_path(self) -> Path:
        inside = self.cluster / "socket"
        if len(os.fsencode(inside)) + len(_SOCKET_NAME) <= _SOCKET_PATH_BYTES:
            return inside
        return Path(tempfile.gettempdir()) / f"trellis-{self.account.uid}-{_fingerprint(self.base)}"


def find_place(data: Path, account: Account, say: Callable[[str], None], shelf: Path = SHELF) -> Place:
    """Choose and make the files' home for `data` (TRELLIS_DATA): inside it, wherever the server's account can go.

    As root with a private directory in the way, it is a folder of `shelf` named after the path of `data`; nobody's
    directories are opened. A home once used is used again. Raises OSError where nothing can be made.
    """
    inside = data.resolve() / "postgres"
    outside = shelf / f"{data.resolve().parent.name.strip('.') or 'root'}-{_fingerprint(inside)}"
    reachable = account.may_enter(data)
    use_inside = reachable if (inside / "cluster").exists() else reachable and not (outside / "cluster").exists()
    place = Place(inside if use_inside else outside, account)
    make_folder(data, account)
    make_folder(place.base, account)
    if not use_inside:
        say(f"the database is kept in {place.base}, since the account {account.name} cannot enter {data}")
    _private_folder(place.cluster, account)
    return place


def make_folder(path: Path, account: Account) -> None:
    """Make what is missing of `path`; a lent account can pass what we make, whatever our umask says. Raises OSError."""
    if path.is_dir():
        return
    make_folder(path.parent, account)
    path.mkdir(exist_ok=True)
    if account.lent:
        path.chmod(0o755)


def _private_folder(path: Path, account: Account) -> Path:
    """Make `path` for the account alone; an existing one must be so already.

    It appears at once as it shall be: another process that looks meanwhile sees nobody else's folder.
    """
    if not os.path.lexists(path):
        made = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
        if account.lent:
            os.chown(made, account.uid, account.gid)
        try:
            made.rename(path)
        except OSError:  # somebody was faster, and uses it already
            made.rmdir()
    facts = path.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != account.uid or facts.st_mode & 0o077:
        raise StoreUnavailable(
            f"{path} does not belong to the account that runs the database alone:"
            " run Trellis as the user who made it, or set TRELLIS_DATA to another directory"
        )
    return path


def _fingerprint(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
