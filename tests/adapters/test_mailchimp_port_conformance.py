"""One contract, every implementation (contract_stages.py): what only a Mailchimp audience has."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta

import pytest
from contract_stages import MAILCHIMPS, TAG, MailchimpStage

from adapters.ports import Deadline, Outcome
from adapters.sandbox.server import Server
from adapters.sandbox.web import Response, Routes


class TestMailchimpPort:
    @pytest.fixture(params=MAILCHIMPS.values(), ids=MAILCHIMPS)
    def stage(self, request: pytest.FixtureRequest, stack: ExitStack) -> MailchimpStage:
        return request.param(stack)

    def test_the_account_has_a_name(self, stage):
        assert stage.port.account()["account_name"]
        assert stage.port.audience == "main"

    def test_a_member_is_found_by_address_whatever_its_case(self, stage):
        found = stage.port.member_by_email(" Maria@Acme.Example ")
        assert found is not None
        assert found.id == stage.ids["maria"]
        assert stage.port.member_by_email("nobody@acme.example") is None

    def test_activity_names_the_member_the_campaign_and_the_link(self, stage):
        hour = timedelta(hours=1)
        acts = [act for page in stage.port.activity(stage.now() - hour, stage.now()) for act in page]
        (click,) = [act for act in acts if act.kind == "email_click"]
        (maria,) = stage.port.by_ids([stage.ids["maria"]]).records
        assert click.id == maria.values["subscriber_hash"]
        assert (click.campaign_name, click.asset) == ("News", "https://acme.example/pricing")
        assert list(stage.port.activity(stage.now() + hour, stage.now() + 2 * hour)) == []

    @pytest.mark.parametrize("kind", ["tag", "journey"])
    def test_noor_is_never_enrolled(self, stage, kind):
        endings = stage.channels[kind].enroll([stage.row("noor")], Deadline.after(20))
        assert [one.outcome for one in endings] == [Outcome.REFUSED]
        noor = stage.port.standings([stage.ids["noor"]])[stage.ids["noor"]]
        assert (noor.markers, noor.tags) == ("", frozenset())

    def test_the_tag_shows_in_the_standing(self, stage):
        stage.channels["tag"].enroll([stage.row("maria")], Deadline.after(20))
        assert stage.port.standings([stage.ids["maria"]])[stage.ids["maria"]].tags == {TAG}

    def test_a_new_webhook_has_a_secret_and_is_listed(self, stage):
        routes = Routes()
        routes.add("GET", "/hook", lambda _request: Response())
        with Server(routes) as receiver:
            assert stage.port.create_webhook(f"{receiver.url}/hook")
        assert stage.port.webhooks() == (f"{receiver.url}/hook",)
