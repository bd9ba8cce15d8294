"""What the portal's admin does to its properties, so that whoever relies on them must notice (facts/hubspot.md §9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from adapters.sandbox.hubspot.definitions import Definition, Option
from adapters.sandbox.hubspot.values import BadValue, stored

if TYPE_CHECKING:
    from adapters.sandbox.hubspot.portal import Portal


class Admin:
    """The acts, on contact properties; each takes the portal's lock. LookupError for a property that is not there.

    A property's name is permanent; what people call renaming is a new label, or a new property in place of the old.
    """

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._definitions = portal.definitions["contacts"]

    def relabel_property(self, name: str, label: str) -> None:
        """Give a property another label."""
        with self._portal.lock:
            self._definitions.put(replace(self._found(name), label=label))

    def archive_property(self, name: str) -> None:
        """Delete a property: no read, search or write knows it any more; its values wait in case it is restored."""
        with self._portal.lock:
            self._found(name)
            self._definitions.archive(name)

    def restore_property(self, name: str) -> None:
        """Bring a deleted property back, values included."""
        with self._portal.lock:
            if name not in self._definitions.archived:
                raise LookupError(f"no archived property {name}")
            self._definitions.put(self._definitions.archived[name])

    def retype_property(
        self,
        name: str,
        type: str,  # noqa: A002 - HubSpot's word
        field_type: str,
        options: Mapping[str, str] | None = None,
    ) -> None:
        """Change a property's type (`options`: value → label); values that do not fit the new type are gone."""
        with self._portal.lock:
            kept = replace(self._found(name), type=type, field_type=field_type, options=_options(options or {}))
            self._keep_what_fits(self._definitions.put(kept))

    def replace_options(self, name: str, options: Mapping[str, str]) -> None:
        """Put other options (value → label) in place of a property's; who holds another value keeps it, as at HubSpot."""
        with self._portal.lock:
            self._definitions.put(replace(self._found(name), options=_options(options)))

    def _found(self, name: str) -> Definition:
        found = self._definitions.find(name)
        if found is None:
            raise LookupError(f"no property {name}")
        return found

    def _keep_what_fits(self, definition: Definition) -> None:
        for record in self._portal.contacts.records.values():
            held = record.values.get(definition.name)
            if not held:
                continue
            try:
                record.values[definition.name] = stored(definition, held, lambda _owner: True)
            except BadValue:
                del record.values[definition.name]


def _options(labels: Mapping[str, str]) -> tuple[Option, ...]:
    return tuple(Option(value, label, order) for order, (value, label) in enumerate(labels.items()))
