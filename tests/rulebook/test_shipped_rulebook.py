"""The starter rulebook: it loads, every rule can be answered for, and it travels through the store unchanged."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from connector.rulebook.conditions import Compare, Subject, holds
from connector.rulebook.reach import highest_parts, highest_score
from connector.rulebook.read import read_rulebook, rulebook_from_source
from connector.rulebook.types import POINT, Rule, Stage

MAPPINGS = Path(__file__).parents[2] / "mappings"


def rules(content: object) -> Iterator[Rule]:
    """Every rule inside a part of the rulebook."""
    if isinstance(content, Rule):
        yield content
    elif isinstance(content, BaseModel):
        for _, value in content:
            yield from rules(value)
    elif isinstance(content, Mapping | tuple):
        for one in content.values() if isinstance(content, Mapping) else content:
            yield from rules(one)


@pytest.fixture
def acquisition(shipped):
    return next(model for model in shipped.models if model.model == "acquisition")


@pytest.mark.parametrize(("name", "count"), [("acquisition", 25), ("customers", 7)])
def test_every_rule_says_why_who_keeps_it_and_until_when(name, count, shipped):
    found = list(rules(next(model for model in shipped.models if model.model == name)))
    assert len(found) >= count
    for rule in found:
        assert rule.why, rule.id
        assert rule.owner, rule.id
        assert str(rule.review_by) == "2027-05-01", rule.id


def test_it_has_what_the_starter_promises(shipped, acquisition):
    model = acquisition
    assert list(model.factors.fit.personas) == ["finance_lead", "operations_lead"]
    assert list(model.factors.phase.phases) == ["awareness", "consideration", "decision"]
    assert [stage.id for stage in shipped.stages.stages] == ["new", "nurture", "qualified", "hot"]
    tracks = shipped.tracks.tracks
    assert {"finance-consideration", "mailchimp-warmup", "hand-written-mail"} <= set(tracks)
    assert (
        {track.aim for track in tracks.values()} == {"win", "retain", "recover", "reactivate"} == {*shipped.tracks.aims}
    )
    assert {track.role for track in tracks.values()} == {"nurture", "reminder", "closing"}
    assert [way.listener for way in shipped.tracks.tracks["hand-written-mail"].enroll] == ["none"]
    assert (shipped.fields.audiences["main"].list, shipped.fields.audiences["main"].subscription) == ("abc123", 4711)


def test_every_factor_can_reach_its_maximum(shipped):
    for model in shipped.models:
        assert highest_parts(model) == {name: getattr(model.factors, name).max for name in highest_parts(model)}
        assert highest_score(model) == 100_000


def test_leads_and_customers_are_never_judged_by_one_model(shipped):
    for lifecycle in ("lead", "customer", "evangelist", None):
        subject = Subject(date(2026, 11, 20), {"lifecycle": lifecycle} if lifecycle else {})
        applying = [model.model for model in shipped.models if model.applies_to and holds(model.applies_to, subject)]
        assert applying == ["customers" if lifecycle in ("customer", "evangelist") else "acquisition"]


def test_opens_alone_can_never_change_a_stage(shipped, acquisition):
    passive = acquisition.factors.engagement.groups["passive"]
    assert {rule.event for rule in passive.rules} == {"email_open"}
    assert shipped.stages.stages[1].enter == Compare("score", "at_least", 20)
    assert passive.max < 20 * POINT


def test_nobody_is_a_persona_without_the_job_title(acquisition):
    fit = acquisition.factors.fit
    for persona in fit.personas.values():
        assert sum(trait.points for trait in persona.traits[1:]) < fit.persona_minimum <= persona.traits[0].points


@pytest.mark.parametrize(
    ("title", "persona"),
    [
        ("Directora Financiera", "finance_lead"),
        ("Responsable de Finanzas", "finance_lead"),
        ("Cap de Finances", "finance_lead"),
        ("Jefe de Contabilidad", "finance_lead"),
        ("Comptable", "finance_lead"),
        ("Group CFO", "finance_lead"),
        ("Financial Controller", "finance_lead"),
        ("Tesorera", "finance_lead"),
        ("Director de Operaciones", "operations_lead"),
        ("Cap d’Operacions", "operations_lead"),
        ("Head of Operations", "operations_lead"),
        ("COO", "operations_lead"),
        ("Jefa de Logística", "operations_lead"),
        ("Responsable de Producció", "operations_lead"),
        ("Coordinador de Marketing", None),
        ("Chief Technology Officer", None),
        ("Refinance", None),
    ],
)
def test_job_titles_find_their_persona(acquisition, title, persona):
    subject = Subject(day=acquisition.overrides[0].review_by, values={"job_title": title})
    personas = acquisition.factors.fit.personas
    assert [name for name, one in personas.items() if holds(one.traits[0].when, subject)] == (
        [persona] if persona else []
    )


@pytest.mark.parametrize(
    ("title", "student"),
    [("Estudiante", True), ("Becària", True), ("Finance intern", True), ("International CFO", False)],
)
def test_students_are_told_from_international_people(acquisition, title, student):
    rule = acquisition.factors.fit.adjust[0]
    assert holds(rule.when, Subject(rule.review_by, {"job_title": title})) is student


def test_it_survives_a_store_that_forgets_the_order_of_keys(shipped):
    """A jsonb column sorts keys; ties between personas, phases and tracks are decided by order."""
    stored = json.loads(json.dumps(dict(shipped.source), sort_keys=True))
    again = rulebook_from_source(stored)
    assert again == shipped
    assert again.hash == shipped.hash
    assert list(again.tracks.tracks) == list(shipped.tracks.tracks)
    assert [list(model.factors.fit.personas) for model in again.models] == [
        list(model.factors.fit.personas) for model in shipped.models
    ]


def test_what_is_no_source_is_refused():
    with pytest.raises(ValueError, match="not the source of a rulebook"):
        rulebook_from_source({"fields": "{}"})


def test_the_hash_is_of_the_meaning_not_of_the_writing(shipped, folder):
    model = folder / "model.yaml"
    text = model.read_text(encoding="utf-8")
    model.write_text(
        text.replace("points: 17", "points: 17.0").replace("half_life: 21d", "half_life: 3w") + "\n# more\n",
        encoding="utf-8",
    )
    fields = folder / "fields.yaml"
    fields.write_text(fields.read_text(encoding="utf-8").replace(", min_change: 3, at_least: 7d", ""), encoding="utf-8")
    assert read_rulebook(folder).hash == shipped.hash
    model.write_text(text.replace("points: 17", "points: 16", 1), encoding="utf-8")
    assert read_rulebook(folder).hash != shipped.hash


def test_the_order_of_tracks_is_part_of_the_meaning(shipped, folder):
    swapped = read_rulebook(folder).tracks
    names = list(swapped.tracks)
    tracks = folder / "tracks.yaml"
    text = tracks.read_text(encoding="utf-8")
    first, second = text.index("  mailchimp-warmup:"), text.index("  hand-written-mail:")
    end = text.index("  # Hold:")
    tracks.write_text(text[:first] + text[second:end] + text[first:second] + text[end:], encoding="utf-8")
    again = read_rulebook(folder)
    place = names.index("mailchimp-warmup")
    names[place], names[place + 1] = names[place + 1], names[place]
    assert list(again.tracks.tracks) == names
    assert again.hash != shipped.hash


def test_what_is_loaded_cannot_change(shipped):
    with pytest.raises(ValidationError):
        shipped.stages.stages[0].id = "other"
    assert shipped.stages.stages[0] == Stage(id="new", label="Nuevo")


def test_the_files_are_read_from_wherever_they_lie(tmp_path, shipped):
    shutil.copytree(MAPPINGS, tmp_path / "elsewhere")
    assert read_rulebook(tmp_path / "elsewhere").hash == shipped.hash
