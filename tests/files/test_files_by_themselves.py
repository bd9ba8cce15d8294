"""Which keys of the shipped files may go live by themselves: weights and words. Whom mail goes to waits, one key at a time."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from connector.change.by_itself import for_a_person
from connector.rulebook.read import read_rulebook

SHIPPED = Path(__file__).parents[2] / "mappings"


@pytest.fixture
def mappings(tmp_path):
    return shutil.copytree(SHIPPED, tmp_path / "mappings")


@pytest.fixture(scope="module")
def shipped():
    return read_rulebook(SHIPPED)


@pytest.fixture
def told(mappings, shipped):
    """What a change of one file leaves to a person."""

    def change(name, old, new):
        file = mappings / name
        text, count = re.subn(old, new, file.read_text(encoding="utf-8"), count=1)
        assert count == 1, f"{old} is not in {name}"
        file.write_text(text, encoding="utf-8")
        after = read_rulebook(mappings)
        assert after.hash != shipped.hash
        return for_a_person(shipped, after)

    return change


WEIGHTS = [
    ("model.yaml", "points: 17", "points: 16"),
    ("model.yaml", "why: Puede decidir", "why: Firma"),
    ("model.yaml", "persona_minimum: 14", "persona_minimum: 15"),
    ("model.yaml", "half_life: 21d", "half_life: 22d"),
    ("model.yaml", "review_by: 2027-05-01", "review_by: 2027-06-01"),
    ("model.yaml", "points: 15", "points: 14"),
    ("model.yaml", "silent: -5", "silent: -6"),
    ("stages.yaml", "at_least: 75", "at_least: 76"),
    ("stages.yaml", "at_least: 20", "at_least: 21"),
    ("stages.yaml", "leave_below: 42", "leave_below: 41"),
    ("stages.yaml", "minimum_stay: 3d", "minimum_stay: 4d"),
    ("stages.yaml", "label: Caliente", "label: Muy caliente"),
]


@pytest.mark.parametrize(("name", "old", "new"), WEIGHTS)
def test_weights_and_words_go_by_themselves(told, name, old, new):
    assert told(name, old, new) == ()


DANGERS = [
    ("tracks.yaml", r"max: 3, per: 7d", "max: 30, per: 7d", "tracks: dosing.touches.max"),
    ("tracks.yaml", "hold_after_rise: 5d", "hold_after_rise: 0d", "tracks: dosing.hold_after_rise"),
    ("tracks.yaml", "days: mon-fri", "days: mon-sun", "tracks: calendar.days"),
    (
        "tracks.yaml",
        r"guard: +\{stage_moves: \{share: 10%",
        "guard: {stage_moves: {share: 90%",
        "tracks: guard",
    ),
    ("tracks.yaml", "listener: confirmed", "listener: none", "tracks: tracks."),
    ("tracks.yaml", "priority: 50", "priority: 51", "tracks: tracks."),
    ("tracks.yaml", "reenter_after: 90d", "reenter_after: 1d", "tracks: tracks."),
    ("stages.yaml", r"\[customer, evangelist\]", "[evangelist]", "stages: states.customer.when"),
    ("stages.yaml", "handover: true", "handover: false", "stages: stages.hot.handover"),
    ("stages.yaml", "phase: decision", "phase: awareness", "stages: stages.hot.enter"),
    ("model.yaml", r"known: 2, of", "known: 1, of", "models: acquisition.minimum_evidence"),
    ("model.yaml", r"\[customer, evangelist\]", "[evangelist]", "models: acquisition.applies_to"),
    ("model.yaml", r"set: 0", "set: 90", "models: acquisition.overrides."),
    (
        "model.yaml",
        r"between: \[50, 1000\]",
        "between: [1, 1000]",
        "models: acquisition.factors.fit.personas.finance_lead.traits.",
    ),
    ("fields.yaml", "timezone: Europe/Madrid", "timezone: Asia/Tokyo", "fields: timezone"),
    ("fields.yaml", "subscription: [0-9]+", "subscription: 1", "fields: audiences.main.subscription"),
    ("fields.yaml", "list: abc123", "list: abc124", "fields: audiences.main.list"),
    ("fields.yaml", "\nwrite:\n", "\nwrite:\n  exclude: {hubspot: other_box}\n", "fields: write"),
]


@pytest.mark.parametrize(("name", "old", "new", "key"), DANGERS)
def test_whom_mail_goes_to_how_much_and_when_waits(told, name, old, new, key):
    (found,) = told(name, old, new)
    assert found.startswith(key)


def test_a_rule_that_comes_goes_or_changes_its_place_waits_and_the_others_are_no_change(told):
    rule = "  - {id: partner, when: {email_domain: {in: [partner.example]}}, set: 0, why: Partners}\n"
    assert told("model.yaml", r"\noverrides:.*\n", rf"\g<0>{rule}") == ("models: acquisition.overrides.partner",)


def test_tracks_in_another_order_wait(shipped):
    """Of two of the same priority, the first in the file wins."""
    names = list(shipped.tracks.tracks)
    turned = {name: shipped.tracks.tracks[name] for name in reversed(names)}
    source = {**shipped.source, "tracks": shipped.tracks.model_copy(update={"tracks": turned}).model_dump_json()}
    found = for_a_person(shipped, shipped.model_copy(update={"source": source}))
    assert "tracks: tracks" in found
