"""The two ways into a HubSpot workflow that work without its own enrollment call: a property, and a static list.

Both also write the marker, the text of all episodes (``finance:1;winback:2``), that a lost database is rebuilt from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from adapters.hubspot.answers import PLATFORM
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.endings import not_found, outcome_of
from adapters.hubspot.lists import list_by_name, lists_of_contact
from adapters.hubspot.marks import Marks
from adapters.hubspot.read import BATCH
from adapters.hubspot.rows import in_batches
from adapters.hubspot.write import write_contacts
from adapters.markers import is_segment, knows
from adapters.one_by_one import answers
from adapters.ports import (
    Change,
    Deadline,
    Enrollment,
    Outcome,
    PlatformError,
    PlatformRefused,
    PlatformUnreachable,
    RowOutcome,
)

#: For the answers about a batch of enrollments that are looked into; who is not told of by then is asked about again.
_PROBING_S = 20.0


class PropertyChannel:
    """Puts the track's id into a contact property on which a workflow is triggered.

    Repeat-safe: a workflow that starts on "property changed to" does nothing when the same value is written again
    (facts/hubspot.md §5). Property and marker are written by one request, so both are there or neither.
    """

    source = PLATFORM
    repeat_safe = True
    marks_first = False
    batch = BATCH

    def __init__(self, client: HubSpotClient, marks: Marks, property_name: str) -> None:
        self.key = f"hubspot:property:{property_name}"
        self._client = client
        self._property = property_name
        self._marks = marks

    def enroll(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """See `EnrollmentChannel`; one call per 100 rows."""
        changes = [Change(row.id, {self._property: row.track, self._marks.name: row.markers}) for row in rows]
        return write_contacts(self._client, changes, deadline)

    def leave(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """Clear the property of those in whom it still holds this track; for others there is nothing to leave."""
        told = self._marks.values(rows, (self._property,), deadline)
        holding = [row for row in rows if (told.get(row.id) or {}).get(self._property) == row.track]
        cleared = write_contacts(self._client, [Change(row.id, {self._property: ""}) for row in holding], deadline)
        ended = {outcome.id: outcome for outcome in cleared}
        unread = PlatformUnreachable(PLATFORM, "whether she is on the track cannot be read", maybe_applied=False)
        for row in rows:
            if row.id not in told:
                ended[row.id] = RowOutcome(row.id, Outcome.LATER, unread)
            gone = told.get(row.id) is None
            ended.setdefault(row.id, not_found(row.id) if gone else RowOutcome(row.id, Outcome.DONE))
        return tuple(ended[row.id] for row in rows)

    def entered(self, rows: Sequence[Enrollment]) -> Mapping[str, bool | None]:
        """Yes if marker and property show this episode, no if the marker does not know it.

        With the marker alone it cannot be told (None): the property may have been cleared since, or the marker may have
        been written along with another track.
        """
        told = self._marks.values(rows, (self._property,), Deadline.after(_PROBING_S))
        return {row.id: self._shows(row, told.get(row.id) or {}) for row in rows}

    def _shows(self, row: Enrollment, values: Mapping[str, str | None]) -> bool | None:
        if self._marks.name not in values or self._property not in values:
            return None
        if not is_segment(row) and not knows(values[self._marks.name] or "", row):
            return False
        return True if values[self._property] == row.track else None


class ListChannel:
    """Adds people to a static list on which a workflow is triggered; the marker is written first.

    Repeat-safe: who is in the list already is ignored. The list is looked up by its name each time: a marketer may
    delete it and make it anew.
    """

    source = PLATFORM
    repeat_safe = True
    marks_first = True
    batch = BATCH

    def __init__(self, client: HubSpotClient, marks: Marks, list_name: str) -> None:
        self.key = f"hubspot:list:{list_name}"
        self._client = client
        self._name = list_name
        self._marks = marks

    def enroll(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """See `EnrollmentChannel`; three calls per 100 rows: the list, the markers, the members.

        Markers of those whom HubSpot does not let into the list are taken back: they have used no episode up.
        """

        def mark_and_add(some: Sequence[Enrollment]) -> list[RowOutcome]:
            list_id = self._list_id(deadline)
            marked = self._marks.write(some, deadline)
            ready = [row.id for row in marked if row.outcome is Outcome.DONE]
            # An unknown marker is no unknown enrollment: nobody has asked for that yet.
            rest = [
                RowOutcome(row.id, Outcome.LATER, row.error) if row.outcome is Outcome.UNKNOWN else row
                for row in marked
                if row.outcome is not Outcome.DONE
            ]
            added = self._add(list_id, ready, deadline) if ready else []
            refused = {row.id for row in added if row.outcome is Outcome.REFUSED}
            self._marks.take_back([row for row in some if row.id in refused and not is_segment(row)], deadline)
            return rest + added

        return _each_batch(rows, mark_and_add)

    def leave(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """Remove people from the list; who is not in it has left."""

        def remove(some: Sequence[Enrollment]) -> list[RowOutcome]:
            ids = [row.id for row in some]
            path = {"list_id": self._list_id(deadline)}
            self._client.call("list_remove", path=path, body=ids, deadline=deadline)
            return [RowOutcome(each, Outcome.DONE) for each in ids]

        return _each_batch(rows, remove)

    def entered(self, rows: Sequence[Enrollment]) -> Mapping[str, bool | None]:
        """Whether each is in the list now; one call a person, since a list may be long and a person's lists are few."""
        found: dict[str, bool | None] = dict.fromkeys((row.id for row in rows), None)
        deadline = Deadline.after(_PROBING_S)
        try:
            list_id = self._list_id(deadline)
        except PlatformError:
            return found
        return found | answers(lambda one: self._has(list_id, one, deadline), tuple(found), _in_turn)

    def _list_id(self, deadline: Deadline) -> str:
        return list_by_name(self._client, self._name, deadline).id

    def _has(self, list_id: str, contact_id: str, deadline: Deadline) -> bool | None:
        try:
            return list_id in lists_of_contact(self._client, contact_id, deadline)
        except PlatformRefused as error:
            if error.status == 404:
                return None
            raise

    def _add(self, list_id: str, ids: Sequence[str], deadline: Deadline) -> list[RowOutcome]:
        try:
            answer = self._client.call("list_add", path={"list_id": list_id}, body=list(ids), deadline=deadline)
        except PlatformError as error:
            return [outcome_of(each, error) for each in ids]
        missing = {str(each) for each in answer.get("recordIdsMissing") or ()}
        return [not_found(each) if each in missing else RowOutcome(each, Outcome.DONE) for each in ids]


def _each_batch(
    rows: Sequence[Enrollment], act: Callable[[Sequence[Enrollment]], list[RowOutcome]]
) -> tuple[RowOutcome, ...]:
    """Run `act` on 100 rows at a time; an error that it raises ends all the rows of its batch. One outcome a row."""
    ended: dict[str, RowOutcome] = {}
    for some in in_batches(rows, BATCH):
        try:
            outcomes = act(some)
        except PlatformError as error:
            outcomes = [outcome_of(row.id, error) for row in some]
        ended |= {outcome.id: outcome for outcome in outcomes}
    return tuple(ended[contact_id] for contact_id in dict.fromkeys(row.id for row in rows))


def _in_turn(
    ask: Callable[[str], tuple[bool | None, ...]], contact_ids: Sequence[str]
) -> tuple[tuple[bool | None, ...], ...]:
    return tuple(map(ask, contact_ids))
