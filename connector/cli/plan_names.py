"""What the people of a plan are called: looked up when it is shown, and kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from connector.scoring.words import one_line

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from connector.facts import Value
    from connector.rulebook.types import FieldsFile

#: Fields of fields.yaml that name somebody; the address where the second is missing.
_FIRST, _LAST, _ADDRESS, _COMPANY = "first_name", "last_name", "email", "company"
_LONGEST = 60
_AT_ONCE = 1000


def names(conn: Connection, fields: FieldsFile, contacts: Sequence[int]) -> Mapping[int, str]:
    """`Maria Soler, Acme`, or `Maria maria@acme.example, Acme`, by contact; who is gone by now is left out. Read-only."""
    from connector.rulebook.mapping import interpret
    from connector.store.naming import records_of

    asked = {name: fields.fields[name] for name in (_FIRST, _LAST, _ADDRESS, _COMPANY) if name in fields.fields}
    naming = fields.model_copy(update={"fields": asked})
    found = {}
    for start in range(0, len(contacts), _AT_ONCE):
        for contact, records in records_of(conn, contacts[start : start + _AT_ONCE]).items():
            address = next((record.email for record in records.values() if record.email), "")
            found[contact] = _called({_ADDRESS: address, **interpret(records, naming)})
    return found


def _called(fields: Mapping[str, Value]) -> str:
    first, last, address, company = (
        one_line(str(fields.get(name, "")), _LONGEST) for name in (_FIRST, _LAST, _ADDRESS, _COMPANY)
    )
    person = " ".join(filter(None, (first, last or address)))
    return ", ".join(filter(None, (person, company))) or "(no name, no address)"
