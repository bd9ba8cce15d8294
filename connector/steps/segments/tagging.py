"""A tag of a Mailchimp audience: some members given it, or rid of it."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.mailchimp_port import MailchimpPort
from adapters.ports import Deadline, Outcome, PlatformRefused, PlatformUnreachable, RowOutcome
from connector.steps.segments.endings import Ended
from connector.store.roster import Listed


def change_tag(port: MailchimpPort, tag: str, rows: Sequence[Listed], put: bool, deadline: Deadline) -> Ended:
    """Put the tag on these members, or take it off. A member who is gone has no tag any more.

    What Mailchimp stumbles over, while it answers for others, is refused like what it refuses.
    """
    members = {row.id: row for row in rows if row.id}
    outcomes = port.set_tag(list(members), tag, active=put, deadline=deadline) if members else ()
    answered = any(one.outcome in (Outcome.DONE, Outcome.REFUSED) for one in outcomes)
    done = [row for row in rows if not row.id]
    refused: dict[Listed, str] = {}
    away = None
    for one in outcomes:
        row = members[one.id]
        if one.outcome is Outcome.DONE or (not put and _is_gone(one)):
            done.append(row)
        elif one.outcome is Outcome.REFUSED or (answered and isinstance(one.error, PlatformUnreachable)):
            refused[row] = str(one.error or "")
        else:
            away = away or one.error
    return Ended(tuple(done), refused, away)


def _is_gone(one: RowOutcome) -> bool:
    return isinstance(one.error, PlatformRefused) and one.error.status == 404
