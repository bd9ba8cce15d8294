"""Life in the pretend portal: what people and the marketer do, without the API.

Every act takes an e-mail address and an optional `at` (aware datetime or ISO text; a past moment builds history).
Counters and dates move as facts/hubspot.md §7 describes; workflows and webhooks follow by themselves.
Acts raise LookupError for unknown people.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from adapters.sandbox.hubspot.builtin import optout_property
from adapters.sandbox.hubspot.derived import LOST, WON
from adapters.sandbox.hubspot.merging import merge_contacts
from adapters.sandbox.hubspot.record import Record, Source
from adapters.sandbox.hubspot.values import iso, milliseconds, parse_ms, stored

if TYPE_CHECKING:
    from adapters.sandbox.hubspot.portal import Portal

When = datetime | str | None

PERSON = Source("CRM_UI", "userId:882761034")
FORM = Source("FORM", "")
SITE = Source("ANALYTICS", "")
MAIL = Source("EMAIL", "")
DEALS = Source("DEALS", "")
COMPUTED = Source("CALCULATED", "")


class Life:
    """The acts; each takes the portal's lock."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def add_contact(self, values: Mapping[str, object], at: When = None) -> str:
        """A marketer creates a contact; any property, read-only ones too. Returns the id."""
        with self._portal.lock:
            return str(self._portal.create("contacts", self._stored("contacts", values), PERSON, at=_ms(at)).id)

    def add_company(self, values: Mapping[str, object], at: When = None) -> str:
        """A marketer creates a company. Returns the id, for the contact's `associatedcompanyid`."""
        with self._portal.lock:
            return str(self._portal.create("companies", self._stored("companies", values), PERSON, at=_ms(at)).id)

    def set_property(self, email: str, name: str, value: object, at: When = None) -> None:
        """A person edits a property in the record; she may also move a lifecycle stage back."""
        self._write(email, self._stored("contacts", {name: value}), PERSON, at)

    def fill_form(
        self, email: str, form: str, values: Mapping[str, str] | None = None, page_url: str = "", at: When = None
    ) -> str:
        """Somebody fills in a form: the contact is made or updated, a new one becomes a lead. Returns the contact's id."""
        portal = self._portal
        with portal.lock:
            given = {"email": email, **(values or {})}
            fields = {n: v for n, v in self._stored("contacts", given).items() if n in portal.definitions["contacts"]}
            record = portal.contacts.find(email, by_email=True)
            moment = _ms(at)
            if record is None:
                fields.setdefault("lifecyclestage", "lead")
                record = portal.create("contacts", fields, FORM, at=moment)
            else:
                portal.write("contacts", record, {**fields, "lifecyclestage": "lead"}, FORM, at=moment)
            when = portal.now_ms() if moment is None else moment
            first_time = not any(s.values.get("email") == given["email"] for s in portal.forms.named(form).submissions)
            portal.forms.submit(form, when, page_url, given)
            counters = _bumped(record, "num_conversion_events")
            if first_time:
                counters |= _bumped(record, "num_unique_conversion_events")
            if not record.values.get("first_conversion_date"):
                counters |= {"first_conversion_date": iso(when), "first_conversion_event_name": form}
            if _is_newest(record, "recent_conversion_date", when):
                counters |= {"recent_conversion_date": iso(when), "recent_conversion_event_name": form}
            portal.write("contacts", record, counters, COMPUTED, at=moment)
            if page_url:
                self.visit_page(email, page_url, at)
            return str(record.id)

    def visit_page(self, email: str, url: str, at: When = None) -> None:
        """A known visitor opens a page of the site; half an hour of silence begins a new session."""
        record = self.person(email)
        when = self._when(at)
        last = parse_ms(record.values.get("hs_analytics_last_timestamp", ""))
        changes = _bumped(record, "hs_analytics_num_page_views")
        if last is None or when - last > 1_800_000:
            changes |= _bumped(record, "hs_analytics_num_visits") | {"hs_analytics_last_visit_timestamp": iso(when)}
        if not record.values.get("hs_analytics_first_timestamp"):
            changes |= {"hs_analytics_first_timestamp": iso(when), "hs_analytics_first_url": url}
        if _is_newest(record, "hs_analytics_last_timestamp", when):
            changes |= {"hs_analytics_last_timestamp": iso(when), "hs_analytics_last_url": url}
        self._write(email, changes, SITE, at)

    def receive_mail(self, email: str, mail: str, at: When = None) -> bool:
        """HubSpot sends a marketing mail; False where it would not (opted out, bounced)."""
        with self._portal.lock:
            record = self.person(email)
            if self._portal.workflows.unmailable(record):
                return False
            self.mail_received(record, mail, datetime.fromtimestamp(self._when(at) / 1000, UTC))
            return True

    def mail_received(self, record: Record, mail: str, at: datetime) -> None:
        """Counters of one delivered mail."""
        ms = milliseconds(at)
        changes = _bumped(record, "hs_email_delivered") | _bumped(record, "hs_email_sends_since_last_engagement")
        changes |= _dates(record, "send", ms) | {"hs_email_last_email_name": mail}
        self._portal.write("contacts", record, changes, MAIL, at=ms)

    def open_mail(self, email: str, mail: str = "", at: When = None) -> None:
        """She (or her mail program) opens the last mail."""
        self._engage(email, "open", mail, at)

    def click_mail(self, email: str, mail: str = "", url: str = "", at: When = None) -> None:
        """She clicks in the last mail, which also counts as an open; with `url` she lands on that page."""
        with self._portal.lock:
            self._engage(email, "open", mail, at)
            self._engage(email, "click", mail, at)
            if url:
                self.visit_page(email, url, at)

    def reply_mail(self, email: str, mail: str = "", at: When = None) -> None:
        """She answers the last mail."""
        self._write(email, {"hs_sales_email_last_replied": iso(self._when(at))}, MAIL, at)
        self._engage(email, "reply", mail, at)

    def unsubscribe(self, email: str, subscription: str = "", at: When = None) -> None:
        """She opts out of all mail, or of one subscription type by its id."""
        name = optout_property(subscription) if subscription else "hs_email_optout"
        self._write(email, {name: "true"}, MAIL, at)

    def hard_bounce(self, email: str, reason: str = "UNKNOWN_USER", at: When = None) -> None:
        """A mail to her bounces for good."""
        with self._portal.lock:
            record = self.person(email)
            changes = _bumped(record, "hs_email_bounce") | {"hs_email_hard_bounce_reason_enum": reason}
            self._write(email, changes, MAIL, at)

    def win_deal(self, email: str, name: str = "Deal", amount: float = 1000, at: When = None) -> str:
        """A deal with her is won: she becomes a customer. Returns the deal's id."""
        with self._portal.lock:
            deal, when = self._closed_deal(email, name, amount, WON, at), iso(self._when(at))
            changes = {"recent_deal_amount": str(amount), "recent_deal_close_date": when, "closedate": when}
            self._write(email, {**changes, "lifecyclestage": "customer"}, DEALS, at)
            return deal

    def lose_deal(self, email: str, name: str = "Deal", amount: float = 1000, at: When = None) -> str:
        """A deal with her is lost; she stays what she is. Returns the deal's id."""
        with self._portal.lock:
            return self._closed_deal(email, name, amount, LOST, at)

    def _closed_deal(self, email: str, name: str, amount: float, stage: str, at: When) -> str:
        record = self.person(email)
        values = {"dealname": name, "amount": str(amount), "dealstage": stage, "closedate": iso(self._when(at))}
        deal = self._portal.create("deals", values, PERSON, at=_ms(at))
        self._portal.associations.link("contacts", record.id, "deals", deal.id)
        self._write(email, _bumped(record, "num_associated_deals"), DEALS, at)
        return str(deal.id)

    def contact_person(self, email: str, at: When = None) -> None:
        """Sales calls or writes to her and logs it."""
        with self._portal.lock:
            record, when = self.person(email), iso(self._when(at))
            changes = _bumped(record, "num_notes") | _bumped(record, "num_contacted_notes")
            self._write(email, {**changes, "notes_last_contacted": when, "notes_last_updated": when}, PERSON, at)

    def complete_task(self, task_id: str) -> None:
        """Somebody ticks a task off."""
        with self._portal.lock:
            task = self._portal.shelves["tasks"].find(task_id)
            if task is None:
                raise LookupError(f"no task {task_id}")
            done = {"hs_task_status": "COMPLETED", "hs_task_completion_date": self._portal.now_iso()}
            self._portal.write("tasks", task, done, PERSON)

    def join_list(self, email: str, list_name: str) -> None:
        """She gets on a list of any type, made (as DYNAMIC) where it is missing: a marketer's filter began to match."""
        with self._portal.lock:
            lists = self._portal.lists
            lists.join(lists.named(list_name) or lists.create(list_name, "DYNAMIC"), self.person(email))

    def leave_list(self, email: str, list_name: str) -> None:
        """She gets off a list."""
        with self._portal.lock:
            found = self._portal.lists.named(list_name)
            if found is None:
                raise LookupError(f"no list named {list_name}")
            self._portal.lists.leave(found, self.person(email))

    def enroll(self, email: str, workflow: str) -> bool:
        """A person enrolls her by hand in a workflow, by its name or flowId."""
        with self._portal.lock:
            found = self._portal.workflows.find(workflow)
            if found is None:
                raise LookupError(f"no workflow {workflow}")
            return self._portal.workflows.enroll(found, self.person(email), "enrolled by hand")

    def switch_workflow(self, workflow: str, *, on: bool) -> None:
        """A person switches a workflow on or off, by its name or flowId."""
        with self._portal.lock:
            found = self._portal.workflows.find(workflow)
            if found is None:
                raise LookupError(f"no workflow {workflow}")
            self._portal.workflows.switch(found, on=on)

    def merge(self, primary: str, other: str) -> str:
        """A person merges two contacts (e-mail addresses). Returns the id of the result."""
        with self._portal.lock:
            return str(merge_contacts(self._portal, self.person(primary), self.person(other), PERSON).id)

    def archive(self, email: str) -> None:
        """A person deletes the contact, for 90 days."""
        with self._portal.lock:
            self._portal.archive("contacts", self.person(email), PERSON)

    def restore(self, contact_id: str) -> None:
        """A person brings a deleted contact back, within 90 days."""
        with self._portal.lock:
            self._portal.settle()
            record = self._portal.contacts.find(contact_id, archived=True)
            if record is None:
                raise LookupError(f"no archived contact {contact_id}")
            self._portal.restore("contacts", record, PERSON)

    def erase(self, email: str) -> None:
        """A privacy deletion: gone for good."""
        with self._portal.lock:
            self._portal.erase(self.person(email), PERSON)

    def person(self, email: str) -> Record:
        """The live contact with that address."""
        record = self._portal.contacts.find(email, by_email=True)
        if record is None:
            raise LookupError("no contact has this e-mail address")
        return record

    def _engage(self, email: str, act: str, mail: str, at: When) -> None:
        with self._portal.lock:
            record = self.person(email)
            counter = {"open": "hs_email_open", "click": "hs_email_click", "reply": "hs_email_replied"}[act]
            changes = _bumped(record, counter) | _dates(record, act, self._when(at))
            changes["hs_email_sends_since_last_engagement"] = "0"
            if mail:
                changes["hs_email_last_email_name"] = mail
            self._portal.write("contacts", record, changes, MAIL, at=_ms(at))

    def _write(self, email: str, values: Mapping[str, str], source: Source, at: When) -> None:
        with self._portal.lock:
            self._portal.write("contacts", self.person(email), values, source, at=_ms(at))

    def _when(self, at: When) -> int:
        ms = _ms(at)
        return self._portal.now_ms() if ms is None else ms

    def _stored(self, kind: str, values: Mapping[str, object]) -> dict[str, str]:
        definitions, texts = self._portal.definitions[kind], {}
        for name, value in values.items():
            definition = definitions.find(name)
            if isinstance(value, datetime):
                value = iso(milliseconds(value))  # noqa: PLW2901 - the same value, as text
            texts[name] = str(value) if definition is None else stored(definition, value, lambda _owner: True)
        return texts


def _bumped(record: Record, counter: str) -> dict[str, str]:
    return {counter: str(int(record.values.get(counter) or 0) + 1)}


def _is_newest(record: Record, name: str, ms: int) -> bool:
    """Whether an act is not older than the date that stands in the record."""
    return ms >= (parse_ms(record.values.get(name, "")) or 0)


def _dates(record: Record, act: str, ms: int) -> dict[str, str]:
    """The last date of an act, and the first where there was none; an older act does not move the last date back."""
    first, last = f"hs_email_first_{act}_date", f"hs_email_last_{act}_date"
    dates = {last: iso(ms)} if _is_newest(record, last, ms) else {}
    if act != "reply" and not record.values.get(first):
        dates[first] = iso(ms)
    return dates


def _ms(at: When) -> int | None:
    """Milliseconds of an act's time, None for now."""
    if at is None or isinstance(at, datetime):
        return None if at is None else milliseconds(at)
    ms = parse_ms(at)
    if ms is None:
        raise ValueError(f"not a time: {at}")
    return ms
