"""Loading a HubSpot contact export: a CSV whose header holds property names or labels."""

import csv
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from sys import intern

from adapters.sandbox.hubspot.definitions import Definition, Definitions
from adapters.sandbox.hubspot.portal import Portal
from adapters.sandbox.hubspot.record import Source
from adapters.sandbox.hubspot.values import BadValue, parse_ms, stored

IMPORT = Source("IMPORT", "")
_COMPANY_COLUMNS = {"associated company", "primary associated company"}
_MOST_INTERNED = 64


@dataclass
class Loaded:
    """What came of a file: contacts made, contacts updated (same e-mail twice), properties made, values left out.

    `refused` has (line of the file, reason) for each value or row that HubSpot would not have exported like this.
    """

    created: int = 0
    updated: int = 0
    new_properties: list[str] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)


def load_contacts_csv(portal: Portal, path: str | Path) -> Loaded:
    """Load every row as a contact; columns that match no property become string properties with that label.

    "Record ID", "Create Date" and "Last Modified Date" are kept. A column "Associated Company" makes companies by name.
    Nobody is told: no webhook, no workflow. Raises OSError, and ValueError for a file without a header.
    """
    loaded = Loaded()
    with portal.lock, Path(path).open(newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file)
        header = next(rows, None)
        if not header:
            raise ValueError(f"{path}: no header")
        loader = _Loader(portal, loaded, header)
        for row in rows:
            loader.load(rows.line_num, row)
    return loaded


class _Loader:
    def __init__(self, portal: Portal, loaded: Loaded, header: list[str]) -> None:
        self._portal = portal
        self._loaded = loaded
        self._companies: dict[str, str] = {}
        definitions = portal.definitions["contacts"]
        by_label = {definition.label.lower(): definition for definition in reversed(list(definitions))}
        self._columns: list[tuple[int, str, Callable[[str], str]]] = []
        for position, title in enumerate(header):
            if title.strip().lower() in _COMPANY_COLUMNS:
                self._columns.append((position, "associatedcompanyid", self._company))
            elif title.strip():
                definition = definitions.find(title.strip().lower()) or by_label.get(title.strip().lower())
                definition = definition or self._define(definitions, title.strip())
                self._columns.append((position, definition.name, _reader(definition)))

    def load(self, line: int, row: list[str]) -> None:
        values: dict[str, str] = {}
        for position, name, read in self._columns:
            text = row[position].strip() if position < len(row) else ""
            if not text:
                continue
            try:
                values[name] = read(text)
            except BadValue as bad:
                self._loaded.refused.append((line, f"{name}: {bad.code}"))
        created, modified = (parse_ms(values.pop(name, "")) for name in ("createdate", "lastmodifieddate"))
        wanted = values.pop("hs_object_id", "")
        portal, contacts = self._portal, self._portal.contacts
        known = contacts.by_email.get(values.get("email", ""))
        if known is not None:
            contacts.records[known].values.update(values)
            self._loaded.updated += 1
            return
        id_ = int(wanted) if wanted.isdigit() and int(wanted) not in contacts.records else None
        record = contacts.add(values, portal.now_ms() if created is None else created, IMPORT, id_=id_)
        if modified is not None and modified > record.created:
            portal.touch_at(record, modified)
        if "email" in values:
            contacts.by_email[values["email"]] = record.id
            values["hs_email_domain"] = intern(values["email"].rpartition("@")[2])
        if values.get("associatedcompanyid"):
            portal.associations.link("contacts", record.id, "companies", int(values["associatedcompanyid"]))
        self._loaded.created += 1

    def _define(self, definitions: Definitions, title: str) -> Definition:
        plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
        name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:90]
        name = name if name[:1].isalpha() else f"p_{name}".rstrip("_")
        base, number = name, 2
        while name in definitions:
            name, number = f"{base}_{number}", number + 1
        self._loaded.new_properties.append(name)
        return definitions.put(Definition(name, title, "string", "text", "contactinformation", form=True))

    def _company(self, text: str) -> str:
        if text not in self._companies:
            self._companies[text] = str(self._portal.create("companies", {"name": text}, IMPORT).id)
        return self._companies[text]


def _reader(definition: Definition) -> Callable[[str], str]:
    """How a cell of this property becomes a stored value: labels of options and the export's dates are understood."""
    labels = {option.label.lower(): option.value for option in definition.options}

    def read(text: str) -> str:
        if definition.type in ("date", "datetime"):
            text = _exported_moment(text)
        elif labels:
            text = labels.get(text.lower(), text)
        value = stored(definition, text, lambda _owner: True)
        return intern(value) if len(value) < _MOST_INTERNED else value

    return intern_plain if definition.type == "string" and definition.name != "email" else read


def intern_plain(text: str) -> str:
    """Text as it is; short texts share memory, since most columns repeat few values."""
    return intern(text) if len(text) < _MOST_INTERNED else text


def _exported_moment(text: str) -> str:
    for pattern in ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"):
        try:
            return datetime.strptime(text, pattern).isoformat() + "Z"  # noqa: DTZ007 - exports are read as UTC
        except ValueError:
            continue
    return text
