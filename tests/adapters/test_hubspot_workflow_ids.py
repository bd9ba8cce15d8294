"""Numbers of workflows that mean two things: none is taken for another, and one of them costs the others nothing."""

from __future__ import annotations

import pytest

from adapters.hubspot import HubSpotClient, HubSpotPlatform
from adapters.ports import Deadline, Definition, Enrollment, Outcome
from adapters.sandbox.faults import Fault

MARK = "finance:1"


@pytest.fixture
def hubspot(client: HubSpotClient) -> HubSpotPlatform:
    port = HubSpotPlatform(client, properties=["firstname"])
    port.define([Definition("trellis_enrolled", "Episodes", "string", "text")])
    return port


def test_a_number_of_two_workflows_does_not_keep_the_others_from_being_read(sandbox, hubspot):
    first = sandbox.hubspot.workflows.add("First", mails=["1"])
    second = sandbox.hubspot.workflows.add("Second", mails=["2"])
    third = sandbox.hubspot.workflows.add("Third", mails=["3"])
    first.workflow_id = "777"
    second.workflow_id = "777"
    told = {flow.name: flow.old_id for flow in hubspot.flows(["777", third.workflow_id])}
    assert told == {"First": None, "Second": None, "Third": third.workflow_id}


def test_a_portal_that_does_not_translate_shows_its_workflows_all_the_same(sandbox, hubspot):
    sandbox.hubspot.workflows.add("First", mails=["1"])
    sandbox.hubspot_server.faults.add(
        Fault(path="workflow-id-mappings", status=403, body={"category": "MISSING_SCOPES"}, times=None)
    )
    assert [flow.name for flow in hubspot.flows(["777"])] == ["First"]


def test_being_in_another_workflow_whose_older_id_is_our_workflow_s_number_proves_nothing(sandbox, hubspot):
    """The list of v2 tells older ids; our number is the one of an address."""
    ours = sandbox.hubspot.workflows.add("Ours", mails=["1", "2"])
    other = sandbox.hubspot.workflows.add("Other", mails=["3", "4"])
    maria = sandbox.hubspot.life.add_contact({"email": "maria@acme.example"})
    theirs = hubspot.workflow_channel(other.id)
    (end,) = theirs.enroll([Enrollment(maria, "finance", MARK)], Deadline.after(20))
    assert end.outcome is Outcome.DONE
    channel = hubspot.workflow_channel(ours.workflow_id)
    row = Enrollment(maria, "finance", MARK)
    assert theirs.entered([row]) == {maria: True}
    assert channel.entered([row]) == {maria: None}
    other.workflow_id = ours.id
    assert channel.entered([row]) == {maria: None}
