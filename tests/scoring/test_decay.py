from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.rulebook.types import Decay
from connector.scoring.decay import (
    WHOLE,
    age,
    cliff_curve,
    curve_of,
    day_of,
    factor,
    half_life_curve,
    kept,
    linear_curve,
)


@pytest.mark.parametrize("half_life", [1, 7, 21, 45, 365, 400])
def test_each_half_life_leaves_exactly_half(half_life):
    curve = half_life_curve(half_life)
    assert [factor(curve, half_life * times) for times in range(4)] == [WHOLE, WHOLE // 2, WHOLE // 4, WHOLE // 8]
    assert factor(curve, half_life * 20) == 0


@given(half_life=st.integers(1, 500), age_days=st.integers(0, 4000))
def test_a_half_life_factor_is_the_true_one_rounded_down(half_life, age_days):
    millionths = factor(half_life_curve(half_life), age_days)
    # millionths/WHOLE ≤ 2^(-age/half_life) < (millionths+1)/WHOLE, asked in whole numbers by raising to half_life
    true = Fraction(1, 2**age_days)
    assert Fraction(millionths, WHOLE) ** half_life <= true < Fraction(millionths + 1, WHOLE) ** half_life


def test_the_table_is_the_same_on_every_machine():
    assert half_life_curve(21)[:8] == (1000000, 967531, 936117, 905723, 876316, 847863, 820335, 793700)
    assert sum(half_life_curve(45)) == 65422047


def test_a_line_falls_to_nothing_and_a_cliff_stays_whole_until_its_day():
    assert [factor(linear_curve(4), day) for day in range(6)] == [1000000, 750000, 500000, 250000, 0, 0]
    assert [factor(cliff_curve(2), day) for day in range(4)] == [WHOLE, WHOLE, WHOLE, 0]


@pytest.mark.parametrize("way", ["half_life", "linear", "cliff"])
def test_a_curve_of_no_days_counts_today_only(way):
    curve = curve_of(Decay.model_validate({way: "0d"}))
    assert factor(curve, 0) == WHOLE
    assert factor(curve, 1) == 0


@given(points=st.integers(-100_000, 100_000), share=st.integers(0, WHOLE))
def test_what_is_kept_is_rounded_toward_zero(points, share):
    assert kept(points, share, WHOLE) == int(Fraction(points * share, WHOLE))


def test_days_are_those_of_the_team():
    madrid = ZoneInfo("Europe/Madrid")
    late_evening = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
    assert day_of(late_evening, madrid) == date(2026, 11, 20)
    assert age(date(2026, 11, 20), date(2026, 11, 23)) == 3
    assert age(date(2026, 11, 25), date(2026, 11, 23)) == 0
