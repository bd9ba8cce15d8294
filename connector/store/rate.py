"""How fast an account of a platform may be called, shared by all processes: a row that each changes alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy import JSON, Engine, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from connector.store.schema import rate

Result = TypeVar("Result")
Json = Mapping[str, Any]


class StoredRate:
    """The row of one account (a name without a secret). What it holds is the caller's own business."""

    def __init__(self, engine: Engine, account: str) -> None:
        self._engine = engine
        self._account = account

    def change(self, step: Callable[[Json | None, float], tuple[Json, Result]]) -> Result:
        """Replace the state by what `step` makes of it (None: the first time) and of the database's clock in seconds.

        Nobody else changes it meanwhile, so `step` must be quick. Returns what else it gives. Raises StoreUnavailable.
        """
        mine = rate.c.account == self._account
        with self._engine.begin() as conn:
            # A state that a crash of the database forgets is a few seconds old; nobody should wait for a disk.
            conn.execute(text("SET LOCAL synchronous_commit = off"))
            query = select(rate.c.state, func.extract("epoch", func.clock_timestamp())).where(mine).with_for_update()
            row = conn.execute(query).one_or_none()
            if row is None:
                conn.execute(insert(rate).values(account=self._account, state=JSON.NULL).on_conflict_do_nothing())
                row = conn.execute(query).one()
            state, result = step(row[0], float(row[1]))
            conn.execute(update(rate).where(mine).values(state=state))
        return result
