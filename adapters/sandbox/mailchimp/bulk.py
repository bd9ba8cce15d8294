"""POST /lists/{id}: up to 500 members at once, errors inside a 200 (facts/mailchimp.md §1.4, §8.14)."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from adapters.sandbox.mailchimp import consent, writing
from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.audience import Audience
from adapters.sandbox.mailchimp.member import Member, subscriber_hash
from adapters.sandbox.mailchimp.problems import Problem, invalid

if TYPE_CHECKING:
    from adapters.sandbox.mailchimp.account import Account

MAX_MEMBERS = 500


@dataclass
class Outcome:
    """What a bulk write did; `errors` are rows as the API shows them."""

    created: list[Member] = field(default_factory=list)
    updated: list[Member] = field(default_factory=list)
    errors: list[Json] = field(default_factory=list)

    def refuse(self, email: object, code: str, error: str, field_: str = "", message: str = "") -> None:
        """Add one error row."""
        row = {"email_address": str(email), "error": error, "error_code": code, "field": field_}
        self.errors.append({**row, "field_message": message})


def write(account: "Account", audience: Audience, body: Json, *, skip_merges: bool, skip_duplicates: bool) -> Outcome:
    """Apply a bulk body row by row; raises Problem 400 only for a body that is wrong as a whole."""
    rows = body.get("members")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise invalid(("members", "Schema describes array, something else found instead"))
    if len(rows) > MAX_MEMBERS:
        raise invalid(("members", f"This collection should contain {MAX_MEMBERS} elements or less."))
    outcome = Outcome()
    seen: set[str] = set()
    for row in rows:
        email = row.get("email_address")
        key = subscriber_hash(str(email))
        if key in seen:
            if not skip_duplicates:
                outcome.refuse(email, "ERROR_GENERIC", "Duplicate address in this request.")
            continue
        seen.add(key)
        try:
            _write_row(account, audience, row, body, outcome, skip_merges=skip_merges)
        except Problem as problem:
            place, message = problem.errors[0] if problem.errors else ("", "")
            outcome.refuse(email, "ERROR_GENERIC", problem.detail, place, message)
    return outcome


def _write_row(
    account: "Account", audience: Audience, row: Json, body: Json, outcome: Outcome, *, skip_merges: bool
) -> None:
    email = row.get("email_address")
    member = audience.find(subscriber_hash(str(email)))
    if member is None:
        status = consent.wanted_status(row)
        if not status:
            raise invalid(("status", "This value should not be blank."))
        outcome.created.append(writing.create(account, audience, row, status=status, skip_merges=skip_merges))
        return
    if not body.get("update_existing"):
        error = (
            f"{email} is already a list member, do you want to update? "
            "please provide update_existing:true in the request body"
        )
        outcome.refuse(email, "ERROR_CONTACT_EXISTS", error)
        return
    if member.barred and row.get("status") in ("subscribed", "pending"):
        row = {name: value for name, value in row.items() if name != "status"}  # not applied, and no word of it
    writing.update(account, audience, member, row, skip_merges=skip_merges)
    if "tags" in row:
        names = list(writing.tag_names(row))
        changes = [(name, True) for name in names]
        if body.get("sync_tags"):
            kept = {name.lower() for name in names}
            changes += [(name, False) for name in member.tags.values() if name.lower() not in kept]
        account.set_tags(audience, member, changes, silent=not account.switches.bulk_tags_start_flows)
    outcome.updated.append(member)
