"""`trellis provision --remove`: what it takes away, what it leaves and why, what it asks for; by the commands themselves."""

from __future__ import annotations

from dataclasses import replace

from connector.cli.exits import Exit

LIST = "Trellis: Only readers"


def drop_workflows(office):
    """The admin deletes the workflows that go by what Trellis writes."""
    with office.sandbox.hubspot.lock:
        office.sandbox.hubspot.workflows._by_id.clear()


def test_what_stands_there_afterwards_is_what_stood_there_before_to_the_byte(office):
    before = office.standing()
    assert office.trellis("provision").code == Exit.DONE
    mailchimp = office.sandbox.mailchimp
    reader = next(iter(mailchimp.audiences["abc123"])).email
    for tag in ("trellis:track:win-back", "trellis:track:of-an-earlier-rulebook", "trellis:finance-near-buying"):
        mailchimp.life.tag(reader, tag)
    office.execute("INSERT INTO baseline VALUES ('hubspot', now()), ('mailchimp:main', now())")
    made = office.standing()
    assert {what for what, shown in made.items() if shown != before[what]} >= {"properties", "groups", "lists"}

    told = office.trellis("provision", "--remove", "--dry-run")
    assert told.code == Exit.DONE
    assert office.standing() == made
    assert "Stays: HubSpot: property trellis_track" in told.out  # workflows that are on listen to it
    assert "HubSpot: would archive property group trellis" not in told.out
    assert "HubSpot: would archive property trellis_score (Puntuación del lead)" in told.out

    drop_workflows(office)
    refused = office.trellis("provision", "--remove")  # nobody at a terminal, and no --yes
    assert (refused.code, office.standing()) == (Exit.USAGE, made)

    gone = office.trellis("provision", "--remove", "--yes")
    assert (gone.code, gone.err) == (Exit.DONE, "")
    assert f"HubSpot: deleted list {LIST}" in gone.out
    assert "Mailchimp (main): deleted merge field TRACKMARK and its values" in gone.out
    assert office.standing() == before

    again = office.trellis("provision", "--remove", "--yes")
    assert (again.code, again.out.splitlines()[-1]) == (Exit.DONE, "There is nothing to take away.")
    assert office.trellis("provision").code == Exit.DONE  # and it may come back
    assert office.standing().keys() == made.keys()


def test_what_was_there_before_trellis_stays(office):
    portal, audience = office.sandbox.hubspot, office.sandbox.mailchimp.audiences["abc123"]
    drop_workflows(office)
    portal.lists.create(LIST)
    audience.define("LEADSCORE", "Our own score", "number")
    definitions = portal.definitions["contacts"]
    theirs = replace(definitions.get("jobtitle"), name="trellis_persona", builtin=False)
    definitions.put(theirs)
    before = office.standing()
    office.trellis("provision")
    definitions.put(replace(theirs, name="our_note", group="trellis"))

    gone = office.trellis("provision", "--remove", "--yes")
    assert gone.code == Exit.DONE
    told = [line for line in gone.out.splitlines() if line.startswith("Left alone: ")]
    assert told == [
        "Left alone: Mailchimp (main): merge field LEADSCORE: it was not made by this Trellis",
        f"Left alone: HubSpot: list {LIST}: it was not made by this Trellis",
        f"Left alone: HubSpot: property trellis_persona ({theirs.label}): it stands in the group {theirs.group}, not in ours",
        f"Left alone: HubSpot: property our_note ({theirs.label}): no rulebook of this Trellis names it",
        "Left alone: HubSpot: property group trellis: not all of its properties go",
    ]
    definitions.archive("our_note")
    definitions.archive_group("trellis")
    assert office.standing() == before


def test_nothing_is_taken_away_while_a_worker_is_there_and_people_on_tracks_are_told_of(office):
    office.trellis("provision")
    office.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
    office.execute("INSERT INTO contact (created_at) VALUES (now())")
    office.execute(
        "INSERT INTO episode (contact, track, number, channel, source, entered_at)"
        " SELECT id, 'win-back', 1, 'hubspot:property:trellis_track', 'hubspot', now() FROM contact"
    )
    standing = office.standing()
    ran = office.trellis("provision", "--remove", "--yes")
    assert ran.code == Exit.FAILED
    assert ran.err.startswith("Trellis is at work on this database: stop `trellis serve` and every worker first")
    assert "1 person is on tracks: what their workflows and flows have yet to send, they send." in ran.out
    assert office.standing() == standing

    office.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")  # it was killed
    assert office.trellis("provision", "--remove", "--yes").code == Exit.FAILED  # the workflows still listen
    assert [one.name for one in office.sandbox.hubspot.definitions["contacts"] if one.group == "trellis"] == [
        "trellis_track"
    ]


def test_without_a_look_at_workflows_what_the_platform_keeps_is_told_and_the_rest_goes(office):
    settings = office.sandbox.hubspot.settings
    office.environ["HUBSPOT_API_VERSION"] = "2026-09"
    office.trellis("provision")
    settings.scopes -= {"automation"}
    ran = office.trellis("provision", "--remove", "--yes")
    assert ran.code == Exit.FAILED
    assert "Whether workflows of HubSpot go by any of this cannot be looked up (scope automation;" in ran.out
    kept = [line for line in ran.out.splitlines() if line.startswith("Stays: ")]
    assert kept[0].startswith("Stays: HubSpot: property trellis_track (Itinerario de nutrición): ")
    assert "in use" in kept[0]
    assert kept[1].startswith("Stays: HubSpot: property group trellis: ")
    assert len(kept) == 2
    assert not list(office.sandbox.hubspot.lists)[1:]  # the portal's own list alone

    settings.scopes -= {"crm.schemas.contacts.write"}
    drop_workflows(office)
    ran = office.trellis("provision", "--remove", "--yes")
    assert ran.code == Exit.REFUSED
    assert "crm.schemas.contacts.write" in ran.err


def test_a_list_that_keeps_people_out_of_workflows_stays_where_nobody_can_see_whether_one_uses_it(office):
    tracks = office.mappings / "tracks.yaml"
    text = tracks.read_text(encoding="utf-8")
    tracks.write_text(text.replace("  # paused_list: ", "  paused_list: "), encoding="utf-8")
    office.trellis("provision")
    office.sandbox.hubspot.settings.scopes -= {"automation"}
    told = office.trellis("provision", "--remove", "--dry-run")
    assert "Stays: HubSpot: list Paused by Trellis: it is there to keep people out of workflows" in told.out
    assert "would delete list Paused by Trellis" not in told.out


def test_webhooks_go_by_our_token_and_the_address_is_never_told(office):
    token, hooks = "leaving-token-0123456789-abcdef", office.sandbox.mailchimp.webhooks
    hooks.answers_validator = lambda _url: True
    office.environ |= {"PUBLIC_URL": "https://trellis.acme.example", "MAILCHIMP_WEBHOOK_TOKEN": token}
    assert office.trellis("provision").code == Exit.DONE
    (ours,) = hooks.of("abc123")
    assert ours.url.endswith(token)
    office.environ["PUBLIC_URL"] = "https://elsewhere.acme.example"  # moved since
    ran = office.trellis("provision", "--remove", "--yes")
    assert "Mailchimp (main): deleted the webhook" in ran.out
    assert token not in ran.out + ran.err
    assert hooks.of("abc123") == []


def test_an_installation_that_somebody_tries_out_takes_nothing_of_the_one_that_works_there(office, new_database):
    office.trellis("provision")
    office.sandbox.mailchimp.life.tag(
        next(iter(office.sandbox.mailchimp.audiences["abc123"])).email, "trellis:track:win-back"
    )
    drop_workflows(office)
    standing = office.standing()
    office.environ["DATABASE_URL"] = new_database()
    ran = office.trellis("provision", "--remove", "--yes")
    assert (ran.code, office.standing()) == (Exit.DONE, standing)
    assert ran.out.splitlines()[-1] == "There is nothing to take away."
    reason = "this database did not make it, and has never worked with HubSpot here: it may be another Trellis' own"
    assert f"Left alone: HubSpot: property trellis_exclude (Sin Trellis): {reason}" in ran.out


def test_labels_of_a_portal_steer_no_terminal_and_lists_that_keep_out_are_named(office):
    office.trellis("provision")
    portal = office.sandbox.hubspot
    score = portal.definitions["contacts"].get("trellis_score")
    portal.definitions["contacts"].put(replace(score, label="Score\x1b[2J\u202e"))
    with portal.lock:
        flow = next(iter(portal.workflows._by_id.values()))
        portal.workflows._by_id[flow.id] = replace(flow, suppression_lists=(next(iter(portal.lists)).id,))
    ran = office.trellis("provision", "--remove", "--dry-run")
    assert "trellis_score (Score\\x1b[2J\\u202e)" in ran.out
    assert not {"\x1b", "\u202e"} & set(ran.out)
    assert (
        "Workflows keep out the people of Visited pricing: whether those lists go by what Trellis writes cannot"
        in ran.out
    )


def test_yes_alone_is_refused(office):
    ran = office.trellis("provision", "--yes")
    assert ran.code == Exit.USAGE
    assert "--yes goes with --remove" in ran.err
