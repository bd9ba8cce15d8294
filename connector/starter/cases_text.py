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
    """Somebody, as a case gives her: her fields, what she did so many days ago (kind of act and asset), and what refuses her."""

    name: str
    given: dict[str, Written]
    act: tuple[str, str] | None = None
    refused: str = ""
    ago: int = 0


def cases_text(of: Outline, rulebook: Rulebook, today: date) -> str:
    """The whole file."""
    chosen = [*_people(of), *_of_every_stage(of, rulebook, today)]
    people = ("\n".join(_case(one, rulebook, today)) for one in chosen)
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
    asked = ("form_submit", of.asking[0]) if "form_submit" in of.acts else None
    for buyer, _ in personas(of).values():
        given = _given(of, buyer.titles, buyer.employees)
        yield _Person(f"Maria, {buyer.label}, has done nothing yet", given)
        if asked:
            yield _Person(f"Maria, {buyer.label}, asked for us", given, act=asked)
    if asked:
        yield _Person("Somebody of whom nothing is known asked for us", {}, act=asked)
    given = {"email": "noor@acme.example", **_given(of, (), None)}
    yield _Person("Noor has opted out, and is left alone whatever she does", given, act=asked, refused="opted_out")
    if of.has_customers:
        customer = customer_names(of)[0]
        yield _Person(
            "Brian is a customer, and nobody to be won", {**_given(of, (), None), "lifecycle": customer}, act=asked
        )
    yield _Person("Of somebody without any data nothing is said", {})


def _of_every_stage(of: Outline, rulebook: Rulebook, today: date) -> Iterator[_Person]:
    """For each stage on which none of the others stands, the first who does of those who did something some days ago."""
    reached = {_outcome(one, rulebook, today).step.after.stage for one in _people(of)}
    for one in _once(of):
        stage = _outcome(one, rulebook, today).step.after.stage
        if stage not in reached:
            reached.add(stage)
            yield one


def _once(of: Outline) -> Iterator[_Person]:
    told = {
        "form_submit": (of.asking[0], of.comparing[0], "Newsletter"),
        "page_view": ("/blog",),
        "email_click": ("News",),
    }
    acts = [(kind, asset) for kind, assets in told.items() if kind in of.acts for asset in assets]
    buyers = (
        (f"Carla, {buyer.label},", _given(of, buyer.titles, buyer.employees)) for buyer, _ in personas(of).values()
    )
    for who, given in (*buyers, ("Somebody unknown", {})):
        for act in acts:
            for ago in _DAYS:
                yield _Person(f"{who} did something {ago} days ago ({act[0]}, {act[1]})", given, act, ago=ago)


#: Long enough ago to be worth less, and to be forgotten.
_DAYS = (1, 7, 15, 30, 45, 60, 90, 180, 365)


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
    if one.act:
        ago = f", ago: {one.ago}d" if one.ago else ""
        yield f"    did: [{{event: {one.act[0]}, asset: {word(one.act[1])}{ago}}}]"
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
            "did": [{"event": one.act[0], "asset": one.act[1], "ago": f"{one.ago}d"}] if one.act else [],
            "refused": [one.refused] if one.refused else [],
            "expect": {"score": "none"},
        }
    )
    fields = rulebook.fields.fields
    typed = {name: given_value(name, raw, fields[name]) for name, raw in one.given.items()}
    golden = Golden("", 0, case, today, with_domains(typed, fields))
    return Outcome(person_of(golden, rulebook), rulebook)
