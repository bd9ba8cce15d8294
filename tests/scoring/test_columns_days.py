"""Days of many moments are the days of each, in every zone, on the days when clocks change, and long ago."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.scoring.columns.days import days_of
from connector.scoring.decay import day_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = [
    "Europe/Madrid",
    "America/Havana",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "UTC",
    "America/Sao_Paulo",
]

moments = st.datetimes(datetime(1920, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(zone=st.sampled_from(ZONES), some=st.lists(moments, max_size=20))
def test_each_moment_is_on_its_day(zone, some):
    zone = ZoneInfo(zone)
    micros = np.array([(one - EPOCH) // timedelta(microseconds=1) for one in some], np.int64)
    assert days_of(micros, zone).tolist() == [day_of(one, zone).toordinal() for one in some]


@pytest.mark.parametrize("zone", ZONES)
def test_a_year_in_small_steps_is_on_its_days(zone):
    zone = ZoneInfo(zone)
    start = datetime(2011, 12, 25, tzinfo=UTC)  # Samoa leaves out 30 December 2011
    some = [start + timedelta(minutes=21 * step) for step in range(25_000)]
    micros = np.array([(one - EPOCH) // timedelta(microseconds=1) for one in some], np.int64)
    assert days_of(micros, zone).tolist() == [day_of(one, zone).toordinal() for one in some]
