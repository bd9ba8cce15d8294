"""Commands that only look: check, explain."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from connector.cli.exits import Exit
from connector.cli.session import session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connector.steps.doctor import Finding
    from connector.steps.explain import Explanation


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check(*, as_json: bool) -> None:
    """Look over configuration, credentials, scopes, properties, lists and workflows: one line per finding with its cure.

    Example: trellis check
    """
    from connector.installation import installation
    from connector.steps.doctor import examine

    with session() as now:
        given = now.settings
        findings = (
            *installation(),
            *examine(
                now.parts,
                public_url=given.public_url,
                hubspot_secret=bool(given.hubspot_client_secret),
                mailchimp_token=bool(given.mailchimp_webhook_token),
            ),
        )
        if as_json:
            click.echo(json.dumps([{"level": f.level, "what": f.what, "cure": f.cure} for f in findings]))
        else:
            for finding in findings:
                click.echo(str(finding))
            click.echo(_closing(findings))
        raise click.exceptions.Exit(_worst(findings))


@click.command()
@click.argument("who")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def explain(who: str, *, as_json: bool) -> None:
    """Show the whole receipt of one contact: by e-mail address, HubSpot id, or our id.

    Example: trellis explain maria@acme.example
    """
    from connector.steps.explain import explain as look_up

    with session() as now:
        found = look_up(now.parts, who)
        if found is None:
            click.echo("Nobody here by that name. Addresses and ids are found after a `trellis sync`.", err=True)
            raise click.exceptions.Exit(Exit.FAILED)
        if as_json:
            click.echo(json.dumps(as_data(found), ensure_ascii=False))
            return
        for line in told(found):
            click.echo(line)


def told(found: Explanation) -> Sequence[str]:
    """An explanation as lines of text."""
    lines = [found.head, ""]
    for row in found.rows:
        more = " · ".join(
            filter(None, [f"x{row.times}" if row.times > 1 else "", str(row.day or ""), row.asset, *row.notes])
        )
        lines.append(f"  {row.shown:>8}  {row.part:<12} {row.why}" + (f"  ({more})" if more else ""))
    if found.rows:
        lines.append(f"  {'—' * 8}")
        lines.append(f"  {found.total:>8}")
    lines += ["", found.next] if found.next else []
    if found.flips:
        lines += ["", "Stage history:"]
        lines += [f"  {flip.day}  {flip.before or '–'} → {flip.after}  ({flip.cause})" for flip in found.flips]
    if found.tracks:
        lines += ["", "Tracks:", *(f"  {line}" for line in found.tracks)]
    return lines


def as_data(found: Explanation) -> Mapping[str, object]:
    """An explanation as JSON-able data."""
    return {
        "contact": found.contact,
        "score": found.score,
        "stage": found.stage,
        "head": found.head,
        "lines": [
            {
                "part": row.part,
                "rule": row.rule,
                "thousandths": row.points,
                "why": row.why,
                "day": str(row.day or ""),
                "notes": row.notes,
            }
            for row in found.rows
        ],
        "next": found.next,
        "history": [{"day": str(f.day), "before": f.before, "after": f.after, "cause": f.cause} for f in found.flips],
        "tracks": list(found.tracks),
    }


def _closing(findings: Sequence[Finding]) -> str:
    counts = {level: sum(finding.level == level for finding in findings) for level in ("error", "warning", "advice")}
    return ", ".join(
        f"{count} {level}{'s' if count != 1 and level != 'advice' else ''}" for level, count in counts.items()
    )


def _worst(findings: Sequence[Finding]) -> Exit:
    if any(finding.refused for finding in findings):
        return Exit.REFUSED
    return Exit.FAILED if any(finding.level == "error" for finding in findings) else Exit.DONE
