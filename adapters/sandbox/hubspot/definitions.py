"""Property definitions and groups of one kind of object, with HubSpot's rules for changing them (facts/hubspot.md §9)."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.sandbox.hubspot.builtin import LIFECYCLE_STAGES, OPTIONS, TABLES
from adapters.sandbox.hubspot.errors import conflict, invalid, missing, refusal
from adapters.sandbox.hubspot.kinds import Kind

_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_PAIRS = {
    "string": {"text", "textarea", "html", "phonenumber", "file", "calculation_equation"},
    "number": {"number", "calculation_equation"},
    "date": {"date"},
    "datetime": {"date"},
    "enumeration": {"select", "radio", "checkbox", "booleancheckbox"},
    "bool": {"booleancheckbox", "calculation_equation"},
    "phone_number": {"phonenumber"},
}
_OPTION = frozenset({"label", "value", "description", "displayOrder", "hidden"})
_TRUE_FALSE = (("true", "True"), ("false", "False"))


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of an enumeration."""

    value: str
    label: str
    order: int = -1
    hidden: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """One property. `order` is displayOrder; `builtin` is HubSpot's hubspotDefined; `external` options are not listed."""

    name: str
    label: str
    type: str
    field_type: str
    group: str
    description: str = ""
    options: tuple[Option, ...] = ()
    order: int = -1
    read_only: bool = False
    calculated: bool = False
    hidden: bool = False
    external: bool = False
    form: bool = False
    builtin: bool = False
    unique: bool = False
    created: str = ""
    updated: str = ""
    values: frozenset[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", frozenset(option.value for option in self.options))

    def as_json(self) -> dict[str, object]:
        """The shape of `GET /crm/v3/properties/…`."""
        return {
            "updatedAt": self.updated,
            "createdAt": self.created,
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": [
                {
                    "label": option.label,
                    "value": option.value,
                    "description": option.description,
                    "displayOrder": option.order,
                    "hidden": option.hidden,
                }
                for option in self.options
            ],
            "displayOrder": self.order,
            "calculated": self.calculated,
            "externalOptions": self.external,
            "archived": False,
            "hasUniqueValue": self.unique,
            "hidden": self.hidden,
            "hubspotDefined": self.builtin,
            "modificationMetadata": {
                "archivable": not self.builtin,
                "readOnlyDefinition": self.builtin,
                "readOnlyOptions": False,
                "readOnlyValue": self.read_only,
            },
            "formField": self.form,
            "dataSensitivity": "non_sensitive",
        }


@dataclass(frozen=True, slots=True)
class Group:
    """A group of properties."""

    name: str
    label: str
    order: int = -1

    def as_json(self) -> dict[str, object]:
        return {"archived": False, "name": self.name, "label": self.label, "displayOrder": self.order}


class Definitions:
    """The properties of one kind, by name in order of creation. Methods raise HubSpot's Refusals."""

    def __init__(self, kind: Kind, now: Callable[[], str]) -> None:
        self.kind = kind
        self._now = now
        self._properties = {definition.name: definition for definition in _builtin(kind, now())}
        self.archived: dict[str, Definition] = {}
        self.groups = {
            name: Group(name, name.replace("_", " ").capitalize(), order)
            for order, name in enumerate(dict.fromkeys(d.group for d in self._properties.values()))
        }

    def __contains__(self, name: object) -> bool:
        return name in self._properties

    def __iter__(self) -> Iterator[Definition]:
        return iter(self._properties.values())

    def find(self, name: str) -> Definition | None:
        """The definition, or None."""
        return self._properties.get(name)

    def get(self, name: str) -> Definition:
        """The definition; 404 where there is none."""
        found = self._properties.get(name)
        if found is None:
            raise missing(f'Property "{name}" does not exist')
        return found

    @property
    def custom_count(self) -> int:
        """How many count against the portal's limit."""
        return sum(not definition.builtin for definition in self)

    def put(self, definition: Definition) -> Definition:
        """Define without asking, as HubSpot itself and imports do."""
        stamped = replace(definition, created=definition.created or self._now(), updated=self._now())
        self._properties[stamped.name] = stamped
        self.archived.pop(stamped.name, None)
        self.groups.setdefault(stamped.group, Group(stamped.group, stamped.group.capitalize()))
        return stamped

    def create(self, wish: Mapping[str, Any], *, dated: bool, limit: int) -> Definition:
        """`POST /properties`; `dated` is a date-based version, where options need displayOrder and hidden."""
        self._require(wish, ("name", "label", "type", "fieldType", "groupName"))
        name = wish["name"]
        if not _NAME.fullmatch(name):
            raise invalid(
                f'Property name "{name}" is invalid: it must start with a letter and hold only lower case letters, '
                "numbers and underscores"
            )
        if name in self._properties:
            raise conflict(f'A property named "{name}" already exists.')
        if wish["fieldType"] not in _PAIRS.get(wish["type"], ()):
            raise invalid(f"fieldType {wish['fieldType']} is not valid for type {wish['type']}")
        if wish["groupName"] not in self.groups:
            raise invalid(f'Property group "{wish["groupName"]}" does not exist')
        if self.custom_count >= limit:
            raise refusal(400, f"You have reached the limit of {limit} custom properties.", "VALIDATION_ERROR")
        return self.put(
            Definition(
                name,
                wish["label"],
                wish["type"],
                wish["fieldType"],
                wish["groupName"],
                description=wish.get("description") or "",
                options=_options(wish.get("options") or (), dated=dated, boolean=wish["type"] == "bool"),
                order=int(wish.get("displayOrder") or -1),
                hidden=bool(wish.get("hidden")),
                form=bool(wish.get("formField")),
                unique=bool(wish.get("hasUniqueValue")),
            )
        )

    def update(self, name: str, wish: Mapping[str, Any], *, dated: bool) -> Definition:
        """`PATCH /properties/{name}`; the name and built-in definitions (but for their options) cannot change."""
        old = self.get(name)
        if old.builtin and set(wish) - {"options"}:
            raise invalid(f'"{name}" is a HubSpot-defined property: its definition is read only')
        kept = {
            target: wish[source]
            for source, target in (
                ("label", "label"),
                ("description", "description"),
                ("groupName", "group"),
                ("type", "type"),
                ("fieldType", "field_type"),
                ("hidden", "hidden"),
                ("formField", "form"),
                ("displayOrder", "order"),
            )
            if wish.get(source) is not None
        }
        if wish.get("options") is not None:
            kept["options"] = _options(wish["options"], dated=dated, boolean=old.type == "bool")
        return self.put(replace(old, **kept))

    def archive(self, name: str) -> None:
        """`DELETE /properties/{name}`; archiving twice is fine, built-in ones stay."""
        found = self._properties.get(name)
        if found is None:
            return
        if found.builtin:
            raise invalid(f'"{name}" is a HubSpot-defined property and cannot be archived')
        self.archived[name] = self._properties.pop(name)

    def create_group(self, wish: Mapping[str, Any]) -> Group:
        """`POST /properties/…/groups`."""
        self._require(wish, ("name", "label"))
        if wish["name"] in self.groups:
            raise conflict(f'A property group named "{wish["name"]}" already exists.')
        group = Group(wish["name"], wish["label"], int(wish.get("displayOrder") or -1))
        self.groups[group.name] = group
        return group

    def archive_group(self, name: str) -> None:
        """`DELETE`; a group in use stays."""
        if any(definition.group == name for definition in self):
            raise invalid(f'Property group "{name}" still has properties')
        self.groups.pop(name, None)

    def _require(self, wish: Mapping[str, Any], names: Sequence[str]) -> None:
        absent = [name for name in names if not wish.get(name)]
        if absent:
            raise invalid(
                f"Invalid input JSON: missing required field(s) {', '.join(absent)}",
                errors=[{"message": f"Some required fields were not set: [{name}]", "in": name} for name in absent],
            )


def _options(wishes: Sequence[Mapping[str, Any]], *, dated: bool, boolean: bool) -> tuple[Option, ...]:
    if boolean and not wishes:
        return tuple(Option(value, label, order) for order, (value, label) in enumerate(_TRUE_FALSE))
    options = []
    for wish in wishes:
        odd = sorted(name for name, value in wish.items() if name not in _OPTION or value is None)
        if odd:
            raise invalid(f"Invalid input JSON: options take no {', '.join(odd)}")
        if dated and (wish.get("displayOrder") is None or wish.get("hidden") is None):
            raise invalid(
                "Invalid input JSON: options require displayOrder and hidden",
                errors=[{"message": "Some required fields were not set: [displayOrder, hidden]", "in": "options"}],
            )
        if not wish.get("value") or not wish.get("label"):
            raise invalid("Invalid input JSON: options require label and value")
        options.append(
            Option(
                str(wish["value"]),
                str(wish["label"]),
                int(wish.get("displayOrder") or 0),
                bool(wish.get("hidden")),
                wish.get("description") or "",
            )
        )
    if len({option.value for option in options}) < len(options):
        raise invalid("Property options must have unique values")
    return tuple(options)


def _builtin(kind: Kind, now: str) -> Iterator[Definition]:
    for order, line in enumerate(TABLES[kind.name].strip().splitlines()):
        name, label, type_, field_type, group, flags = line.split("|")
        pairs = OPTIONS.get(f"{kind.name}.{name}", _TRUE_FALSE if type_ == "bool" else ())
        yield Definition(
            name,
            label,
            type_,
            field_type,
            group,
            options=tuple(Option(value, text, i) for i, (value, text) in enumerate(pairs)),
            order=order,
            read_only="readonly" in flags,
            calculated="calculated" in flags,
            hidden="hidden" in flags,
            external="external" in flags or (type_ == "enumeration" and not pairs),
            form="form" in flags,
            builtin=True,
            created=now,
            updated=now,
        )
    if kind.name == "contacts":
        yield from (
            stage_date(template, stage, label, now) for stage, label in LIFECYCLE_STAGES for template in STAGE_DATES
        )


#: Names and labels of the read-only dates that go with each lifecycle stage.
STAGE_DATES = (
    ("hs_lifecyclestage_{}_date", "Became a {} Date"),
    ("hs_v2_date_entered_{}", 'Date entered "{} (Lifecycle Stage Pipeline)"'),
    ("hs_v2_date_exited_{}", 'Date exited "{} (Lifecycle Stage Pipeline)"'),
)


def stage_date(template: tuple[str, str], stage: str, label: str, now: str) -> Definition:
    """The definition of one stage date."""
    name, title = template
    return Definition(
        name.format(stage),
        title.format(label),
        "datetime",
        "date",
        "contactlcs",
        read_only=True,
        hidden=name.startswith("hs_lifecycle"),
        builtin=True,
        created=now,
        updated=now,
    )
