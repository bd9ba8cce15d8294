"""Whoever is met again in the same pass is counted once."""

from hypothesis import given
from hypothesis import strategies as st

from connector.steps.met import Met

GROUPS = st.lists(st.lists(st.integers(0, 300), unique=True), max_size=8)


@given(GROUPS)
def test_the_counts_add_up_to_how_many_there_are(groups):
    met = Met()
    assert sum(met.add(group) for group in groups) == len({one for group in groups for one in group})
