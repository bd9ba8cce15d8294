"""What a person is told of streams that could not be read: as of the last try, until they are read or not asked for any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from connector.rulebook.types import Rulebook
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.portal.hearing import is_verified
from connector.steps.reading.refusals import READ
from connector.store import failures


@dataclass(frozen=True, slots=True)
class Unread:
    """A stream of a source (``deals``, ``list Visited pricing``) that was refused; `reason` holds why, and the cure."""

    source: str
    stream: str
    reason: str

    def __str__(self) -> str:
        platform, _, audience = self.source.partition(":")
        name = "HubSpot" if platform == HUBSPOT else "Mailchimp"
        return f"Not read: {name}'s {self.stream}{f' ({audience})' if audience else ''}; {self.reason}."


def unread(parts: Parts, conn: Connection) -> Sequence[Unread]:
    """What cannot be read of the sources that are on, by source and stream. Read-only."""
    found = (Unread(one.source, one.platform_id, one.reason) for one in failures.open_streams(conn, READ))
    return sorted((one for one in found if one.source in parts.platforms), key=lambda one: (one.source, one.stream))


def close_unmapped(parts: Parts) -> None:
    """Close what is open of streams of HubSpot's for which fields.yaml does not ask any more."""
    with parts.engine.begin() as conn:
        noted = [one.platform_id for one in failures.open_streams(conn, READ) if one.source == HUBSPOT]
        over = [stream for stream in noted if not _is_asked_for(parts.rulebook, stream)]
        if over:
            failures.resolve_failures(conn, step=READ, source=HUBSPOT, platform_ids=over, at=parts.now())


def _is_asked_for(rulebook: Rulebook, stream: str) -> bool:
    kind, _, name = stream.partition(" ")
    events = rulebook.fields.events.values()
    lists = {one for event in events if event.hubspot for one in event.hubspot.lists}
    match kind:
        case "deals":
            return any(event.hubspot and event.hubspot.deals for event in events)
        case "forms" | "form":
            return any(event.submissions for event in events)
        case "lists" if not name:
            return bool(lists)
        case "workflows":
            return is_verified(rulebook)
        case "list":
            return name in lists
        case _:
            return True
