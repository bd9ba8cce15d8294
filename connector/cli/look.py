"""Commands that only look: check, explain."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import click

from connector.cli.exits import Exit
from connector.cli.session import newly_read, session, stored
from connector.cli.visible import visible

if TYPE_CHECKING:
    from connector.steps.finding import Finding

_WIDEST, _NARROWEST = 110, 60

#: The years that `explain` looks into.
_YEARS = range(1970, 2200)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check(*, as_json: bool) -> None:
    """Look over files, environment, portal and audiences, clocks and quotas: one line per finding with its cure.

    It looks at the files of mappings/, so that a change can be checked before `trellis apply`. Exit code 2 if something
    must be mended, 4 if a platform refuses, 1 if one is away; warnings and advice change nothing.

    Example: trellis check
    """
    from adapters.proxy import Proxies
    from adapters.reach import reach
    from connector.assembly import platforms
    from connector.change.case_findings import case_findings
    from connector.installation import installation
    from connector.steps.checkup.clocks import database_skew
    from connector.steps.doctor import Instruments, Surroundings, examine
    from connector.steps.parts import now_utc

    with session() as now:
        given = now.settings
        surroundings = Surroundings(
            hubspot_on=given.hubspot_on,
            mailchimp_on=given.mailchimp_on,
            public_url=given.public_url,
            hubspot_secret=bool(given.hubspot_client_secret),
            webhook_url=given.webhook_url,
            unsigned_alerts=bool(given.trellis_alert_url and not given.trellis_alert_secret),
        )
        instruments = Instruments(
            reach=partial(reach, proxies=Proxies(given.https_proxy, given.no_proxy)),
            skews=lambda: {**platforms(given).skews(), "the database": database_skew(now.store.engine, now_utc)},
            quota=lambda: platforms(given).quota(),
        )
        findings = (
            *installation(),
            *examine(now.parts(now.files), surroundings, instruments),
            *case_findings(given.mappings_dir, now.files),
            *newly_read(now),
        )
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        for finding in findings:
            click.echo(visible(str(finding)))
        click.echo(_closing(findings))
    if now.changed:
        click.echo("These files are not the active rulebook yet; `trellis apply` makes them active.", err=True)
    raise click.exceptions.Exit(_worst(findings))


def _day(_ctx: click.Context, _param: click.Parameter, value: str | None) -> date | None:
    """A calendar day as people write it, in the team's time zone."""
    try:
        day = None if value is None else date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f'"{value}" is no day; write one like 2026-11-20') from None
    if day is not None and day.year not in _YEARS:
        raise click.BadParameter(f"{day} is too far away; days from {_YEARS[0]} to {_YEARS[-1]} can be asked for")
    return day


@click.command()
@click.argument("who")
@click.option("--at", callback=_day, metavar="DAY", help="As of the end of this day (default: today).")
@click.option("--known-by", callback=_day, metavar="DAY", help="Only with what was known by the end of this day.")
@click.option("--versus", callback=_day, metavar="DAY", help="Also what changed since the end of this day, and why.")
@click.option("--rulebook", "hash_", help="By another rulebook that was active once: the first letters of its hash.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def explain(
    who: str, *, at: date | None, known_by: date | None, versus: date | None, hash_: str | None, as_json: bool
) -> None:
    """Show one contact: the score line by line, what would move the stage, stage history, tracks. Asks no platform.

    WHO is an e-mail address, a platform's id (501, hubspot:501) or our number (#12). Any day of the past can be asked for:
    acts count by when they happened, values by when the platform showed them.

    Example: trellis explain maria@acme.example --versus 2026-11-01
    """
    from connector.assembly import active_rulebook, kept_rulebook, make_parts, settings
    from connector.cli.explained import as_data, as_lines
    from connector.cli.operate import not_one
    from connector.rulebook.read import read_rulebook
    from connector.steps.explain import Unknown
    from connector.steps.explain import explain as look_up
    from connector.store import ledger

    with stored() as store:
        if hash_ is None:
            rulebook = active_rulebook(store) or read_rulebook(settings().mappings_dir)
        else:
            found_rulebook = kept_rulebook(store, hash_)
            if found_rulebook is None:
                raise click.UsageError(f'no rulebook, or more than one, begins with "{hash_}"')
            rulebook = found_rulebook
        try:
            found = look_up(make_parts(settings(), store, rulebook), who, at=at, known_by=known_by, versus=versus)
        except Unknown as error:
            raise click.ClickException(f"{error}; `trellis explain` without days shows what is known now") from None
        if found is None:
            with store.engine.connect() as conn:
                raise not_one(who, ledger.find_contacts(conn, who))
    if as_json:
        click.echo(json.dumps(as_data(found), ensure_ascii=False, default=str))
        return
    width = min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)
    for line in as_lines(found, width):
        click.echo(visible(line))


def _closing(findings: Sequence[Finding]) -> str:
    counts = {level: sum(finding.level == level for finding in findings) for level in ("error", "warning", "advice")}
    return ", ".join(
        f"{count} {level}{'s' if count != 1 and level != 'advice' else ''}" for level, count in counts.items()
    )


def _worst(findings: Sequence[Finding]) -> Exit:
    codes = {"configuration": Exit.USAGE, "refused": Exit.REFUSED, "away": Exit.FAILED}
    return max((codes[finding.kind] for finding in findings if finding.level == "error"), default=Exit.DONE)
