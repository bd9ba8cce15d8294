"""What a process that is gone had claimed: nobody needs to wait until those leases end."""

from __future__ import annotations

from sqlalchemy import Connection, text

#: Longer than a request goes on at a platform after its sender has died: at Mailchimp up to 120 s (facts/mailchimp.md §2).
#: Also the longest pause that an orderly release asks for, which is a lease as well.
_HUBSPOT_S, _MAILCHIMP_S = 30.0, 130.0


def cut_leases(conn: Connection) -> int:
    """Shorten the leases of deliveries and of writes to what is left of them at a platform; returns how many.

    Only for who has just become the one that works: whoever claimed them works no more. Those of what may not be done
    twice (enrollments, tasks) stay as they are.
    """
    deliveries = text(
        "UPDATE delivery SET lease_until = clock_timestamp() + make_interval(secs => :rest)"
        " WHERE state = 'waiting' AND lease_until > clock_timestamp() + make_interval(secs => :rest)"
    )
    writes = text(
        "UPDATE intent SET lease_until = clock_timestamp() + make_interval(secs => :rest)"
        " WHERE kind = 'write' AND state = 'pending' AND (source = 'hubspot') = :hubspot"
        " AND lease_until > clock_timestamp() + make_interval(secs => :rest)"
    )
    cut = conn.execute(deliveries, {"rest": _HUBSPOT_S}).rowcount
    cut += conn.execute(writes, {"rest": _HUBSPOT_S, "hubspot": True}).rowcount
    return cut + conn.execute(writes, {"rest": _MAILCHIMP_S, "hubspot": False}).rowcount
