"""Under whose name PostgreSQL runs, and what that account can reach. PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.store.errors import StoreUnavailable

#: The account that root lends PostgreSQL: it exists everywhere and owns nothing else.
UNPRIVILEGED = "nobody"


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system account of the server; `lent` when root runs it as somebody else."""

    name: str
    uid: int
    gid: int
    lent: bool

    def popen(self) -> dict[str, Any]:
        """Arguments that make `subprocess` start a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.lent else {}

    def may_enter(self, path: Path) -> bool:
        """Whether mode bits let this account pass every directory down to `path`, and use what exists of it.

        Always true for our own account, where trying is the better test.
        """
        if not self.lent:
            return True
        full = path.resolve()
        return all(self._passes(place) for place in (*reversed(full.parents), full) if place.exists())

    def _passes(self, path: Path) -> bool:
        facts = path.stat()
        if facts.st_uid == self.uid:
            return bool(facts.st_mode & stat.S_IXUSR)
        if facts.st_gid == self.gid:
            return bool(facts.st_mode & stat.S_IXGRP)
        return bool(facts.st_mode & stat.S_IXOTH)


def server_account() -> Account:
    """Our own account, or `nobody` if we are root. Raises StoreUnavailable where that account does not exist."""
    if os.geteuid() != 0:
        return Account("", os.geteuid(), os.getegid(), lent=False)
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise StoreUnavailable(
            f"PostgreSQL does not run as root, and there is no account {UNPRIVILEGED!r} to lend it:"
            " run Trellis as an ordinary user, or set DATABASE_URL"
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, lent=True)
