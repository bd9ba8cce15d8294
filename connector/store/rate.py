"""How fast an account of a platform may be called, shared by all processes: a row that each changes alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import JSON, Connection, Engine, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from connector.store.schema import rate

Result = TypeVar("Result")
Json = Mapping[str, Any]

#: A state that a crash of the database forgets is a few seconds old: nobody should wait for a disk, nor for a process
#: that is stopped in the middle.
_QUICK = text(
    "SELECT set_config('synchronous_commit', 'off', true),"
    " set_config('idle_in_transaction_session_timeout', '10s', true)"
)


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
            conn.execute(_QUICK)
            query = select(rate.c.state, func.extract("epoch", func.clock_timestamp())).where(mine).with_for_update()
            row = conn.execute(query).one_or_none()
            if row is None:
                conn.execute(insert(rate).values(account=self._account, state=JSON.NULL).on_conflict_do_nothing())
                row = conn.execute(query).one()
            state, result = step(row[0], float(row[1]))
            conn.execute(update(rate).where(mine).values(state=state))
        return result


def kept_rates(conn: Connection, accounts: Sequence[str]) -> tuple[Mapping[str, Json], float]:
    """The states of those of these accounts that have been called, and the database's clock in seconds. Read-only."""
    rows = conn.execute(select(rate.c.account, rate.c.state).where(rate.c.account.in_(accounts)))
    states = {row.account: row.state for row in rows if row.state is not None}
    return states, float(conn.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one())
