"""The legacy call into a workflow, over real HTTP: nobody twice, no episode used up in silence, whatever is not documented."""

import pytest

from adapters.hubspot import HubSpotClient, HubSpotPlatform
from adapters.ports import Deadline, Definition, Enrollment, EnrollmentChannel, Outcome, PlatformError, ScopeMissing
from adapters.sandbox import Sandbox
from adapters.sandbox.faults import Fault
from adapters.sandbox.hubspot.workflow import Workflow

#: An address that has to be quoted in a path.
MARIA, BRIAN = "maria+q/4@acme.example", "brian@acme.example"
ENROLL, MARK = "enrollments/contacts/", "contacts/batch/update"


@pytest.fixture
def hubspot(client: HubSpotClient) -> HubSpotPlatform:
    port = HubSpotPlatform(client, properties=["firstname"])
    port.define([Definition("trellis_enrolled", "Episodes", "string", "text")])
    return port


@pytest.fixture
def workflow(sandbox: Sandbox) -> Workflow:
    return sandbox.hubspot.workflows.add("Finance", mails=["[FIN] 1", "[FIN] 2"])


@pytest.fixture
def maria(sandbox: Sandbox) -> str:
    return sandbox.hubspot.life.add_contact({"email": MARIA})


@pytest.fixture
def brian(sandbox: Sandbox) -> str:
    return sandbox.hubspot.life.add_contact({"email": BRIAN})


@pytest.fixture
def channel(hubspot: HubSpotPlatform, workflow: Workflow) -> EnrollmentChannel:
    return hubspot.workflow_channel(workflow.id)


def row(contact: str, episode: int = 1, before: str = "") -> Enrollment:
    return Enrollment(contact, "finance", f"finance:{episode}{before}")


def soon() -> Deadline:
    return Deadline.after(20)


def marker(sandbox: Sandbox, email: str) -> str:
    return sandbox.hubspot.life.person(email).values.get("trellis_enrolled") or ""


def entered(sandbox: Sandbox, email: str | None = None) -> int:
    return len(sandbox.effects.of(kind="entered", email=email))


def called(sandbox: Sandbox) -> int:
    return sum(n for name, n in sandbox.hubspot_server.calls.counts.items() if ENROLL in name and "POST" in name)


@pytest.mark.parametrize("which", ["id", "workflow_id"])
def test_either_id_of_a_workflow_is_understood_and_translated_once(sandbox, hubspot, workflow, maria, brian, which):
    channel = hubspot.workflow_channel(getattr(workflow, which))
    assert channel.key == f"hubspot:workflow:{getattr(workflow, which)}"
    for contact in (maria, brian):
        (end,) = channel.enroll([row(contact)], soon())
        assert end.outcome is Outcome.DONE
    assert [each.email for each in sandbox.effects.of(kind="entered")] == [MARIA, BRIAN]
    mapped = sum(n for name, n in sandbox.hubspot_server.calls.counts.items() if "workflow-id-mappings" in name)
    assert mapped == 2, "one question for each kind of id, and no second time"


def test_an_id_that_no_workflow_has_refuses_and_uses_no_episode_up(sandbox, hubspot, maria):
    (end,) = hubspot.workflow_channel("77").enroll([row(maria, 2, ";winback:1")], soon())
    assert end.outcome is Outcome.REFUSED
    assert marker(sandbox, MARIA) == "finance:1;winback:1"


def test_a_number_that_is_the_id_of_two_workflows_is_taken_for_neither(sandbox, hubspot, workflow, maria):
    other = sandbox.hubspot.workflows.add("Other")
    other.workflow_id = workflow.id
    (end,) = hubspot.workflow_channel(workflow.id).enroll([row(maria)], soon())
    assert end.outcome is Outcome.REFUSED
    assert "two workflows" in str(end.error)
    assert (entered(sandbox), marker(sandbox, MARIA)) == (0, "")


def test_a_portal_that_translates_nothing_takes_the_older_id(sandbox, hubspot, workflow, maria):
    sandbox.hubspot_server.faults.add(Fault(path="workflow-id-mappings", times=None, status=404))
    (end,) = hubspot.workflow_channel(workflow.workflow_id).enroll([row(maria)], soon())
    assert (end.outcome, entered(sandbox, MARIA)) == (Outcome.DONE, 1)


@pytest.mark.parametrize("bare", [True, False])
def test_who_is_in_is_seen_whatever_the_list_looks_like(sandbox, channel, maria, brian, bare):
    sandbox.hubspot.settings.v2_lists_bare = bare
    assert channel.entered([row(maria)]) == {maria: False}
    channel.enroll([row(maria)], soon())
    assert channel.entered([row(maria), row(brian)]) == {maria: True, brian: False}


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "body": {"workflows": "none of these"}},
        {"status": 200, "body": {"results": [None, 3, {"name": "Finance"}]}},
        {"status": 500},
        {"status": 404},
        {"ending": "drop"},
    ],
)
def test_a_list_that_is_not_understood_tells_nothing(sandbox, channel, maria, answer):
    channel.enroll([row(maria)], soon())
    sandbox.hubspot_server.faults.add(Fault(method="GET", path=ENROLL, times=None, **answer))
    assert channel.entered([row(maria)]) == {maria: None}


def test_a_list_of_plain_numbers_is_understood(sandbox, channel, workflow, maria):
    channel.enroll([row(maria)], soon())
    sandbox.hubspot_server.faults.add(
        Fault(method="GET", path=ENROLL, status=200, body={"ids": [1, int(workflow.workflow_id)]})
    )
    assert channel.entered([row(maria)]) == {maria: True}


def test_who_is_through_with_it_can_no_longer_be_told(sandbox, channel, maria):
    channel.enroll([row(maria)], soon())
    channel.leave([row(maria)], soon())
    assert channel.entered([row(maria)]) == {maria: None}


def test_a_marker_that_a_merge_may_have_swallowed_proves_nothing(sandbox, channel, maria, brian):
    sandbox.hubspot.life.merge(BRIAN, MARIA)
    merged = str(sandbox.hubspot.life.person(BRIAN).id)
    assert channel.entered([row(merged)]) == {merged: None}


@pytest.mark.parametrize("says_no", [True, False])
@pytest.mark.parametrize("why", ["off", "suppressed", "inside"])
def test_whom_the_workflow_does_not_let_in(sandbox, channel, workflow, maria, says_no, why):
    """What HubSpot says of them is not documented: a no is a no and costs no episode; silence is believed."""
    sandbox.hubspot.settings.v2_says_no = says_no
    if why == "off":
        workflow.enabled = False
    elif why == "suppressed":
        warm = sandbox.hubspot.lists.create("Paused")
        sandbox.hubspot.life.join_list(MARIA, "Paused")
        workflow.suppression_lists = (warm.id,)
    else:
        sandbox.hubspot.workflows.enroll(workflow, sandbox.hubspot.life.person(MARIA), "by hand")
    before = entered(sandbox, MARIA)
    (end,) = channel.enroll([row(maria)], soon())
    assert end.outcome is (Outcome.REFUSED if says_no else Outcome.DONE)
    assert marker(sandbox, MARIA) == ("" if says_no else "finance:1")
    assert entered(sandbox, MARIA) == before


def test_once_the_call_is_gone_everybody_is_refused_and_no_episode_used_up(sandbox, channel, maria):
    sandbox.hubspot.settings.v2_enroll_works = False
    (end,) = channel.enroll([row(maria)], soon())
    assert (end.outcome, marker(sandbox, MARIA)) == (Outcome.REFUSED, "")


def test_without_the_scope_it_waits(sandbox, channel, maria):
    sandbox.hubspot.settings.scopes -= {"automation"}
    (end,) = channel.enroll([row(maria)], soon())
    assert end.outcome is Outcome.LATER
    assert isinstance(end.error, ScopeMissing)
    assert marker(sandbox, MARIA) == ""


def test_a_lost_answer_leaves_the_marker_and_is_seen_by_the_list(sandbox, channel, maria):
    sandbox.hubspot_server.faults.add(Fault(method="POST", path=ENROLL, ending="drop", apply=True))
    (end,) = channel.enroll([row(maria)], soon())
    assert (end.outcome, marker(sandbox, MARIA)) == (Outcome.UNKNOWN, "finance:1")
    assert channel.entered([row(maria)]) == {maria: True}
    assert called(sandbox) == 1, "a call that may have been heard is not made again"


def test_a_page_in_place_of_nothing_is_no_success(sandbox, channel, maria):
    sandbox.hubspot_server.faults.add(Fault(method="POST", path=ENROLL, status=200, body="<html>Log in</html>"))
    (end,) = channel.enroll([row(maria)], soon())
    assert end.outcome is Outcome.UNKNOWN


def test_nobody_is_called_without_a_marker(sandbox, channel, maria):
    sandbox.hubspot_server.faults.add(Fault(method="POST", path=MARK, ending="drop", apply=True))
    (end,) = channel.enroll([row(maria)], soon())
    assert end.outcome is Outcome.LATER
    assert (called(sandbox), marker(sandbox, MARIA)) == (0, ""), "the marker that may be there is taken back"
    assert channel.entered([row(maria)]) == {maria: False}


def test_a_refusal_whose_marker_cannot_be_taken_back_is_none(sandbox, channel, workflow, maria):
    workflow.enabled = False
    sandbox.hubspot.settings.v2_says_no = True
    sandbox.hubspot_server.faults.add(Fault(method="POST", path=MARK, after=1, status=500))
    (end,) = channel.enroll([row(maria)], soon())
    assert (end.outcome, marker(sandbox, MARIA)) == (Outcome.LATER, "finance:1")
    assert channel.entered([row(maria)]) == {maria: None}


def test_who_has_no_address_or_no_episode_is_refused_before_anything_is_written(sandbox, channel, maria):
    silent = sandbox.hubspot.life.add_contact({"firstname": "Silent"})
    ends = channel.enroll([row(silent), Enrollment(maria, "finance", "winback:1")], soon())
    assert [end.outcome for end in ends] == [Outcome.REFUSED, Outcome.REFUSED]
    assert (called(sandbox), marker(sandbox, MARIA)) == (0, "")


def test_the_address_is_the_one_of_this_moment(sandbox, channel, maria):
    sandbox.hubspot.life.set_property(MARIA, "email", "maria@new.example")
    channel.enroll([row(maria)], soon())
    assert [each.email for each in sandbox.effects.of(kind="entered")] == ["maria@new.example"]


@pytest.mark.parametrize("says_no", [True, False])
def test_leaving_ends_the_mails_and_who_is_not_in_has_left(sandbox, channel, maria, brian, says_no):
    sandbox.hubspot.settings.v2_says_no = says_no
    channel.enroll([row(maria)], soon())
    ends = channel.leave([row(maria), row(brian)], soon())
    assert [end.outcome for end in ends] == [Outcome.DONE, Outcome.DONE]
    assert len(sandbox.effects.of(kind="left", email=MARIA)) == 1
    assert marker(sandbox, MARIA) == "finance:1"


def test_leaving_a_workflow_that_cannot_be_asked_is_done_later(sandbox, channel, maria):
    channel.enroll([row(maria)], soon())
    sandbox.hubspot_server.faults.add(Fault(method="DELETE", path=ENROLL, times=None, status=503))
    (end,) = channel.leave([row(maria)], soon())
    assert end.outcome in {Outcome.LATER, Outcome.UNKNOWN}
    assert isinstance(end.error, PlatformError)


def test_no_refusal_tells_an_address(sandbox, channel, maria):
    said = {"status": "error", "category": "VALIDATION_ERROR", "message": f"{MARIA} is suppressed"}
    sandbox.hubspot_server.faults.add(Fault(method="POST", path=ENROLL, status=400, body=said))
    (end,) = channel.enroll([row(maria)], soon())
    assert end.outcome is Outcome.REFUSED
    assert "suppressed" in str(end.error)
    assert "acme" not in str(end.error)
