"""Lists and tags of many people are brought in line over several passes: who leaves a track must not wait for hours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from adapters.memory_mailchimp import MailchimpMemory
from adapters.ports import Record
from connector.facts import Consent
from connector.rulebook.read import read_rulebook
from connector.rulebook.types import TracksFile
from connector.steps.parts import Parts
from connector.steps.segments import keep_in_line
from connector.store import ledger, state
from connector.store.engine import connect, writer_lock
from connector.store.membership import Belonging, keep_memberships

NOW, TODAY, SOURCE = datetime(2026, 11, 24, 9, tzinfo=UTC), date(2026, 11, 24), "mailchimp:main"
TAG = Belonging("mailchimp:main:tag:hot", SOURCE, "hot")
TRACKS = {
    "version": 1,
    "segments": {"hot": {"when": {"stage": "hot"}, "mailchimp": {"audience": "main", "tag": "hot"}}},
}


@dataclass
class Slow(MailchimpMemory):
    """A fifth of a second for each member."""

    seconds: float = 0.0
    asked: list[str] = field(default_factory=list)

    def set_tag(self, ids, tag, *, active, deadline):
        self.seconds += len(ids) / 5
        self.asked += ids
        return super().set_tag(ids, tag, active=active, deadline=deadline)


@pytest.fixture
def audience():
    return Slow(now=lambda: NOW)


@pytest.fixture
def parts(database, audience):
    engine = connect(database)
    shipped = read_rulebook(Path(__file__).parents[2] / "mappings")
    rulebook = shipped.model_copy(update={"tracks": TracksFile.model_validate(TRACKS)})
    with engine.begin() as conn:
        state.finish_baseline(conn, SOURCE, NOW)
    yield Parts(
        engine,
        rulebook,
        lambda _: Consent(),
        {},
        None,
        {SOURCE: audience},
        now=lambda: NOW,
        monotonic=lambda: audience.seconds,
    )
    engine.dispose()


def test_a_pass_sets_tags_for_some_minutes_and_the_next_one_goes_on(parts, audience):
    records = [Record(SOURCE, f"m{n}", None, {"status": "subscribed"}, NOW) for n in range(2000)]
    audience.add(*records)
    with parts.engine.begin() as conn:
        writer_lock(conn)
        crowd = sorted(change.contact for change in ledger.take_in(conn, records, NOW).changed.values())
        keep_memberships(conn, dict.fromkeys(crowd, TODAY), [(one, TAG) for one in crowd], baseline=False)
    took = []
    for _ in range(10):
        before = audience.seconds
        keep_in_line(parts, set())
        took.append(audience.seconds - before)
    assert max(took) < 200
    assert sorted(audience.asked) == sorted(one.id for one in records)
