"""What may move by itself in 24 hours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.nurturing.guard import allowance
from connector.rulebook.types import Guard

SHIPPED = Guard()


@pytest.mark.parametrize(
    ("contacts", "moves", "left"),
    [(1000, 0, 100), (1000, 99, 1), (1000, 100, 0), (1009, 0, 100), (40, 0, 25), (0, 0, 25), (100_000, 0, 500)],
)
def test_a_tenth_of_the_contacts_but_at_least_25_and_at_most_500(contacts, moves, left):
    assert allowance(SHIPPED, contacts, moves, 0).stage_moves == left


def test_enrollments_have_a_count_only():
    assert allowance(SHIPPED, 10, 0, 0).enrollments == 500
    assert allowance(SHIPPED, 10, 0, 499).enrollments == 1
    assert allowance(Guard.model_validate({"enrollments": 0}), 10_000, 0, 0).enrollments == 0


def test_a_count_below_the_floor_stands():
    strict = Guard.model_validate({"stage_moves": {"share": "10%", "count": 5}})
    assert allowance(strict, 1000, 0, 0).stage_moves == 5


@given(st.integers(0, 10**7), st.integers(0, 10**6), st.integers(0, 10**6))
def test_never_negative_and_more_moves_never_leave_more(contacts, moves, enrollments):
    now, later = (allowance(SHIPPED, contacts, moves + more, enrollments + more) for more in (0, 1))
    assert 0 <= later.stage_moves <= now.stage_moves <= 500
    assert 0 <= later.enrollments <= now.enrollments <= 500
