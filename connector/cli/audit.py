"""`trellis audit`: in what order the data are, from the store alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import click

from connector.cli.session import stored
from connector.cli.visible import visible

if TYPE_CHECKING:
    from connector.steps.audit.report import Audit, Line, Section

_LIMIT = click.IntRange(min=1, max=1000)


@click.command()
@click.option("--limit", type=_LIMIT, default=5, show_default=True, help="Of each count, name so many.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def audit(*, limit: int, as_json: bool) -> None:
    """Say in what order the data are: duplicates, conflicts, unmapped values, empty, stale, unreachable, never read.

    Counts first, then the people with the highest scores by our own numbers, then the cure. It asks no platform, and
    says up to when each was read.

    Example: trellis audit --limit 10
    """
    from connector.assembly import active_rulebook, make_parts, settings
    from connector.rulebook.read import read_rulebook
    from connector.steps.audit import audit as look_over

    with stored() as store:
        rulebook = active_rulebook(store) or read_rulebook(settings().mappings_dir)
        found = look_over(make_parts(settings(), store, rulebook), limit)
    if as_json:
        click.echo(json.dumps(_as_data(found), ensure_ascii=False))
        return
    for line in _as_lines(found):
        click.echo(visible(line))


def _as_lines(found: Audit) -> Iterator[str]:
    yield f"{found.contacts:,} contacts."
    for one in found.readings:
        yield f"{one.source}: read up to {_when(one.until)}" + ("." if one.whole else ", never as a whole.")
    for section in found.sections:
        yield ""
        yield f"{section.title}: {section.count:,}"
        for line in section.lines:
            yield f"  {line.count:>9,}  {line.what}{_named(line)}"
        if section.lines:
            yield f"  {section.cure}."


def _named(line: Line) -> str:
    more = ", …" if len(line.named) < line.count else ""
    return f": {', '.join(line.named)}{more}" if line.named else ""


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "nowhere"


def _as_data(found: Audit) -> Mapping[str, object]:
    return {
        "contacts": found.contacts,
        "readings": [
            {
                "source": one.source,
                "until": one.until.isoformat() if one.until else None,
                "whole": one.whole.isoformat() if one.whole else None,
            }
            for one in found.readings
        ],
        "sections": {section.key: _section_data(section) for section in found.sections},
    }


def _section_data(section: Section) -> Mapping[str, object]:
    return {
        "count": section.count,
        "lines": [{"what": line.what, "count": line.count, "named": line.named} for line in section.lines],
        "cure": section.cure,
    }
