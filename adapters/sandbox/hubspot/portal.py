"""The state of a pretend HubSpot account, and the one way in which its records change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from threading import RLock

from adapters.sandbox.effects import EffectLedger
from adapters.sandbox.hubspot.account import Owner, SubscriptionType
from adapters.sandbox.hubspot.admin import Admin
from adapters.sandbox.hubspot.associations import Associations
from adapters.sandbox.hubspot.definitions import Definitions
from adapters.sandbox.hubspot.derived import derived
from adapters.sandbox.hubspot.errors import conflict, invalid
from adapters.sandbox.hubspot.forms import Forms
from adapters.sandbox.hubspot.kinds import ALIASES, CONTACTS, KINDS
from adapters.sandbox.hubspot.life import Life
from adapters.sandbox.hubspot.limits import Limits
from adapters.sandbox.hubspot.lists import Lists
from adapters.sandbox.hubspot.record import Record, Source
from adapters.sandbox.hubspot.settings import Settings
from adapters.sandbox.hubspot.shelf import Shelf
from adapters.sandbox.hubspot.values import BadValue, iso, milliseconds, stored
from adapters.sandbox.hubspot.webhooks import Webhooks
from adapters.sandbox.hubspot.workflows import Workflows

#: Sources that may move a lifecycle stage forward only (facts/hubspot.md §8); people in the UI may do as they like.
_FORWARD_ONLY = frozenset({"INTEGRATION", "API", "FORM", "AUTOMATION_PLATFORM", "DEALS"})

#: How long the recycling bin keeps a record (facts/hubspot.md §11.15).
_BIN_MS = 90 * 86_400_000


class Portal:
    """One account. `lock` protects all of it: hold it around anything that reads or writes (API and life do).

    Attributes:
        shelves: records by kind name ("contacts", "companies", "deals", "tasks", "notes").
        definitions: property definitions by kind name.
        lists, workflows, webhooks, forms, associations: the parts of the account.
        life, admin: what people do in it, and to its properties.
        settings: quirks and limits, changeable at any time.

    """

    def __init__(self, clock: Callable[[], datetime], effects: EffectLedger, settings: Settings | None = None) -> None:
        self.clock = clock
        self.effects = effects
        self.settings = settings or Settings()
        self.lock = RLock()
        self.limits = Limits(self.settings, clock)
        self.shelves = {name: Shelf(kind, 501 + 100_000_000 * i) for i, (name, kind) in enumerate(KINDS.items())}
        self.definitions = {name: Definitions(kind, self.now_iso) for name, kind in KINDS.items()}
        self.associations = Associations()
        self.owners: dict[str, Owner] = {}
        self.subscription_types: dict[str, SubscriptionType] = {}
        self.lists = Lists(self)
        self.workflows = Workflows(self)
        self.webhooks = Webhooks(self.settings, self.now_ms)
        self.forms = Forms(self.now_iso)
        self.life = Life(self)
        self.admin = Admin(self)

    def close(self) -> None:
        """Stop the background threads."""
        self.webhooks.close()

    def settle(self) -> None:
        """Let happen what time brings: due mails, and the end of what was in the bin for 90 days."""
        self.workflows.settle()
        for shelf in self.shelves.values():
            for record in shelf.empty_bin(self.now_ms() - _BIN_MS):
                self.associations.drop(shelf.kind.name, record.id)

    def now_ms(self) -> int:
        """Sandbox time in milliseconds."""
        return milliseconds(self.clock())

    def now_iso(self) -> str:
        """Sandbox time as HubSpot writes it."""
        return iso(self.now_ms())

    @property
    def contacts(self) -> Shelf:
        """The contacts."""
        return self.shelves["contacts"]

    @property
    def api_source(self) -> Source:
        """How changes through the API are marked."""
        return Source("INTEGRATION", str(self.settings.app_id))

    def shelf_of_type(self, object_type: str) -> Shelf:
        """The shelf of a kind by name, singular or objectTypeId; 400 for others."""
        kind = ALIASES.get(object_type)
        if kind is None:
            raise invalid(f"Unable to infer object type from: {object_type}")
        return self.shelves[kind.name]

    def add_owner(self, email: str, first_name: str, last_name: str) -> Owner:
        """A new user who can own records."""
        with self.lock:
            number = len(self.owners) + 1
            owner = Owner(str(77_000_000 + number), email, first_name, last_name, 88_000_000 + number, self.now_iso())
            self.owners[owner.id] = owner
            return owner

    def add_subscription_type(self, id_: str, name: str) -> SubscriptionType:
        """A new type of marketing mail, with its opt-out property."""
        with self.lock:
            made = self.subscription_types[id_] = SubscriptionType(id_, name)
            self.definitions["contacts"].put(made.opt_out())
            return made

    def checked(self, kind: str, wish: Mapping[str, object]) -> tuple[dict[str, str], list[dict[str, object]]]:
        """API values as they would be stored (nulls are ignored), and the problems of those that are refused."""
        values: dict[str, str] = {}
        problems: list[dict[str, object]] = []
        definitions = self.definitions[kind]
        for name, value in wish.items():
            if value is None:
                continue
            try:
                values[name.lower()] = self._stored(definitions, name, value)
            except BadValue as bad:
                problems.append(
                    {
                        "isValid": False,
                        "message": str(bad),
                        "error": bad.code,
                        "name": name,
                        "localizedErrorMessage": str(bad),
                        "portalId": self.settings.portal_id,
                    }
                )
        return values, problems

    def create(
        self, kind: str, values: Mapping[str, str], source: Source, *, at: int | None = None, id_: int | None = None
    ) -> Record:
        """A new record with already stored values; 409 if the e-mail is taken. `at` (ms) may lie in the past."""
        shelf = self.shelves[kind]
        taken = self.email_owner(values.get("email", "")) if kind == "contacts" else None
        if taken is not None:
            raise conflict(f"Contact already exists. Existing ID: {taken}")
        if values.get("email", "") in shelf.erased:
            raise invalid("This email address belongs to a permanently deleted contact and cannot be used again.")
        moment = self.now_ms() if at is None else at
        record = shelf.add({}, moment, source, id_=id_)
        if at is None:
            self.hide_from_search(shelf, record, new=True)
        self.emit("creation", shelf, record, source, changeFlag="CREATED")
        self._apply(shelf, record, {name: value for name, value in values.items() if value != ""}, source, moment)
        return record

    def write(
        self,
        kind: str,
        record: Record,
        values: Mapping[str, str],
        source: Source,
        *,
        at: int | None = None,
        back: bool = False,
    ) -> bool:
        """Change a record's values (already stored texts); True if anything changed.

        A lifecycle stage moves forward only unless a person moves it, or `back`. 409 if a new e-mail is someone else's.
        """
        shelf = self.shelves[kind]
        if kind == "contacts" and values.get("email"):
            taken = self.email_owner(values["email"])
            if taken not in (None, record.id):
                raise conflict(f"Contact already exists. Existing ID: {taken}")
        wanted = dict(values)
        held_forward = source.change in _FORWARD_ONLY and not back
        if "lifecyclestage" in wanted and held_forward and self._is_backward(kind, record, wanted):
            del wanted["lifecyclestage"]
        moment = self.now_ms() if at is None else at
        old = record.values
        changed = {name: value for name, value in wanted.items() if old.get(name, "") != value}
        if not changed and not (wanted and self.settings.same_value_bumps):
            self._echo_same(shelf, record, wanted, source)
            return False
        if at is None:
            self.hide_from_search(shelf, record)
        self._echo_same(shelf, record, {n: v for n, v in wanted.items() if n not in changed}, source)
        for name, value in changed.items():
            record.remember(name, value, moment, source)
        shelf.touch(record, moment)
        self._apply(shelf, record, changed, source, moment)
        return bool(changed)

    def touch(self, kind: str, record: Record) -> None:
        """Move the last-modified date, as new activities do."""
        shelf = self.shelves[kind]
        self.hide_from_search(shelf, record)
        shelf.touch(record, self.now_ms())

    def touch_at(self, record: Record, modified: int) -> None:
        """Set a contact's last-modified date to a later moment (ms), as imports of old data do."""
        self.contacts.touch(record, modified)

    def email_owner(self, address: str) -> int | None:
        """Whose primary or additional address it is."""
        return self.contacts.by_email.get(address.lower()) if address else None

    def archive(self, kind: str, record: Record, source: Source) -> None:
        """Put a record in the recycling bin; its e-mail is free again."""
        shelf = self.shelves[kind]
        if kind == "contacts":
            self.leave_everything(record, "contact archived")
        shelf.set_archived(record, self.now_ms())
        self._free_emails(record)
        self.emit("deletion", shelf, record, source, changeFlag="DELETED")

    def restore(self, kind: str, record: Record, source: Source) -> None:
        """Bring an archived record back; 409 if its e-mail has been taken meanwhile."""
        shelf = self.shelves[kind]
        address = record.values.get("email", "")
        if kind == "contacts" and self.email_owner(address) is not None:
            raise conflict(f"Contact already exists. Existing ID: {self.email_owner(address)}")
        shelf.set_archived(record, None)
        if kind == "contacts" and address:
            shelf.by_email[address] = record.id
        shelf.touch(record, self.now_ms())
        self.emit("restore", shelf, record, source, changeFlag="RESTORED")

    def erase(self, record: Record, source: Source) -> None:
        """Privacy deletion of a contact: gone for good, the address is blocked."""
        self.leave_everything(record, "contact erased")
        if record.values.get("email"):
            self.contacts.erased.add(record.values["email"])
        self.contacts.remove(record)
        self.associations.drop("contacts", record.id)
        self.emit("privacyDeletion", self.contacts, record, source)
        self.emit("deletion", self.contacts, record, source, changeFlag="DELETED")

    def _stored(self, definitions: Definitions, name: str, value: object) -> str:
        definition = definitions.find(name.lower())
        if definition is None:
            raise BadValue(f'Property "{name}" does not exist', "PROPERTY_DOESNT_EXIST")
        if definition.read_only:
            raise BadValue(f'"{name}" is a read only property; its value cannot be set.', "READ_ONLY_VALUE")
        return stored(definition, value, self.owners.__contains__)

    def _apply(self, shelf: Shelf, record: Record, changed: Mapping[str, str], source: Source, moment: int) -> None:
        """Set values and let the consequences happen: indexes, derived values, webhooks, workflows."""
        before = {name: record.values.get(name, "") for name in changed}
        record.values.update(changed)
        record.values.update(derived(shelf.kind, before, changed, moment))
        is_contact = shelf.kind is CONTACTS
        if is_contact and "email" in changed:
            self._index_email(record, before["email"], changed["email"])
        if "associatedcompanyid" in changed and is_contact:
            self._set_company(record, before["associatedcompanyid"], changed["associatedcompanyid"])
        for name, value in changed.items():
            self.emit("propertyChange", shelf, record, source, propertyName=name, propertyValue=value)
        if is_contact:
            for name, value in changed.items():
                self.workflows.property_changed(record, name, before[name], value)

    def _is_backward(self, kind: str, record: Record, wanted: Mapping[str, str]) -> bool:
        stages = self.definitions[kind].get("lifecyclestage").options
        order = {stage.value: stage.order for stage in stages}
        present, wish = record.values.get("lifecyclestage", ""), wanted["lifecyclestage"]
        return bool(present and wish) and order.get(wish, -1) < order.get(present, -1)

    def _index_email(self, record: Record, before: str, after: str) -> None:
        if before and self.contacts.by_email.get(before) == record.id:
            del self.contacts.by_email[before]
        if after:
            self.contacts.by_email[after] = record.id

    def _set_company(self, record: Record, before: str, after: str) -> None:
        if before:
            self.associations.unlink("contacts", record.id, "companies", int(before))
        if after:
            self.associations.link("contacts", record.id, "companies", int(after))

    def leave_everything(self, record: Record, why: str) -> None:
        """The contact is gone: out of every workflow and list."""
        self.workflows.forget(record, why)
        self.lists.forget(record)

    def _free_emails(self, record: Record) -> None:
        address = record.values.get("email", "")
        if address and self.contacts.by_email.get(address) == record.id:
            del self.contacts.by_email[address]

    def hide_from_search(self, shelf: Shelf, record: Record, *, new: bool = False) -> None:
        """Call before a change: search goes on seeing the record as it is now, for the index lag."""
        if self.settings.search_lag > 0:
            shelf.index.hide(record, self.clock().timestamp() + self.settings.search_lag, new=new)

    def _echo_same(self, shelf: Shelf, record: Record, same: Mapping[str, str], source: Source) -> None:
        if self.settings.same_value_fires:
            for name, value in same.items():
                self.emit("propertyChange", shelf, record, source, propertyName=name, propertyValue=value)

    def emit(self, what: str, shelf: Shelf, record: Record, source: Source, **more: object) -> None:
        """Send a webhook event about a record."""
        self.webhooks.emit(what, (shelf.kind.singular, shelf.kind.type_id), record.id, source, **more)
