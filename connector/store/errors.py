"""How the store may fail.

StoreUnavailable        one line with its cure; commands end with exit code 5
├── LockLost            this process stood still, and another one has taken over its work
├── SchemaTooOld        the database waits for `trellis release` (or `serve`, which migrates by itself)
└── SchemaTooNew        a newer Trellis has been here: this one must not touch the data
"""

from __future__ import annotations


class StoreUnavailable(Exception):
    """The store cannot be used now. The message is one line and ends in what to do; it holds no secret."""


class LockLost(StoreUnavailable):
    """Our lock is not ours any more: nothing further of what it was for may be done."""


class SchemaTooOld(StoreUnavailable):
    """The database lacks tables or columns that this version needs."""


class SchemaTooNew(StoreUnavailable):
    """The database was migrated by a newer version than this one."""
