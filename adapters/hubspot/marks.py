"""The markers of contacts, in the property that HubSpot keeps them in: written, taken back, and read (design promise 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.names import HubSpotNames
from adapters.hubspot.read import read_values
from adapters.hubspot.rows import MERGED_IDS
from adapters.hubspot.write import write_contacts
from adapters.markers import knows, taken_back
from adapters.one_by_one import by_halves
from adapters.ports import Change, Deadline, Enrollment, Outcome, PlatformError, RowOutcome

#: Contact id → what was read of her, None where she is not there; who could not be read is absent.
Values = Mapping[str, Mapping[str, str | None] | None]


class Marks:
    """Marker texts of the contacts of one portal."""

    def __init__(self, client: HubSpotClient, names: HubSpotNames) -> None:
        self.name = names.enrolled
        self._client = client

    def write(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """Write each row's markers; never raises PlatformError."""
        return write_contacts(self._client, [Change(row.id, {self.name: row.markers}) for row in rows], deadline)

    def write_one(self, row: Enrollment, deadline: Deadline) -> None:
        """The same of one row. Raises PlatformError."""
        _done_or_raise(self.write([row], deadline))

    def take_back(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """Let the markers of contacts who were not enrolled not say so; never raises PlatformError."""
        changes = [Change(row.id, {self.name: taken_back(row)}) for row in rows]
        return write_contacts(self._client, changes, deadline)

    def take_one_back(self, row: Enrollment, deadline: Deadline) -> None:
        """The same of one row. Raises PlatformError."""
        _done_or_raise(self.take_back([row], deadline))

    def known(self, rows: Sequence[Enrollment], deadline: Deadline) -> dict[str, bool | None]:
        """By contact, whether her marker has the row's episode; None where that cannot be told. Never raises.

        A merge may leave the marker of either contact: where it lacks the episode of one who was merged, that proves nothing.
        """
        told = self.values(rows, (MERGED_IDS,), deadline)
        return {row.id: self._knows(row, told.get(row.id) or {}) for row in rows}

    def values(self, rows: Sequence[Enrollment], names: Sequence[str], deadline: Deadline) -> Values:
        """The markers and other properties of contacts. Never raises PlatformError."""

        def ask(ids: Sequence[str]) -> dict[str, dict[str, str | None] | None]:
            values = read_values(self._client, "contacts_read", ids, (*names, self.name), deadline)
            return {each: values.get(each) for each in ids}

        return by_halves(ask, [row.id for row in rows])

    def _knows(self, row: Enrollment, values: Mapping[str, str | None]) -> bool | None:
        if self.name not in values:
            return None
        if knows(values[self.name] or "", row):
            return True
        return None if values.get(MERGED_IDS) else False


def _done_or_raise(outcomes: Sequence[RowOutcome]) -> None:
    error: PlatformError | None = next((one.error for one in outcomes if one.outcome is not Outcome.DONE), None)
    if error is not None:
        raise error
