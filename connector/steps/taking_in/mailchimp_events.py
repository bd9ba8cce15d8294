"""What a body of Mailchimp's webhooks tells: one event of one member. Pure (facts/mailchimp.md §4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from urllib.parse import parse_qsl

from connector.steps.taking_in.keys import mailchimp_key

MOST_PARTS = 1000

_OF_MEMBERS = frozenset({"subscribe", "unsubscribe", "profile", "cleaned", "upemail"})
#: `data[id]` is not the member's id, so members are found by address.
_ADDRESSES = ("data[email]", "data[new_email]")
_FORMER = ("data[old_email]",)


class Kind(Enum):
    """What an event is about."""

    MEMBER = auto()
    CAMPAIGN = auto()
    STRANGE = auto()


@dataclass(frozen=True, slots=True)
class MailchimpEvent:
    """One event. `addresses` are hers by now, `former` one that she had; `key` tells repetitions, None where it names no moment,
    so that none is known.
    """

    type: str
    kind: Kind
    list_id: str = ""
    addresses: tuple[str, ...] = field(default=(), repr=False)
    former: tuple[str, ...] = field(default=(), repr=False)
    key: str | None = None


def read_event(body: bytes) -> MailchimpEvent | None:
    """The event of a body; None where it is no form, or has more than `MOST_PARTS` parts."""
    try:
        parts = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_PARTS)
    except ValueError:
        return None
    form = dict(parts)
    type_ = form.get("type", "")
    addresses, former = (tuple(form[name] for name in names if form.get(name)) for names in (_ADDRESSES, _FORMER))
    return MailchimpEvent(
        type_, _kind(type_, addresses), form.get("data[list_id]", ""), addresses, former, mailchimp_key(parts)
    )


def _kind(type_: str, addresses: tuple[str, ...]) -> Kind:
    if type_ in _OF_MEMBERS and addresses:
        return Kind.MEMBER
    return Kind.CAMPAIGN if type_ == "campaign" else Kind.STRANGE
