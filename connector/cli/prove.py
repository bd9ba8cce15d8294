"""The command that proves a rulebook on golden people: test."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector.cli.exits import Exit
from connector.cli.session import drawn_progress

if TYPE_CHECKING:
    from connector.change.cases import Failure
    from connector.change.mutation.trial import Tried
    from connector.rulebook.read_cases import Golden
    from connector.rulebook.types import Rulebook


@click.command()
@click.option("--mutate", is_flag=True, help="Break each rule in turn, and name the breaks that no case notices.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def test(*, mutate: bool, as_json: bool) -> None:
    """Judge the golden people of mappings/cases/ by the files. Asks no platform and no database.

    One line per case that does not hold. Exit code 1 if there is one, or a break that no case notices.

    Example: trellis test --mutate
    """
    from connector.assembly import settings
    from connector.change.cases import failures
    from connector.rulebook.read import read_rulebook
    from connector.rulebook.read_cases import CASES, read_cases

    folder = settings().mappings_dir
    rulebook = read_rulebook(folder)
    cases = read_cases(folder, rulebook)
    failed = failures(cases, rulebook)
    tried = _try(cases, rulebook, folder) if mutate and cases and not failed else None
    if as_json:
        click.echo(json.dumps(_as_data(cases, failed, tried), ensure_ascii=False))
    else:
        for failure in failed:
            click.echo(str(failure))
        for mutant in tried or ():
            if mutant.ending != "noticed":
                click.echo(f"{mutant.ending}: {mutant}")
        click.echo(_closing(cases, failed, folder / CASES))
        if tried is not None:
            click.echo(_closing_of_mutants(tried))
        elif mutate and failed:
            click.echo("Mutants are tried once every case holds.", err=True)
    unnoticed = any(mutant.ending == "unnoticed" for mutant in tried or ())
    raise click.exceptions.Exit(Exit.FAILED if failed or unnoticed else Exit.DONE)


def _try(cases: Sequence[Golden], rulebook: Rulebook, folder: Path) -> Sequence[Tried]:
    from connector.change.mutation.trial import try_mutants
    from connector.rulebook.read import MODEL, MODELS

    names = sorted((path.name for path in folder.glob(MODELS)), key=lambda name: (name != MODEL, name))
    files = [str(folder / name) for name in names]
    with drawn_progress() as progress:
        return try_mutants(cases, rulebook, files, lambda done, of: progress.step("mutants", done, of))


def _closing(cases: Sequence[Golden], failed: Sequence[Failure], folder: Path) -> str:
    if not cases:
        return (
            f"There are no cases: write golden people into {folder}, beginning with the rules that you would miss most."
        )
    return (
        f"{len(failed)} of {_counted(len(cases), 'case')} failed."
        if failed
        else f"{_counted(len(cases), 'case')} held."
    )


def _closing_of_mutants(tried: Sequence[Tried]) -> str:
    endings = Counter(mutant.ending for mutant in tried)
    told = f"{_counted(len(tried), 'mutant')}: {endings['noticed']} noticed, {endings['unnoticed']} unnoticed"
    return f"{told}, {endings['equivalent']} equivalent." if endings["equivalent"] else f"{told}."


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _as_data(cases: Sequence[Golden], failed: Sequence[Failure], tried: Sequence[Tried] | None) -> dict[str, object]:
    data: dict[str, object] = {
        "cases": len(cases),
        "failed": [
            {
                "file": failure.golden.file,
                "line": failure.golden.line,
                "name": failure.golden.case.name,
                "misses": [
                    {"key": miss.key, "expected": miss.expected, "got": miss.got, "why": miss.why}
                    for miss in failure.misses
                ],
            }
            for failure in failed
        ],
    }
    if tried is not None:
        data["mutants"] = [
            {
                "file": one.file,
                "rule": one.mutant.rule,
                "mutation": one.mutant.mutation,
                "ending": one.ending,
                "by": one.by,
            }
            for one in tried
        ]
    return data
