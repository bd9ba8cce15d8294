"""Which addresses Mailchimp takes and which status it lets an API call set (facts/mailchimp.md §3, §8.7)."""

import re

from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.member import STATUSES, Member
from adapters.sandbox.mailchimp.problems import in_compliance_state, invalid

WRITABLE = tuple(status for status in STATUSES if status != "archived")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_FAKE_DOMAINS = frozenset(
    {"example.com", "example.org", "example.net", "test.com", "mailinator.com", "guerrillamail.com", "yopmail.com"}
)
_FAKE_ADDRESSES = frozenset({"alex@gmail.com", "test@gmail.com"})


def check_address(email: object, *, refuse_fake: bool, busy: set[str]) -> str:
    """The address as given; raises Problem 400 for no address, a fake-looking one, or one that signs up too much."""
    if not isinstance(email, str) or not _ADDRESS.fullmatch(email):
        raise invalid(
            ("email_address", "This value should be a valid email."), detail="Please provide a valid email address."
        )
    lowered = email.lower()
    if refuse_fake and (lowered in _FAKE_ADDRESSES or lowered.partition("@")[2] in _FAKE_DOMAINS):
        raise invalid(detail=f"{email} looks fake or invalid, please enter a real email address.")
    if lowered in busy:
        raise invalid(
            detail=f"{email} has signed up to a lot of lists very recently; we're not allowing more signups for now."
        )
    return email


def wanted_status(body: Json, name: str = "status") -> str:
    """The status that a body sets, "" for none; raises Problem 400 for one that cannot be written."""
    status = body.get(name)
    if status is None:
        return ""
    if status not in WRITABLE:
        raise invalid((name, f"Value must be one of: {', '.join(WRITABLE)}."))
    return str(status)


def check_change(member: Member, status: str, *, refuse_pending: bool) -> None:
    """Refuse to subscribe again whoever left by herself; "pending" is open to her unless `refuse_pending`."""
    if member.barred and (status == "subscribed" or (status == "pending" and refuse_pending)):
        raise in_compliance_state(member.email)
