"""Setting a tag that is kept in line with who stands where, so that no flow takes notice (facts/mailchimp.md §6).

Not by the bulk call of a tag's members: it names people by address, and whether flows hear of it nobody says. Each member
is read first, by her contact_id: the endpoint of tags takes her hash only, and her row shows whether there is anything
to do.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.errors import row_outcome
from adapters.mailchimp.read import TAGS, Reader
from adapters.mailchimp.trouble import Trouble
from adapters.ports import Deadline, Outcome, PlatformError, PlatformRefused, RowOutcome


def set_tag(
    client: MailchimpClient, reader: Reader, ids: Sequence[str], tag: str, *, active: bool, deadline: Deadline
) -> tuple[RowOutcome, ...]:
    """Put `tag` on members by contact_id, or take it off them, eight at once; one outcome each. Never raises for a row.

    When Mailchimp refuses our key, or has been busy or away for as many in turn as are in flight at once, the rest is not
    tried: LATER.
    """
    trouble = Trouble()

    def one(id_: str) -> RowOutcome:
        if trouble.lasting is not None:
            return RowOutcome(id_, Outcome.LATER, trouble.lasting)
        try:
            _set(client, reader, id_, tag, active=active, deadline=deadline)
        except PlatformError as error:
            trouble.note(error)
            return row_outcome(id_, error)
        trouble.note(None)
        return RowOutcome(id_, Outcome.DONE)

    return client.together(one, list(dict.fromkeys(ids)))


def _set(client: MailchimpClient, reader: Reader, id_: str, tag: str, *, active: bool, deadline: Deadline) -> None:
    member = reader.member(id_, deadline)
    if member is None:
        raise PlatformRefused("mailchimp", "no such member", status=404, category="Resource Not Found")
    if (tag.lower() in {one.lower() for one in reader.tags(member, deadline)}) == active:
        return
    body = {"tags": [{"name": tag, "status": "active" if active else "inactive"}], "is_syncing": True}
    client.call("POST", TAGS, reader.path(str(member["id"])), body=body, deadline=deadline)
