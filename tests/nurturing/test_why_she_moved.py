"""Why somebody moved: a fall is never told by what had brought her up, as if that still held."""

import pytest

from connector.rulebook.types import FieldsFile, Model, Rulebook, StagesFile, TracksFile
from connector.steps.why_moved import why_moved

MODEL = {
    "version": 1,
    "model": "acquisition",
    "factors": {
        "fit": {
            "max": 30,
            "adjust": [{"id": "student", "when": {"title": "student"}, "points": -30, "why": "Studies"}],
        },
        "phase": {
            "max": 25,
            "half_life": "45d",
            "phases": {"decision": {"points": 25, "signals": [{"event": "form"}]}},
        },
        "engagement": {"max": 25},
        "reaction": {"max": 15, "points": {"clicked": 6, "silent": -5}},
        "profile": {"max": 5, "completeness": {"title": 5}},
    },
    "overrides": [
        {"id": "asked", "when": {"did": {"event": "form", "within": "14d"}}, "at_least": 80, "why": "Asked for a demo"},
        {"id": "rival", "when": {"title": "rival"}, "set": 0, "why": "A competitor"},
        {"id": "abroad", "when": {"title": "abroad"}, "at_most": 40, "why": "Out of our market"},
    ],
    "audience": {"id": "reader", "when": {"fit": {"at_most": 3}}, "why": "Only reads"},
}
STAGES = [{"id": "new"}, {"id": "nurture", "enter": {"score": {"at_least": 20}}}, {"id": "hot", "enter": {"score": 75}}]


@pytest.fixture(scope="module", params=["en", "es", "ca"])
def rulebook(request):
    fields = {"version": 1, "language": request.param, "timezone": "Europe/Madrid"}
    return Rulebook(
        fields=FieldsFile.model_validate({**fields, "fields": {"title": {"hubspot": "jobtitle"}}}),
        models=(Model.model_validate(MODEL),),
        stages=StagesFile.model_validate({"version": 1, "stages": STAGES}),
        tracks=TracksFile.model_validate({"version": 1, "tracks": {}}),
        hash="test",
    )


@pytest.fixture
def says(rulebook):
    """Whether a move is told by the rule itself, or by the rule's end."""
    over = {"en": "no longer counts: ", "es": "ya no cuenta: ", "ca": "ja no compta: "}[rulebook.fields.language]

    def _says(before, after, cause):
        told = why_moved(before, after, cause, rulebook)
        return ("over" if told.startswith(over) else "holds", told.removeprefix(over))

    return _says


@pytest.mark.parametrize(
    ("cause", "rising", "falling"),
    [
        ("asked", "holds", "over"),
        ("decision", "holds", "over"),
        ("clicked", "holds", "over"),
        ("title", "holds", "over"),
        ("student", "over", "holds"),
        ("rival", "over", "holds"),
        ("abroad", "over", "holds"),
        ("silent", "over", "holds"),
        ("reader", "holds", "holds"),
        ("faded", "holds", "holds"),
        ("score", "holds", "holds"),
        ("rejected_timing", "holds", "holds"),
    ],
)
def test_what_gave_points_is_over_in_a_fall_and_what_took_them_in_a_rise(says, cause, rising, falling):
    assert says("nurture", "hot", cause)[0] == rising
    assert says("hot", "nurture", cause)[0] == falling


def test_the_words_are_the_rule_s_own(says):
    assert says("hot", "nurture", "asked") == ("over", "Asked for a demo")
    assert says("hot", "nurture", "abroad") == ("holds", "Out of our market")


@pytest.mark.parametrize(("before", "after"), [(None, "hot"), ("customer", "nurture"), ("hot", "suppressed")])
def test_who_is_placed_afresh_neither_rose_nor_fell(says, before, after):
    assert says(before, after, "asked")[0] == "holds"
