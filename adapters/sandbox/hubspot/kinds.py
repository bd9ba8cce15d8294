"""The kinds of CRM objects that the pretend portal keeps."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One object type.

    Attributes:
        name: as in paths, plural.
        type_id: HubSpot's objectTypeId.
        singular: lower case, as in webhook names.
        default_properties: what a read returns when nothing is asked for.
        created, modified: names of the built-in date properties.
        schema: the scope family of its properties.
        required: properties without which nothing is created.

    """

    name: str
    type_id: str
    singular: str
    default_properties: tuple[str, ...]
    created: str = "createdate"
    modified: str = "hs_lastmodifieddate"
    scope: str = "contacts"
    required: tuple[str, ...] = ()

    @property
    def always(self) -> tuple[str, ...]:
        """Properties that come back with every read."""
        return (self.created, self.modified, "hs_object_id")

    @property
    def read_scope(self) -> str:
        return f"crm.objects.{self.scope}.read"

    @property
    def write_scope(self) -> str:
        return f"crm.objects.{self.scope}.write"


CONTACTS = Kind(
    "contacts",
    "0-1",
    "contact",
    ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    modified="lastmodifieddate",
)
COMPANIES = Kind(
    "companies",
    "0-2",
    "company",
    ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
    scope="companies",
)
DEALS = Kind(
    "deals",
    "0-3",
    "deal",
    ("amount", "closedate", "createdate", "dealname", "dealstage", "hs_lastmodifieddate", "hs_object_id", "pipeline"),
    scope="deals",
)
TASKS = Kind(
    "tasks",
    "0-27",
    "task",
    ("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
    created="hs_createdate",
    required=("hs_timestamp",),
)
NOTES = Kind(
    "notes",
    "0-46",
    "note",
    ("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
    created="hs_createdate",
    required=("hs_timestamp",),
)

KINDS = {kind.name: kind for kind in (CONTACTS, COMPANIES, DEALS, TASKS, NOTES)}
ALIASES = {alias: kind for kind in KINDS.values() for alias in (kind.name, kind.singular, kind.type_id)}
