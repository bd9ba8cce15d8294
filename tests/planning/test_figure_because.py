"""Because of what somebody would move: the rule that differs most, or truly what moved her without points."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.change.plan.because import because
from connector.change.plan.plan import Because
from connector.rulebook.read import read_rulebook
from connector.scoring.causes import BY_CONSENT, BY_EVIDENCE, BY_FADING, BY_SCORE
from connector.scoring.verdict import NOT_ENOUGH_DATA, SUPPRESSED, Line, Place, Step, Verdict

RULEBOOK = read_rulebook(Path(__file__).parents[2] / "mappings")
LADDER = [stage.id for stage in RULEBOOK.stages.stages]
MODEL = RULEBOOK.models[0]
TODAY, THEN = date(2026, 11, 24), date(2026, 10, 1)
TITLE, TITLE_BEFORE = (
    Line("fit", "finance-title", 26_000, gross=26_000),
    Line("fit", "finance-title", 13_000, gross=13_000),
)
VISITS = Line("engagement", "pricing-page", 4_000, gross=9_000, faded=5_000)
VISITS_BEFORE = Line("engagement", "pricing-page", 9_000, gross=9_000)


def moved(before: str | None, after: str, cause: str = "", barred: str = "") -> Step:
    rise = before in LADDER and after in LADDER and LADDER.index(after) > LADDER.index(before)
    return Step(Place(before, THEN) if before else None, Place(after, TODAY), cause, rise=rise, barred=barred)


def told(*lines: Line, **more: object) -> Verdict:
    return Verdict(1, MODEL.model, TODAY, RULEBOOK.hash, enough=True, score=40, lines=lines, **more)  # type: ignore[arg-type]


def test_a_rise_is_because_of_the_line_that_grew_most():
    assert because(moved("nurture", "qualified"), told(TITLE, VISITS), [TITLE_BEFORE], RULEBOOK) == Because(
        "finance-title", 13_000
    )


def test_a_fall_is_because_of_the_line_that_lost_most_and_only_days_are_fading():
    step, lines = moved("qualified", "nurture"), [VISITS_BEFORE, TITLE_BEFORE]
    assert because(step, told(VISITS, TITLE_BEFORE), lines, RULEBOOK) == Because(BY_FADING, -5_000)
    by_rule = because(step, told(VISITS, TITLE_BEFORE), lines, RULEBOOK, same_model=False)
    assert by_rule == Because("pricing-page", -5_000)


@pytest.mark.parametrize(
    ("before", "after", "said"), [("new", "nurture", "nurture"), ("qualified", "nurture", "qualified")]
)
def test_who_moves_without_points_moved_by_the_ladder(before, after, said):
    step, verdict = moved(before, after), told(TITLE)
    assert because(step, verdict, [TITLE], RULEBOOK) == Because("", ladder=said)
    assert because(step, verdict, [TITLE], RULEBOOK, by_ladder=True) == Because("", ladder=said)


def test_where_threshold_and_points_both_changed_both_are_told():
    rise, fall = moved("nurture", "qualified"), moved("qualified", "nurture")
    assert because(rise, told(TITLE, VISITS), [TITLE_BEFORE, VISITS_BEFORE], RULEBOOK, by_ladder=True) == Because(
        "finance-title", 13_000, ladder="qualified"
    )
    faded = [TITLE_BEFORE, VISITS_BEFORE]
    assert because(fall, told(TITLE_BEFORE, VISITS), faded, RULEBOOK, by_ladder=True) == Because(
        BY_FADING, -5_000, ladder="qualified"
    )
    assert because(fall, told(TITLE), [TITLE_BEFORE], RULEBOOK, by_ladder=True) == Because("", ladder="qualified")
    cut_off = Line("fit", "ceiling", -13_000)
    capped = because(rise, told(TITLE, cut_off), [TITLE_BEFORE], RULEBOOK, by_ladder=True)
    assert capped == Because("", ladder="qualified"), "a rule gives more, and she has no more of it"
    to_a_state = because(moved("nurture", "customer"), told(TITLE), [TITLE_BEFORE], RULEBOOK, by_ladder=True)
    assert to_a_state == Because("", ladder="customer")


@pytest.mark.parametrize(
    ("before", "after", "cause", "said"),
    [
        ("nurture", SUPPRESSED, BY_CONSENT, BY_CONSENT),
        (SUPPRESSED, "nurture", "finance-title", BY_CONSENT),
        ("nurture", NOT_ENOUGH_DATA, BY_EVIDENCE, BY_EVIDENCE),
        (NOT_ENOUGH_DATA, "nurture", "finance-title", BY_EVIDENCE),
        ("nurture", "customer", "customer", "customer"),
        ("customer", "nurture", "finance-title", "customer"),
        (None, "nurture", "finance-title", "finance-title"),
        (None, "new", "", BY_SCORE),
    ],
)
def test_states_beside_the_ladder_and_first_placements_are_no_matter_of_points(before, after, cause, said):
    assert because(moved(before, after, cause), told(TITLE), [TITLE_BEFORE], RULEBOOK) == Because(said)


def test_an_answer_that_lifts_or_bars_and_the_word_of_sales_come_before_points():
    lifted = told(TITLE, answer="asked", lifts="hot")
    assert because(moved("nurture", "hot", "asked"), lifted, [TITLE_BEFORE], RULEBOOK) == Because("asked")
    barred = told(TITLE_BEFORE, answer="silent", bars="qualified")
    assert because(moved("qualified", "nurture"), barred, [TITLE], RULEBOOK) == Because("silent")
    rejected = moved("hot", "qualified", "rejected_timing", barred="rejected_timing")
    assert because(rejected, told(TITLE_BEFORE), [TITLE], RULEBOOK) == Because("rejected_timing")
    assert MODEL.audience is not None
    reader = told(TITLE_BEFORE, audience=True)
    assert because(moved("hot", "qualified"), reader, [TITLE], RULEBOOK) == Because(MODEL.audience.id)


LINES = st.lists(
    st.builds(
        Line,
        st.sampled_from(["fit", "engagement", "profile"]),
        st.sampled_from(["one", "two", "three"]),
        st.integers(-30_000, 30_000),
    ),
    max_size=5,
    unique_by=lambda line: (line.part, line.rule),
)


@given(LINES, LINES, st.permutations(LADDER), st.booleans())
def test_what_is_named_stands_in_a_receipt_and_differs_in_the_direction_of_the_move(lines, earlier, ladder, same):
    before, after, *_ = ladder
    step = moved(before, after)
    found = because(step, told(*lines), earlier, RULEBOOK, same_model=same)
    direction = LADDER.index(after) - LADDER.index(before)
    if found.points:
        assert found.points * direction > 0
        assert found.rule in {line.rule for line in (*lines, *earlier)} | {BY_FADING}
    else:
        assert found == Because("", ladder=before if direction < 0 else after)
    by_file = because(step, told(*lines), earlier, RULEBOOK, by_ladder=True, same_model=same)
    total = sum(line.points for line in lines) - sum(line.points for line in earlier)
    points = found if total * direction > 0 else Because("")
    assert by_file == Because(points.rule, points.points, ladder=before if direction < 0 else after)
