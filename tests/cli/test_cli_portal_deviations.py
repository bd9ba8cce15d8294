"""What somebody deleted on a platform is named with its cure, exit code 2, and `provision` mends what is ours."""

from __future__ import annotations

from connector.cli.exits import Exit


def an_hour_later(town) -> None:
    """What the portal defines is believed for an hour."""
    town.execute("UPDATE portal_cache SET at = at - interval '2 hours'")


def without_option(town, name: str, value: str) -> None:
    definitions = town.sandbox.hubspot.definitions["contacts"]
    with town.sandbox.hubspot.lock:
        kept = [
            {"value": one.value, "label": one.label, "displayOrder": one.order, "hidden": False}
            for one in definitions.get(name).options
            if one.value != value
        ]
        definitions.update(name, {"options": kept}, dated=False)


def test_nothing_is_read_or_written_before_provision(town):
    before = town.contents("contact", "record", "event")
    ran = town.trellis("sync")
    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert 'HubSpot has no contact property "trellis_score": run `trellis provision`' in ran.said
    assert all("run `trellis provision`" in line for line in ran.said)
    assert town.contents("contact", "record", "event") == before
    assert town.writes() == []


def test_provision_says_what_it_would_make_makes_it_and_then_has_nothing_to_do(town):
    planned = town.trellis("provision", "--dry-run")
    assert planned.code == Exit.DONE
    assert town.writes() == []
    made = town.trellis("provision")
    assert made.code == Exit.DONE
    names = {line.split("property ")[1].split()[0] for line in planned.out.splitlines() if "create property" in line}
    assert {f"HubSpot: created property {name}" for name in names} < set(made.out.splitlines())
    assert "trellis_score" in names
    again = town.trellis("provision")
    assert (again.code, again.out) == (Exit.DONE, "Everything is there already.\n")


def test_a_deleted_property_is_named_and_provision_brings_it_back(settled):
    with settled.sandbox.hubspot.lock:
        settled.sandbox.hubspot.definitions["contacts"].archive("trellis_why")
    an_hour_later(settled)
    verdicts = settled.contents("verdict", "intent")
    ran = settled.trellis("sync")
    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert ran.said == ['HubSpot has no contact property "trellis_why": run `trellis provision`']
    assert settled.contents("verdict", "intent") == verdicts
    checked = settled.trellis("check")
    assert checked.code == Exit.USAGE
    assert checked.out.startswith('error: HubSpot has no property "trellis_why". Run `trellis provision`.\n')
    planned = settled.trellis("provision", "--dry-run")
    assert planned.out.startswith("HubSpot: would create property trellis_why (")
    assert settled.trellis("provision").out == "HubSpot: created property trellis_why\n"
    assert settled.trellis("sync").code == Exit.DONE


def test_a_property_deleted_a_moment_ago_refuses_rows_and_is_named_by_the_next_sync(settled):
    with settled.sandbox.hubspot.lock:
        settled.sandbox.hubspot.definitions["contacts"].archive("trellis_why")
    maria = settled.email("maria")
    settled.sandbox.hubspot.life.fill_form(maria, "Demo request", None, "https://www.brightledger.example/demo")
    ran = settled.trellis("sync")
    assert ran.code == Exit.DONE
    assert "Refused: 12\n" in ran.out  # hers, and theirs whose receipts went with the property
    assert "trellis_why" in settled.trellis("failures", "list").out
    assert settled.trellis("sync").said == ['HubSpot has no contact property "trellis_why": run `trellis provision`']
    assert settled.trellis("provision").code == Exit.DONE
    assert settled.trellis("sync").code == Exit.DONE
    assert settled.trellis("failures", "list").out == "None.\n"
    assert settled.sandbox.hubspot.life.person(maria).values["trellis_stage"] == "hot"
    assert settled.sandbox.hubspot.life.person(settled.email("brian")).values["trellis_why"]


def test_a_missing_option_is_named_and_provision_brings_it_back(settled):
    without_option(settled, "trellis_stage", "hot")
    an_hour_later(settled)
    ran = settled.trellis("sync")
    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert ran.said == ["property trellis_stage lacks the options hot: run `trellis provision`"]
    checked = settled.trellis("check")
    assert checked.code == Exit.USAGE
    assert 'error: property "trellis_stage" lacks the options hot. Run `trellis provision`.\n' in checked.out
    planned = settled.trellis("provision", "--dry-run")
    assert planned.out == "HubSpot: would add option hot to property trellis_stage\n"
    assert settled.trellis("provision").out == "HubSpot: added option hot to property trellis_stage\n"
    assert settled.trellis("sync").code == Exit.DONE


def test_a_property_of_another_type_is_named(settled):
    definitions = settled.sandbox.hubspot.definitions["contacts"]
    with settled.sandbox.hubspot.lock:
        definitions.archive("trellis_score")
        wish = {"name": "trellis_score", "label": "x", "type": "string", "fieldType": "text"}
        definitions.create({**wish, "groupName": "trellis"}, dated=False, limit=1000)
    checked = settled.trellis("check")
    assert checked.code == Exit.USAGE
    assert 'error: property "trellis_score" is a string, not a number. Delete it' in checked.out


def test_a_mapped_property_that_the_portal_never_had_names_the_file(settled):
    settled.edit("fields.yaml", "{hubspot: jobtitle, ", "{hubspot: job_titel, ")
    checked = settled.trellis("check")
    assert checked.code == Exit.USAGE
    assert (
        'error: HubSpot has no property "job_titel", which is read. Correct the name in fields.yaml.\n' in checked.out
    )
    assert settled.trellis("apply").code == Exit.DONE
    ran = settled.trellis("sync")
    assert ran.code == Exit.USAGE
    assert ran.said == ['HubSpot has no contact property "job_titel": correct its name in fields.yaml']


def test_a_list_that_is_an_event_source_must_exist(settled):
    settled.edit(
        "fields.yaml",
        '  # list_joined: {hubspot: {lists: ["Visited pricing"]}}',
        '  list_joined: {hubspot: {lists: ["Nobody\'s"]}}',
    )
    checked = settled.trellis("check")
    assert checked.code == Exit.USAGE
    assert 'error: HubSpot has no list "Nobody\'s", an event source of fields.yaml. Create it' in checked.out


def test_an_audience_that_is_not_there_is_named_with_its_key(settled):
    settled.edit("fields.yaml", "list: abc123", "list: zzz999")
    checked = settled.trellis("check")
    assert checked.code == Exit.USAGE
    assert (
        'error: Mailchimp has no audience "zzz999". Correct `list` of audiences.main in fields.yaml.\n' in checked.out
    )


def test_no_room_for_properties_is_told_before_any_is_made(town):
    town.sandbox.hubspot.settings.custom_property_limit = 5
    checked = town.trellis("check")
    assert checked.code == Exit.USAGE
    assert "properties are missing, and the portal holds" in checked.out
    ran = town.trellis("provision")
    assert ran.code == Exit.REFUSED
    assert len(ran.said) == 2  # and what Mailchimp's webhooks need
    assert "archive some" in ran.err
    assert "Mailchimp (main): created merge field LEADSCORE" in ran.out
    assert town.sandbox.hubspot.definitions["contacts"].find("trellis_score") is None


def test_provision_prepares_the_files_before_they_are_applied(settled):
    settled.edit("tracks.yaml", "  hand-written-mail:\n", "  hand-written-letter:\n")
    settled.edit("tracks.yaml", '{list: "Trellis: Ready for a hand-written mail"}', '{list: "Trellis: Letters"}')
    assert 'error: HubSpot has no list "Trellis: Letters". Run `trellis provision`.' in settled.trellis("check").out
    made = settled.trellis("provision")
    assert made.out.splitlines() == [
        "HubSpot: added option hand-written-letter to property trellis_track",
        "HubSpot: created list Trellis: Letters",
    ]
    assert settled.trellis("apply").code == Exit.DONE
    assert settled.trellis("sync").code == Exit.DONE
