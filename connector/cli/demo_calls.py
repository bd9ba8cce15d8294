"""The calls that the demo made, beside the least that were possible."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from adapters.sandbox.server import Server
    from connector.cli.demo_world import Demo


def servers(world: Demo) -> Mapping[str, Server]:
    """Both platforms' servers by the platform's name."""
    return {"HubSpot": world.sandbox.hubspot_server, "Mailchimp": world.sandbox.mailchimp_server}


def reset_calls(world: Demo) -> None:
    """Begin to count anew."""
    for server in servers(world).values():
        server.calls.reset()


def calls_of_first_pass(world: Demo) -> str:
    """Say what a first pass cost; it was the first since `reset_calls`."""
    least = _least(world)
    told = (f"{name} {server.calls.total} ({least[name]} at the least)" for name, server in servers(world).items())
    return f"Calls: {', '.join(told)}."


def _least(world: Demo) -> Mapping[str, int]:
    """The least possible calls of a first pass (facts: 100 a page and batch, 1,000 members a page)."""
    by_source = "SELECT source, count(DISTINCT contact) AS n FROM {} GROUP BY source"
    with world.store.engine.connect() as conn:
        people = {row.source: row.n for row in conn.execute(text(by_source.format("record")))}
        written = {row.source: row.n for row in conn.execute(text(by_source.format("written")))}
        companies = conn.scalar(text("SELECT count(*) FROM company")) or 0
    member_source = next(source for source in people if source != "hubspot")
    submitted = [len(form.submissions) for form in world.sandbox.hubspot.forms.by_id.values()]
    reported = world.sandbox.mailchimp_server.calls.counts
    hubspot = (
        2,  # definitions
        ceil(people["hubspot"] / 100),
        ceil(people["hubspot"] / 50),  # their past
        ceil(companies / 100),
        1 + sum(max(1, ceil(n / 50)) for n in submitted),
        ceil(written["hubspot"] / 100),
    )
    mailchimp = (
        2,  # merge fields, reports
        2 * ceil(people[member_source] / 1000),  # archived members are a listing of their own
        *(reported.get(f"GET /3.0/reports/{{campaign_id}}/{what}", 0) for what in ("email-activity", "unsubscribed")),
        written.get(member_source, 0),  # one by one
    )
    return {"HubSpot": sum(hubspot), "Mailchimp": sum(mailchimp)}
