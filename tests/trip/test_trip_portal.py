"""A portal that lacks what the rulebook needs is named, with the cure; nothing is half done."""

from dataclasses import replace

import pytest

from adapters.sandbox import Fault
from connector.steps.doctor import Surroundings, examine
from connector.steps.portal import PortalMismatch
from connector.steps.provision import provision
from connector.store.made import forget_made, made


def mismatch(world):
    """What a pass says against the portal; it must not have written anything."""
    world.forget_calls()
    before = world.portal()
    with pytest.raises(PortalMismatch) as caught:
        world.sync()
    assert world.portal() == before
    assert not any("/batch/update" in route for route in world.calls()["hubspot"])
    return caught.value.findings


def without_options(world, name, *values):
    definitions = world.sandbox.hubspot.definitions["contacts"]
    found = definitions.get(name)
    definitions.put(replace(found, options=tuple(one for one in found.options if one.value not in values)))


def test_a_deleted_property_and_missing_options_are_named_and_provision_mends_them(world):
    world.sandbox.hubspot.definitions["contacts"].archive("trellis_stage_since")
    world.sandbox.hubspot.definitions["contacts"].archive("trellis_score")
    without_options(world, "trellis_stage", "qualified")
    without_options(world, "trellis_track", "finance-consideration")
    world.new_lead("carla")
    world.pass_time(hours=2)

    findings = mismatch(world)

    assert len(findings) == 3
    assert all("`trellis provision`" in finding for finding in findings)
    text = "\n".join(findings)
    for named in (
        "HubSpot lacks 2 contact properties of Trellis: trellis_score, trellis_stage_since",
        'trellis_stage" lacks',
        "qualified",
        "finance-consideration",
    ):
        assert named in text
    provision(world.parts, dry_run=False, webhook_url=None)
    world.sync()
    assert len(world.entered("carla@carlaworks.example")) == 1


def test_a_mapped_property_that_the_portal_lacks_names_fields_yaml_and_heals_with_the_portal(make_world):
    edits = {
        "fields.yaml": ("phone:        {hubspot: phone}", "phone:        {hubspot: direct_line, or: hs_telephone}")
    }
    world = make_world(edits=edits, baseline=False)
    findings = mismatch(world)
    assert [finding.split('"')[1] for finding in findings] == ["direct_line", "hs_telephone"]
    assert all("fields.yaml" in finding and "provision" not in finding for finding in findings)
    assert world.rows("SELECT contact FROM verdict") == []

    definitions = world.sandbox.hubspot.definitions["contacts"]
    for name in ("direct_line", "hs_telephone"):
        definitions.put(replace(definitions.get("phone"), name=name, builtin=False))
    assert world.sync().baseline  # at once: what was found missing is not remembered


def test_a_list_that_search_does_not_show_yet_is_neither_made_again_nor_taken_for_missing_or_ours(world):
    """Its index lags behind what was just made."""
    with world.store.engine.begin() as conn:
        ours = made(conn, "hubspot", "list")
        by_hand = next(iter(ours))
        forget_made(conn, "hubspot", "list", by_hand)
    nothing = {"lists": [], "hasMore": False, "offset": 0, "total": 0}
    world.sandbox.hubspot_server.faults.add(Fault(path="lists.*search", times=None, status=200, body=nothing))
    for dry_run in (True, False):
        done = provision(world.parts, dry_run=dry_run, webhook_url=None)
        assert (done.lines, done.errors) == ([], [])
    given = Surroundings(hubspot_on=True, mailchimp_on=True, public_url="", hubspot_secret=False, webhook_url=None)
    assert [one for one in examine(world.parts, given) if one.code == "list-missing"] == []
    with world.store.engine.connect() as conn:
        assert made(conn, "hubspot", "list").keys() == ours.keys() - {by_hand}


def test_a_webhook_that_mailchimp_cannot_reach_says_what_to_start(make_world):
    world = make_world(webhooks=False)
    nobody_answers = "http://127.0.0.1:9/webhooks/mailchimp/a-token-of-some-length"
    done = provision(world.parts, dry_run=False, webhook_url=nobody_answers)
    assert [str(error) for error in done.errors if "start `trellis serve` first" in str(error)]


def test_what_was_refused_is_written_on_the_next_day_once_a_person_has_mended_it(world):
    """Nothing new is told of her meanwhile: it is the refusal that brings her back."""
    carla = world.new_lead("carla")
    world.pass_time(minutes=5)
    without_options(
        world, "trellis_stage", "nurture"
    )  # after the portal was looked at, so that the write itself is refused
    world.sync()
    assert "trellis_stage" not in world.hubspot(carla)
    assert world.intents(carla, "write")[0][0] == "refused"
    provision(world.parts, dry_run=False, webhook_url=None)
    world.pass_time(days=1)
    world.sync()
    assert world.hubspot(carla)["trellis_stage"] == "nurture"


@pytest.mark.parametrize("version", ["v3", "2026-09"])
def test_company_properties_are_told_with_their_types_in_both_versions(make_world, version):
    world = make_world(count=14, version=version, baseline=False)
    world.forget_calls()
    there = world.parts.hubspot.company_definitions()
    assert sum(world.calls()["hubspot"].values()) == 1
    assert there["numberofemployees"].type == "number"
    assert "COMPUTER_SOFTWARE" in {option.value for option in there["industry"].options}
    assert (there["num_associated_contacts"].read_only, there["name"].read_only) == (True, False)
