"""One contract, every implementation (contract_stages.py): what only HubSpot has."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta

import pytest
from contract_stages import HUBSPOTS, LIST, NAMES, HubSpotStage

from adapters.ports import Change, Deadline, DeadlinePassed, Enrollment
from connector.facts import Refusal


class TestHubSpotPort:
    @pytest.fixture(params=HUBSPOTS.values(), ids=HUBSPOTS)
    def stage(self, request: pytest.FixtureRequest, stack: ExitStack) -> HubSpotStage:
        return request.param(stack)

    def test_a_list_is_found_by_name_and_shows_who_joined(self, stage):
        stage.channels["list"].enroll([stage.row("maria")], Deadline.after(20))
        list_id = stage.port.lists()[LIST].id
        (page,) = stage.port.list_members(list_id)
        assert [member.id for member in page.members] == [stage.ids["maria"]]
        assert list(stage.port.list_members(list_id, page.token)) == [page]

    def test_the_track_property_shows_the_track_until_it_is_left(self, stage):
        channel = stage.channels["property"]
        channel.enroll([stage.row("maria")], Deadline.after(20))
        assert stage.port.standings([stage.ids["maria"]])[stage.ids["maria"]].track == "finance"
        other = Enrollment(stage.ids["maria"], "ops", "finance:1")
        channel.leave([other], Deadline.after(20))
        assert stage.port.standings([stage.ids["maria"]])[stage.ids["maria"]].track == "finance"
        channel.leave([stage.row("maria")], Deadline.after(20))
        assert stage.port.standings([stage.ids["maria"]])[stage.ids["maria"]].track == ""

    def test_the_exclude_box_refuses(self, stage):
        stage.port.write([Change(stage.ids["brian"], {"trellis_exclude": "true"})])
        assert stage.port.standings([stage.ids["brian"]])[stage.ids["brian"]].refusals == {Refusal.EXCLUDED}

    def test_a_contact_is_found_by_address_with_what_speaks_against_mail_to_her(self, stage):
        noor = stage.port.contact_by_email("noor@acme.example")
        assert noor is not None
        assert (noor.id, noor.source) == (stage.ids["noor"], "hubspot")
        assert noor.values["hs_email_optout"] == "true"
        assert stage.port.contact_by_email("nobody+at-all@acme.example") is None

    def test_changes_come_newest_first_and_tell_how_many_there_are(self, stage):
        stage.later()
        since = stage.now()
        for name in ("maria", "brian"):
            stage.port.write([Change(stage.ids[name], {stage.score: "61"})])
            stage.later()
        (page,) = stage.port.changed(since, stage.now())
        assert [record.id for record in page.records] == [stage.ids["brian"], stage.ids["maria"]]
        assert page.total == 2

    def test_changes_until_then_still_count_and_those_beyond_are_all_shown(self, stage):
        stage.later()
        since = stage.now()
        for name in NAMES:
            known = stage.now()
            stage.port.write([Change(stage.ids[name], {stage.score: "61"})])
            stage.later()
        pages = list(stage.port.changed(since, stage.now(), known - timedelta(seconds=1)))
        assert pages[0].total == len(NAMES)
        assert stage.ids["noor"] in {record.id for page in pages for record in page.records}
        assert [page.total for page in stage.port.changed(since, stage.now(), stage.now())] == [len(NAMES)]

    def test_ids_are_counted_and_shown_within_bounds(self, stage):
        numbers = sorted(int(each) for each in stage.ids.values())
        low, middle, high = numbers
        stage.later()
        assert stage.port.count_within(low, high) == 3
        assert stage.port.count_within(low, middle) == 2
        assert stage.port.count_within(high + 1, high + 10) == 0
        assert stage.port.ids_within(middle, high) == (str(middle), str(high))

    def test_nobody_here_is_in_the_bin(self, stage):
        assert stage.port.archived([*stage.ids.values(), "987654321"]) == frozenset()
        assert stage.port.archived([]) == frozenset()

    def test_history_begins_with_the_present_value(self, stage):
        stage.port.write([Change(stage.ids["maria"], {"trellis_score": "61"})])
        maria = stage.ids["maria"]
        newest = stage.port.history([maria], ["trellis_score"]).found[maria]["trellis_score"][0]
        assert (newest.value, newest.at.tzinfo is not None) == ("61", True)

    def test_owners_tasks_portal_and_flows_answer(self, stage):
        (owner,) = stage.port.owners()
        assert owner.email == "ana@team.example"
        due = stage.now() + timedelta(days=1)
        assert stage.port.create_task(
            stage.ids["maria"], title="Call", body="", due=due, owner_id=owner.id, deadline=Deadline.after(30)
        )
        with pytest.raises(DeadlinePassed):
            stage.port.create_task(
                stage.ids["maria"], title="Call", body="", due=due, owner_id=owner.id, deadline=Deadline.after(-1)
            )
        assert stage.port.portal()["timeZone"]
        assert {flow.name for flow in stage.port.flows()} <= {"Called"}
        assert stage.port.changed_companies(stage.now() - timedelta(days=1), stage.now()) == ()
