"""One contract, every implementation (contract_stages.py): what a caller may rely on with either platform.

What a platform does beyond it is tested with its adapter.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress

import pytest
from contract_stages import EVERY_PLATFORM, NAMES, Stage

from adapters.ports import Change, Deadline, DeadlinePassed, Outcome
from connector.facts import Refusal


class TestContactPlatform:
    @pytest.fixture(params=EVERY_PLATFORM.values(), ids=EVERY_PLATFORM)
    def stage(self, request: pytest.FixtureRequest, stack: ExitStack) -> Stage:
        return request.param(stack)

    def test_all_shows_everybody_with_source_address_and_an_aware_time(self, stage):
        records = [record for page in stage.port.all() for record in page.records]
        assert {record.id for record in records} == set(stage.ids.values())
        assert {record.source for record in records} == {stage.port.source}
        assert {record.email for record in records} == {f"{name}@acme.example" for name in NAMES}
        assert all(record.modified_at.tzinfo is not None for record in records)

    def test_count_is_how_many_all_shows(self, stage):
        stage.later()
        assert stage.port.count() == sum(len(page.records) for page in stage.port.all()) == len(NAMES)

    def test_the_pace_is_a_rate(self, stage):
        assert 0 < stage.port.pace() < float("inf")

    def test_changed_finds_who_changed_in_the_window_and_nobody_from_outside(self, stage):
        stage.later()
        since = stage.now()
        stage.port.write([Change(stage.ids["maria"], {stage.score: "61"})])
        until = stage.now()
        stage.later()
        found = {record.id for page in stage.port.changed(since, until) for record in page.records}
        assert found == {stage.ids["maria"]}
        assert [page for page in stage.port.changed(stage.now(), stage.now()) if page.records] == []

    def test_by_ids_tells_the_missing_apart(self, stage):
        found = stage.port.by_ids([stage.ids["brian"], "987654321"])
        assert [record.id for record in found.records] == [stage.ids["brian"]]
        assert found.missing == ("987654321",)

    def test_standings_let_maria_through_and_noor_not_and_know_no_strangers(self, stage):
        standings = stage.port.standings([*stage.ids.values(), "987654321"])
        assert standings.keys() == set(stage.ids.values())
        assert standings[stage.ids["maria"]].refusals == frozenset()
        assert standings[stage.ids["maria"]].channel_refusal is None
        assert standings[stage.ids["maria"]].markers == ""
        assert Refusal.OPTED_OUT in standings[stage.ids["noor"]].refusals

    def test_what_was_written_is_read_back_and_an_empty_text_clears(self, stage):
        ending = stage.port.write([Change(stage.ids[name], {stage.score: "61"}) for name in NAMES])
        assert {(one.id, one.outcome) for one in ending} == {(id_, Outcome.DONE) for id_ in stage.ids.values()}
        assert stage.score_of("maria") == "61"
        stage.port.write([Change(stage.ids["maria"], {stage.score: ""})])
        assert stage.score_of("maria") is None
        assert stage.score_of("brian") == "61"

    def test_the_later_change_of_one_person_wins(self, stage):
        rows = [Change(stage.ids["maria"], {stage.score: value}) for value in ("1", "2")]
        assert [one.outcome for one in stage.port.write(rows)] == [Outcome.DONE]
        assert stage.score_of("maria") == "2"

    def test_a_stranger_is_refused_and_never_created(self, stage):
        rows = [Change("987654321", {stage.score: "1"}), Change(stage.ids["brian"], {stage.score: "2"})]
        endings = {one.id: one for one in stage.port.write(rows)}
        assert endings["987654321"].outcome is Outcome.REFUSED
        assert endings["987654321"].error is not None
        assert endings[stage.ids["brian"]].outcome is Outcome.DONE
        assert len([record for page in stage.port.all() for record in page.records]) == len(NAMES)

    def test_writing_nothing_is_nothing(self, stage):
        assert stage.port.write([]) == ()
        assert stage.port.standings([]) == {}
        assert stage.port.by_ids([]).records == ()

    def test_people_are_found_by_address_many_at_once(self, stage):
        wanted = [*(f"{name}@acme.example" for name in NAMES), "nobody@acme.example"]
        found = stage.port.by_emails([*wanted, wanted[0]])
        assert found.keys() == set(wanted)
        assert {email: one and one.id for email, one in found.items()} == {
            "nobody@acme.example": None,
            **{f"{name}@acme.example": id_ for name, id_ in stage.ids.items()},
        }

    def test_after_the_deadline_nothing_is_written_and_all_may_be_tried_later(self, stage):
        rows = [Change(stage.ids[name], {stage.score: "61"}) for name in NAMES]
        endings = stage.port.write(rows, Deadline.after(-1))
        assert {one.id for one in endings} == set(stage.ids.values())
        assert {one.outcome for one in endings} == {Outcome.LATER}
        assert all(isinstance(one.error, DeadlinePassed) for one in endings)
        assert [stage.score_of(name) for name in NAMES] == [None] * len(NAMES)

    def test_after_the_deadline_nobody_s_standing_is_told(self, stage):
        assert stage.port.by_emails(["maria@acme.example"], Deadline.after(-1)) == {}
        with suppress(DeadlinePassed):
            assert stage.port.standings([stage.ids["maria"]], Deadline.after(-1)) == {}

    def test_define_tells_what_it_made_and_is_quiet_the_second_time(self, stage):
        assert {one.name for one in stage.wanted} <= stage.port.definitions().keys()
        assert stage.port.define(stage.wanted) == ()
