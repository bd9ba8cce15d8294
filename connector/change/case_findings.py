"""What `trellis check` says of the cases: that there are none, and which stage or persona none of them is about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from connector.rulebook.problems import RulebookError
from connector.rulebook.read_cases import CASES, Golden, read_cases
from connector.rulebook.types import Rulebook
from connector.steps.finding import Finding


def case_findings(folder: Path, rulebook: Rulebook) -> Iterator[Finding]:
    """Advice where nothing says what a change of a rule may not change; `rulebook` is the one of `folder`."""
    try:
        cases = read_cases(folder, rulebook)
    except RulebookError as error:
        more = f", and {len(error.problems) - 1} more" if len(error.problems) > 1 else ""
        what = f"the cases cannot be read: {error.problems[0]}{more}"
        yield Finding("warning", what, "Mend them; `trellis test` says each", code="cases-broken")
        return
    if not cases:
        what = f"no golden people in {folder / CASES}"
        cure = "Write some of whom you are sure; `trellis test` judges them, and `trellis test --mutate` says which are missing"
        yield Finding("advice", what, cure, code="cases-missing")
        return
    yield from _missing(cases, rulebook)


def _missing(cases: tuple[Golden, ...], rulebook: Rulebook) -> Iterator[Finding]:
    """Stages and personas that no case expects of anybody."""
    expected = [golden.case.expect for golden in cases]
    stages = [*(stage.id for stage in rulebook.stages.stages), *rulebook.stages.states]
    personas = dict.fromkeys(name for model in rulebook.models for name in model.factors.fit.personas)
    told = {
        "stage": [one for one in stages if one not in {expect.stage for expect in expected}],
        "persona": [one for one in personas if one not in {expect.persona for expect in expected}],
    }
    for kind, names in told.items():
        if names:
            what = f"no golden person is expected to be of {kind} {', '.join(names)}"
            cure = (
                f"Write a case with `expect: {{{kind}: {names[0]}}}`, so that a change of rules cannot lose it unseen"
            )
            yield Finding("advice", what, cure, code="cases-missing")
