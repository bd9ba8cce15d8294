"""cases/start.yaml: golden people who hold from the first day on, so that a change that breaks them is seen.

What each must come to is computed by the rulebook itself; what it asks of a person is written down, not what it should be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from connector.change.golden import Outcome, person_of
from connector.rulebook.cases_file import Case
from connector.rulebook.given_values import given_value, with_domains
from connector.rulebook.read_cases import Golden
from connector.rulebook.types import Rulebook
from connector.starter.outline import Outline
from connector.starter.personas_text import personas
from connector.starter.stage_names import customer_names
from connector.starter.yaml_text import Written, braces, comment, word


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody, as a case gives her: her fields, the form that she filled in, and what refuses her."""

    name: str
    given: dict[str, Written]
    form: str = ""
    refused: str = ""


def cases_text(of: Outline, rulebook: Rulebook, today: date) -> str:
    """The whole file."""
    people = ("\n".join(_case(one, rulebook, today)) for one in _people(of))
    return "\n".join(_head(today)) + "\n" + "\n\n".join(people) + "\n"


def _head(today: date) -> Iterator[str]:
    yield "# yaml-language-server: $schema=../schema/cases.json"
    yield from comment(
        "Golden people: who each is, what she did, and what the rules say of her. `trellis test` judges them. Add those of "
        "whom your team would say at once where they belong, and let a change that breaks one be a decision."
    )
    yield "version: 1"
    yield f"day: {today.isoformat()}"
    yield ""
    yield "cases:"


def _people(of: Outline) -> Iterator[_Person]:
    asked = of.asking[0] if "form_submit" in of.acts else ""
    for name, (buyer, _) in personas(of).items():
        given = _given(of, buyer.titles, buyer.employees)
        yield _Person(f"Maria, {name}, has done nothing yet", given)
        if asked:
            yield _Person(f"Maria, {name}, asked for us", given, form=asked)
    if asked:
        yield _Person("Somebody of whom nothing is known asked for us", {}, form=asked)
    given = {"email": "noor@acme.example", **_given(of, (), None)}
    yield _Person("Noor has opted out, and is left alone whatever she does", given, form=asked, refused="opted_out")
    if of.has_customers:
        customer = customer_names(of)[0]
        yield _Person(
            "Brian is a customer, and nobody to be won", {**_given(of, (), None), "lifecycle": customer}, form=asked
        )
    yield _Person("Of somebody without any data nothing is said", {})


def _given(of: Outline, titles: tuple[str, ...], employees: tuple[int, int | None] | None) -> dict[str, Written]:
    given: dict[str, Written] = {}
    if "company" in of.fields:
        given["company"] = "Acme"
    if "job_title" in of.fields and titles:
        given["job_title"] = titles[0].capitalize()
    if "employees" in of.fields and employees is not None:
        given["employees"] = employees[0]
    if of.markets:
        given["country"] = of.markets[0]
    return given


def _case(one: _Person, rulebook: Rulebook, today: date) -> Iterator[str]:
    outcome = _outcome(one, rulebook, today)
    score = outcome.verdict.score
    yield f"  - name: {word(one.name)}"
    if one.given:
        yield f"    given: {braces(one.given)}"
    if one.form:
        yield f"    did: [{{event: form_submit, asset: {word(one.form)}}}]"
    if one.refused:
        yield f"    refused: [{one.refused}]"
    expect: dict[str, Written | None] = {
        "score": "none" if score is None else score,
        "stage": outcome.step.after.stage,
        "persona": outcome.verdict.persona or "none",
        "phase": outcome.verdict.phase or "none",
        "track": sorted(outcome.tracks) or "none",
    }
    yield f"    expect: {braces(expect)}"


def _outcome(one: _Person, rulebook: Rulebook, today: date) -> Outcome:
    """What the rulebook makes of her, as `trellis test` will."""
    case = Case.model_validate(
        {
            "name": one.name,
            "given": one.given,
            "did": [{"event": "form_submit", "asset": one.form}] if one.form else [],
            "refused": [one.refused] if one.refused else [],
            "expect": {"score": "none"},
        }
    )
    fields = rulebook.fields.fields
    typed = {name: given_value(name, raw, fields[name]) for name, raw in one.given.items()}
    golden = Golden("", 0, case, today, with_domains(typed, fields))
    return Outcome(person_of(golden, rulebook), rulebook)
