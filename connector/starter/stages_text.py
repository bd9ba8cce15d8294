"""stages.yaml of a starter: the ladder, with thresholds that people of this portal reach."""

from __future__ import annotations

from collections.abc import Iterator

from connector.starter.outline import Outline
from connector.starter.phrases import PHRASES
from connector.starter.stage_names import customer_names
from connector.starter.thresholds import Thresholds
from connector.starter.yaml_text import comment, value, word


def stages_text(of: Outline, at: Thresholds) -> str:
    """The whole file."""
    return "\n".join([*_head(of), "", *_ladder(of, at)]) + "\n"


def _head(of: Outline) -> Iterator[str]:
    yield "# yaml-language-server: $schema=schema/stages.json"
    yield from comment(
        "The ladder, lowest first, and the states beside it. A rise is at once; leave_below and minimum_stay only "
        "slow the fall."
    )
    yield "version: 1"
    yield ""
    if of.has_customers:
        yield from comment(
            "Who is in a state has no stage of the ladder. `suppressed` (opted out, bounced, excluded …) and "
            "`not_enough_data` are always there and need no rule."
        )
        yield f"states: {{customer: {{when: {{lifecycle: {{in: {value(customer_names(of))}}}}}}}}}"
    else:
        yield from comment(
            "Who is a customer is not known, so nobody is one. Say it before anybody is nurtured, by a field of fields.yaml:"
        )
        yield "# states: {customer: {when: {lifecycle: {in: [customer]}}}}"


def _ladder(of: Outline, at: Thresholds) -> Iterator[str]:
    told = PHRASES[of.answers.language]
    for line in at.told:
        yield from comment(line)
    yield from comment(
        "Who comes in stays down to leave_below, a fifth less, so that nobody goes up and down; never below the stage before."
    )
    yield "stages:"
    yield f"  - {{id: new, label: {word(told['new'])}}}                # everybody scored stands at least here"
    ladder = (("nurture", 0, at.nurture), ("qualified", at.nurture, at.qualified), ("hot", at.qualified, at.hot))
    for name, below, enter in ladder:
        yield f"  - id: {name}"
        yield f"    label: {word(told[name])}"
        phase = ", phase: {known: true}" if name == "hot" and at.by_acts else ""
        yield f"    enter: {{score: {{at_least: {enter}}}{phase}}}"
        yield f"    leave_below: {max(below, enter * 4 // 5)}"
        if name == "qualified":
            yield "    minimum_stay: 3d"
            if of.answers.qualified is not None:
                lifecycle = f"    lifecycle: {word(of.answers.qualified)}"
                yield f"{lifecycle}    # written forward only; a higher stage set by a person wins"
        if name == "hot" and of.seen.hubspot:
            yield "    handover: true                       # a task for sales: see handover in tracks.yaml"
