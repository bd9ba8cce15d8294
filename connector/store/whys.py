"""Why a contact entered and left what she was on, as far as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sqlalchemy import Connection, text

_WHYS = text(
    "SELECT DISTINCT ON (kind, track, episode) kind, track, episode, why FROM intent"
    " WHERE contact = :contact AND kind IN ('enroll', 'leave') AND why <> '' ORDER BY kind, track, episode, id DESC"
)


def whys_of(conn: Connection, contact: int) -> Mapping[tuple[Literal["enroll", "leave"], str, int], str]:
    """The reason codes of a contact's enrollments and exits, by kind, track and episode. Read-only."""
    return {(row.kind, row.track, row.episode): row.why for row in conn.execute(_WHYS, {"contact": contact})}
