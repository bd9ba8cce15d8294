"""The command that shows what became of hand-overs to sales."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from connector.cli.session import stored
from connector.cli.visible import visible

if TYPE_CHECKING:
    from connector.store.handovers import Handed


@click.command()
@click.option("--overdue", is_flag=True, help="Only those that nobody touched in time.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def handovers(*, overdue: bool, as_json: bool) -> None:
    """List whom sales was given and nobody has touched yet: no verdict, the task open, not contacted since.

    Contacts and owners are told by their ids. What is over is not listed.

    Example: trellis handovers --overdue
    """
    from connector.store.handovers import open_ones

    with stored() as store, store.engine.connect() as conn:
        found = open_ones(conn, overdue=overdue)
    if as_json:
        click.echo(json.dumps([_as_data(one) for one in found]))
        return
    for one in found:
        due = f"due {one.due_at:%Y-%m-%d %H:%M} UTC" if one.due_at else "no due time"
        owner = f"owner {one.owner}" if one.owner else "no owner"
        what = f"{visible(one.stage)}, {visible(owner)}, since {one.at:%Y-%m-%d %H:%M} UTC, {due}"
        click.echo(f"contact #{one.contact}  {_state(one):<8} {what}")
    late = sum(one.told_at is not None for one in found)
    click.echo(f"{len(found)} open, {late} overdue." if found else "Nobody waits for sales.")


def _state(one: Handed) -> str:
    if one.told_at is None:
        return "open"
    return "rerouted" if one.rerouted else "overdue"


def _as_data(one: Handed) -> dict[str, Any]:
    return {
        "contact": one.contact,
        "state": _state(one),
        "stage": one.stage,
        "owner": one.owner or None,
        "set_by_trellis": one.ours,
        "task": one.task or None,
        "since": one.at.isoformat(),
        "due": one.due_at.isoformat() if one.due_at else None,
        "rerouted": one.rerouted,
    }
