"""The shipped schemas are those of the types, let through what people write, and refuse what does not load."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from connector.rulebook.document import Document, read_document
from connector.rulebook.json_schema import FILES, as_text, json_schema
from connector.rulebook.operators import OPERATORS
from connector.rulebook.validation import validate

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "mappings" / "schema"
FOLDERS = (
    ROOT / "mappings",
    ROOT / "benchmarks" / "x_education" / "mappings",
    ROOT / "tests" / "rulebook" / "design_example",  # design.md §4.5, word for word
)
SHIPPED = sorted(file for folder in FOLDERS for file in folder.rglob("*.yaml"))
CHECKERS = {name: Draft202012Validator(json_schema(kind)) for name, kind in FILES.items()}


def kind_of(file: Path) -> str:
    """`mappings/model-customers.yaml` → model, `mappings/cases/fit.yaml` → cases."""
    return "cases" if file.parent.name == "cases" else re.split(r"[-.]", file.name)[0]


def told(schema: str, data: Any) -> list[str]:
    """The places of everything that a schema complains about, inside out."""
    return [".".join(map(str, error.absolute_path)) for error in CHECKERS[schema].iter_errors(data)]


@pytest.mark.parametrize("name", FILES)
def test_the_shipped_schema_is_the_one_that_the_types_give(name):
    shipped = (SCHEMAS / f"{name}.json").read_text(encoding="utf-8")
    assert shipped == as_text(json_schema(FILES[name])), "run: make schema"
    Draft202012Validator.check_schema(CHECKERS[name].schema)


def test_there_is_no_schema_of_what_is_gone():
    assert {file.stem for file in SCHEMAS.iterdir()} == set(FILES)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_shipped_file_names_its_schema_and_meets_it(file):
    first = file.read_text(encoding="utf-8").splitlines()[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named, first
    assert (file.parent / named[1]).resolve() == SCHEMAS / f"{kind_of(file)}.json"
    assert told(kind_of(file), read_document(file, file.name).data) == []


def test_every_operator_has_its_meaning_in_the_schema():
    test = CHECKERS["model"].schema["$defs"]["test"]["anyOf"][1]["properties"]
    assert {name: test[name]["description"] for name in OPERATORS} == {
        name: operator.meaning for name, operator in OPERATORS.items()
    }


def rule(**changes: Any) -> dict[str, Any]:
    return {"id": "finance", "when": {"job_title": {"contains": "cfo"}}, "points": 17, **changes}


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_the_examples_of_an_operator_may_be_written(operator):
    for example in (operator.passes, operator.fails):
        assert conditions({"name": {operator.name: example.argument}}) == []


def conditions(condition: Any) -> list[str]:
    return told("stages", {"version": 1, "stages": [{"id": "new"}, {"id": "hot", "enter": condition}]})


@pytest.mark.parametrize(
    "condition",
    [
        {"phase": "decision"},
        {"employees": 50, "phone": {"known": True}},
        {"any": [{"country": "ES"}, {"not": {"country": {"in": ["PT", "AD"]}}}]},
        {"all": []},
        {"job_title": {"not": {"contains": "student"}, "any": ["CFO", {"starts_with": "head"}]}},
        {"did": {"event": "form_submit", "asset": {"contains": "demo"}, "within": "2 W", "at_least": 2}},
        {"did": {"event": "form_submit", "asset": "Visited pricing"}},
        {"created": {"between": ["2027-01-01", "2027-05-01"]}},
    ],
)
def test_conditions_that_may_be_written(condition):
    assert conditions(condition) == []


@pytest.mark.parametrize(
    "condition",
    [
        {},
        "country: ES",
        [{"country": "ES"}],
        {"country": None},
        {"country": ""},
        {"country": ["ES", "PT"]},
        {"country": {}},
        {"country": {"contain": "ES"}},
        {"country": {"in": "ES"}},
        {"country": {"in": []}},
        {"country": {"in": ["ES"] * 501}},
        {"country": {"contains": 8}},
        {"country": {"did": {"event": "form_submit"}}},
        {"country": {"known": "yes"}},
        {"employees": {"at_least": "50"}},
        {"employees": {"between": [50]}},
        {"employees": {"between": [50, "2027-01-01"]}},
        {"created": {"before": "01/05/2027"}},
        {"created": {"within": 14}},
        {"created": {"within": "14 months"}},
        {"any": {"country": "ES"}},
        {"did": "form_submit"},
        {"did": {"within": "14d"}},
        {"did": {"event": "form_submit", "at_least": 0}},
        {"did": {"event": "form_submit", "since": "14d"}},
    ],
)
def test_conditions_that_may_not_be_written(condition):
    assert conditions(condition) != []


# file, path to a value of a shipped file, what is written there instead
WRONG = [
    ("model", ("model",), "Acquisition"),
    ("model", ("version",), 2),
    ("model", ("overides",), []),
    ("model", ("factors", "fit", "max"), "30 points"),
    ("model", ("factors", "fit", "max"), 1001),
    ("model", ("factors", "fit", "personas", "Finance lead"), {"label": "x", "traits": [rule()]}),
    ("model", ("factors", "fit", "adjust"), [rule(point=5)]),
    ("model", ("factors", "fit", "adjust"), [rule(review_by="next May")]),
    ("model", ("factors", "fit", "adjust"), [{"id": "x", "points": 5}]),
    ("model", ("factors", "phase", "half_life"), 45),
    ("model", ("factors", "phase", "half_life"), "45 days"),
    ("model", ("factors", "engagement", "groups", "intent", "decay"), {}),
    ("model", ("factors", "engagement", "groups", "intent", "decay"), {"half_life": "21d", "cliff": "14d"}),
    ("model", ("factors", "engagement", "groups", "intent", "rules"), []),
    ("model", ("factors", "reaction", "take"), "most"),
    ("model", ("factors", "reaction", "points"), {"opened": 5}),
    ("model", ("trust", "unsure"), 1.5),
    ("model", ("trust", "unsure"), "50%"),
    ("model", ("overrides",), [{"id": "x", "when": {"country": "ES"}}]),
    ("model", ("overrides",), [{"id": "x", "when": {"country": "ES"}, "set": 0, "add": 5}]),
    ("model", ("minimum_evidence",), {"any": [{"known": 2}]}),
    ("stages", ("stages",), []),
    ("stages", ("stages", 0, "minimum_stay"), "3"),
    ("stages", ("stages", 0, "handover"), "always"),
    ("tracks", ("tracks", "finance-consideration", "aim"), "won"),
    ("tracks", ("tracks", "finance-consideration", "enroll", 0), {"listener": "confirmed"}),
    ("tracks", ("calendar", "hours"), "9-18"),
    ("tracks", ("calendar", "days"), "monday to friday"),
    ("tracks", ("guard", "stage_moves", "share"), "ten percent"),
    ("tracks", ("dosing", "touches", "max"), -1),
    ("fields", ("language",), "de"),
    ("fields", ("fields", "score"), {"hubspot": "score"}),
    ("fields", ("fields", "phone"), {"type": "text"}),
    ("fields", ("fields", "phone"), {"hubspot": "phone", "type": "string"}),
    ("fields", ("events", "email_open"), {"mailchimp": "open"}),
    ("fields", ("events", "email_open"), {"hubspot": {"count": "hs_email_open"}}),
    ("fields", ("write", "parts"), {"fit": {"mailchimp": "FIT"}}),
]


@pytest.mark.parametrize(("name", "path", "wrong"), WRONG)
def test_what_does_not_load_is_refused_at_its_place(name, path, wrong):
    data = copy.deepcopy(DATA[name])
    put(data, path, wrong)
    complaints = told(name, data)
    assert any(
        ".".join(map(str, path)).startswith(place) or place.startswith(".".join(map(str, path))) for place in complaints
    )
    assert validate(Document(name, data), FILES[name])[0] is None


DATA = {kind_of(file): read_document(file, file.name).data for file in sorted(FOLDERS[0].rglob("*.yaml"))}
PLACES = {name: list(data) for name, data in DATA.items()}


def put(data: Any, path: tuple[str | int, ...], value: Any) -> None:
    for step in path[:-1]:
        data = data[step] if isinstance(data, list) else data.setdefault(step, {})
    data[path[-1]] = value


def paths(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, value in inner:
        yield (*path, step)
        yield from paths(value, (*path, step))


ALL_PATHS = [(name, path) for name in sorted(DATA) for path in paths(DATA[name])]
SCALARS = st.sampled_from(
    ["", "x", "10%", "3w", "2027-05-01", "mon-fri", 0, 1, -5, 0.25, 1e6, True, False, "5", "none"]
)
JUNK = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.sampled_from(["id", "max", "any", "is"]), SCALARS)


@given(st.sampled_from(ALL_PATHS), JUNK)
def test_what_the_schema_refuses_does_not_load(place, junk):
    """The other way round it may be: names that exist nowhere and sums are for `check`."""
    name, path = place
    data = copy.deepcopy(DATA[name])
    put(data, path, junk)
    if told(name, data):
        assert validate(Document(name, data), FILES[name])[0] is None, f"{path} = {junk!r} loads"
