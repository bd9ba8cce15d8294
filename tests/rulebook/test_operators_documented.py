"""Every operator and every key explains itself: in the table of operators, and in mappings/README.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydantic import BaseModel

from connector.facts import Event, Range
from connector.rulebook import types
from connector.rulebook.conditions import Subject, holds
from connector.rulebook.document import Document, parse_document
from connector.rulebook.operators import EXAMPLE_DAY, OPERATORS, Example, Operator
from connector.rulebook.parse import JOINING, parse_condition, write_condition

README = (Path(__file__).parents[2] / "mappings" / "README.md").read_text(encoding="utf-8")


def asked(operator: Operator, example: Example) -> bool:
    values = {} if example.value is None else {"name": example.value}
    return holds(parse_condition({"name": {operator.name: example.argument}}), Subject(EXAMPLE_DAY, values))


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_an_operator_has_a_meaning_and_examples_that_end_as_they_say(operator):
    assert operator.meaning.endswith(".")
    assert asked(operator, operator.passes) is True
    assert asked(operator, operator.fails) is False


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_what_an_operator_says_of_an_unknown_value(operator):
    unknown = asked(operator, Example(None, operator.passes.argument))
    assert unknown is (operator.name in {"is_not", "not_in"})


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_an_argument_is_written_so_that_it_reads_back_the_same(operator):
    condition = parse_condition({"name": {operator.name: operator.passes.argument}})
    assert parse_condition(write_condition(condition)) == condition


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_the_readme_shows_the_operator_with_both_examples(operator):
    row = f"| `{operator.name}` | {operator.takes.wanted} | {operator.meaning} | {shown(operator.passes)} | {shown(operator.fails)} |"
    assert row in README, f"mappings/README.md lacks this line:\n{row}"


@pytest.mark.parametrize("key", sorted({*JOINING, "event", "asset", "within", "at_least"}))
def test_the_readme_explains_what_joins_conditions(key):
    assert f"`{key}`" in README


def seen(country: str | None, *kinds: str) -> Subject:
    """Somebody of a country (or else a student) who did acts of these kinds two days ago."""
    moment = datetime(2027, 3, 13, 9, tzinfo=UTC)
    acts = [Event(kind, moment, moment, f"{kind}:{place}", asset="Demo request") for place, kind in enumerate(kinds)]
    values = {"job_title": "Student"} if country is None else {"country": country}
    return Subject(EXAMPLE_DAY, values, acts)


@pytest.mark.parametrize(
    ("key", "does", "does_not"),
    [
        ("any", seen("ES"), seen("FR")),
        ("all", seen("ES", "page_view", "form_submit"), seen("ES", "page_view")),
        ("not", seen("ES"), seen(None)),
        ("did", seen("ES", "form_submit"), seen("ES", "page_view")),
    ],
)
def test_the_example_of_what_joins_conditions_ends_as_it_says(key, does, does_not):
    (row,) = re.findall(rf"^\| `{key}` \| [^|]+ \| `({key}: .+)` \|$", README, re.MULTILINE)
    condition = parse_condition(parse_document(row, Document("README.md")).data)
    assert holds(condition, does)
    assert not holds(condition, does_not)
    assert parse_condition(write_condition(condition)) == condition


def test_an_empty_list_is_what_the_readme_says():
    nobody = Subject(EXAMPLE_DAY)
    assert holds(parse_condition({"all": []}), nobody)
    assert not holds(parse_condition({"any": []}), nobody)


def keys() -> Iterator[str]:
    for kind in vars(types).values():
        if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in (types.Rulebook, BaseModel):
            yield from (field.alias or name for name, field in kind.model_fields.items())


@pytest.mark.parametrize("key", sorted(set(keys())))
def test_the_readme_explains_every_key(key):
    assert re.search(rf"`{key}[`:]", README)


def shown(example: Example) -> str:
    value = example.value
    if isinstance(value, Range):
        value = f"{value.low}-{value.high}" if value.high is not None else f"{value.low}+"
    text = "unknown" if value is None else value.isoformat() if isinstance(value, date) else str(value)
    argument = example.argument
    if isinstance(argument, list):
        argument = f"[{', '.join(map(str, argument))}]"
    elif isinstance(argument, bool):
        argument = str(argument).lower()
    return f"{text} · `{argument}`".replace("|", "\\|")
