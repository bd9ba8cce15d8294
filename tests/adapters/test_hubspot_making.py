"""What has a name of its own is made once, also where HubSpot's answers are lost on the way."""

import pytest

from adapters.hubspot import HubSpotClient, HubSpotPlatform
from adapters.ports import Definition, Option, PlatformUnreachable
from adapters.sandbox import Sandbox
from adapters.sandbox.faults import Fault

HTML = "<html><body>Bad gateway</body></html>"
#: The answer is lost: before HubSpot did anything, after it, and in the middle of telling so.
LOST = {
    "not done": Fault(status=502, body=HTML),
    "done, and lost": Fault(status=504, body=HTML, apply=True),
    "cut off": Fault(ending="truncate"),
    "dropped": Fault(ending="drop"),
}
TRACK = Definition("trellis_track", "Track", "enumeration", "select", options=(Option("finance", "Finance"),))
WIDER = Definition("trellis_track", "Track", "enumeration", "select", options=(*TRACK.options, Option("new", "New")))


@pytest.fixture(params=LOST)
def lost(request: pytest.FixtureRequest) -> dict[str, object]:
    fault = LOST[request.param]
    return {name: getattr(fault, name) for name in ("status", "body", "apply", "ending")}


@pytest.fixture
def hubspot(client: HubSpotClient) -> HubSpotPlatform:
    return HubSpotPlatform(client, properties=["email"])


def break_next(sandbox: Sandbox, lost: dict[str, object], method: str, path: str, times: int | None = 1) -> Fault:
    return sandbox.hubspot_server.faults.add(Fault(method=method, path=path, times=times, **lost))


def test_a_property_and_its_group_are_made_once_and_known_as_ours(sandbox, hubspot, lost) -> None:
    faults = [break_next(sandbox, lost, "POST", path) for path in ("contacts/groups", r"contacts$")]
    ours: list[str] = []
    assert hubspot.define([TRACK], ours.append) == ("created property group trellis", "created property trellis_track")
    assert ours == ["trellis_track"], "of whatever answer was lost, `provision --remove` must know what is ours"
    assert [fault.hits for fault in faults] == [1, 1]
    assert hubspot.definitions()["trellis_track"].group == "trellis"


def test_a_list_is_made_once(sandbox, hubspot, lost) -> None:
    break_next(sandbox, lost, "POST", r"/crm/lists/2026-09$")
    made = hubspot.create_list("Trellis: readers")
    assert [(each.id, each.name) for each in hubspot.lists().values()] == [(made.id, "Trellis: readers")]


def test_what_may_be_done_twice_is_done_again(sandbox, hubspot, lost) -> None:
    hubspot.define([TRACK])
    made = hubspot.create_list("Trellis: readers")
    faults = [break_next(sandbox, lost, method, "") for method in ("PATCH",)]
    assert hubspot.define([WIDER]) == ("added option new to property trellis_track",)
    assert [each.value for each in hubspot.definitions()["trellis_track"].options] == ["finance", "new"]
    faults += [break_next(sandbox, lost, "DELETE", path) for path in ("trellis_track", "groups/trellis", "lists")]
    hubspot.archive_property("trellis_track")
    hubspot.archive_group("trellis")
    hubspot.delete_list(made.id)
    assert [fault.hits for fault in faults] == [1, 1, 1, 1]
    assert not hubspot.lists()
    assert "trellis_track" not in hubspot.definitions()
    assert "trellis" not in hubspot.groups()


def test_options_go_back_in_the_words_of_a_request(sandbox, hubspot) -> None:
    """Answers may tell more of an option than a request takes, and null where nothing is set."""
    hubspot.define([TRACK])
    told = {"label": "Finance", "value": "finance", "description": None, "displayOrder": None, "archivable": True}
    shown = {"name": "trellis_track", "type": "enumeration", "fieldType": "select", "options": [told]}
    sandbox.hubspot_server.faults.add(Fault(method="GET", path="properties", status=200, body={"results": [shown]}))
    assert hubspot.define([WIDER]) == ("added option new to property trellis_track",)
    assert [each.value for each in hubspot.definitions()["trellis_track"].options] == ["finance", "new"]


@pytest.mark.parametrize("lost", ["not done"], indirect=True)
def test_a_platform_that_stays_away_is_given_up(sandbox, hubspot, lost) -> None:
    break_next(sandbox, lost, "POST", r"contacts$", times=None)
    sandbox.hubspot_server.calls.reset()
    with pytest.raises(PlatformUnreachable):
        hubspot.define([TRACK])
    assert sandbox.hubspot_server.calls.total <= 10
    assert "trellis_track" not in hubspot.definitions()
