"""A platform that is off, refuses or is away: one line with its name and the cure, and the other one is served."""

from __future__ import annotations

import pytest

from connector.cli.exits import Exit

CLOSED = "http://127.0.0.1:9"

#: A whole rulebook for who has Mailchimp alone: no property of HubSpot is named anywhere.
MAILCHIMP_ALONE = {
    "fields.yaml": """\
version: 1
audiences: {main: {list: abc123}}
fields:
  job_title: {mailchimp: merge_fields.JOBTITLE}
  company: {mailchimp: merge_fields.COMPANY}
events:
  email_click: {mailchimp: activity.click}
write:
  score: {mailchimp: LEADSCORE}
  stage: {mailchimp: LEADSTAGE}
""",
    "model.yaml": """\
version: 1
model: simple
minimum_evidence: {any: [{known: 1, of: [job_title, company]}]}
factors:
  fit:
    max: 40
    personas:
      finance:
        label: Finance
        traits:
          - id: finance-title
            when: {job_title: {contains_any: [cfo, finance, finances, financiera, treasury]}}
            points: 40
            why: Signs
  phase: {max: 20, half_life: 45d, phases: {awareness: {points: 20, signals: [{event: email_click}]}}}
  engagement:
    max: 30
    groups:
      reading:
        max: 30
        decay: {half_life: 21d}
        rules: [{id: clicks, event: email_click, points: 10, max_times: 3, why: Reads us}]
  reaction: {max: 0}
  profile: {max: 10, completeness: {job_title: 5, company: 5}}
""",
    "stages.yaml": """\
version: 1
stages:
  - {id: new}
  - {id: warm, enter: {score: {at_least: 50}}}
""",
    "tracks.yaml": """\
version: 1
tracks:
  warm-series:
    aim: win
    when: {stage: warm}
    enroll: [{mailchimp: {audience: main, tag: "trellis:track:mailchimp-warmup"}, listener: confirmed, exit: confirmed}]
    lasts: 14d
    priority: 1
""",
}


# ---------------------------------------------------------------- off


@pytest.mark.parametrize("command", ["sync", "provision"])
def test_without_credentials_each_platform_says_that_it_is_off(town, command):
    ran = town.trellis(command, HUBSPOT_ACCESS_TOKEN=None, MAILCHIMP_API_KEY=None)
    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert ran.said[:2] == [
        "HubSpot is off: HUBSPOT_ACCESS_TOKEN is not set.",
        "Mailchimp is off: MAILCHIMP_API_KEY is not set.",
    ]
    assert "trellis demo" in ran.said[2]
    assert town.calls() == 0


def test_hubspot_alone_is_served(town):
    for command in ("provision", "sync", "sync"):
        ran = town.trellis(command, MAILCHIMP_API_KEY=None)
        assert ran.code == Exit.DONE
        assert ran.said == ["Mailchimp is off: MAILCHIMP_API_KEY is not set."]
    maria = town.sandbox.hubspot.life.person(town.email("maria"))
    assert maria.values["trellis_stage"] == "nurture"
    assert town.sandbox.mailchimp_server.calls.total == 0


def test_mailchimp_alone_scores_and_enrolls_there_by_a_rulebook_that_names_no_property(town):
    (town.mappings / "model-customers.yaml").unlink()
    for name, content in MAILCHIMP_ALONE.items():
        (town.mappings / name).write_text(content)
    alone = {"HUBSPOT_ACCESS_TOKEN": None}
    assert "merge fields of Trellis: " in town.trellis("check", **alone).out
    for command in ("provision", "sync", "check"):
        assert town.trellis(command, **alone).code == Exit.DONE
    town.sandbox.mailchimp.life.subscribe(
        "carla@molinsdelter.example", merge_fields={"JOBTITLE": "Directora financiera", "COMPANY": "Molins del Ter"}
    )
    assert "Enrolled: 1\n" in town.trellis("sync", **alone).out
    (entered,) = [effect for effect in town.sandbox.effects if effect.kind == "entered"]
    assert (entered.platform, entered.email) == ("mailchimp", "carla@molinsdelter.example")
    town.trellis("sync", **alone)
    shown = town.trellis("explain", entered.email, **alone).out.splitlines()
    assert shown[0] == "Score 50 · stage warm · Finance (100 % alike)"
    assert any(line.startswith("  warm-series: on it since ") for line in shown)
    assert town.sandbox.hubspot_server.calls.total == 0


# ---------------------------------------------------------------- credentials and scopes


def test_a_wrong_hubspot_token_names_platform_and_variable_while_mailchimp_is_served(onlooker):
    before = onlooker.sandbox.mailchimp_server.calls.total
    for command in ("sync", "provision", "check"):
        ran = onlooker.trellis(command, HUBSPOT_ACCESS_TOKEN="canary")
        assert ran.code == Exit.REFUSED, command
        (line,) = [line for line in (ran.out + ran.err).splitlines() if "does not accept" in line]
        assert "HubSpot does not accept the token" in line
        assert line.endswith("Put a valid one into HUBSPOT_ACCESS_TOKEN.")
        assert "canary" not in ran.out + ran.err
        assert onlooker.sandbox.mailchimp_server.calls.total > before
        before = onlooker.sandbox.mailchimp_server.calls.total


def test_a_wrong_mailchimp_key_names_platform_and_variable_while_hubspot_is_served(onlooker):
    before = onlooker.sandbox.hubspot_server.calls.total
    for command in ("sync", "provision", "check"):
        ran = onlooker.trellis(command, MAILCHIMP_API_KEY="canary-us19")
        assert ran.code == Exit.REFUSED, command
        (line,) = [line for line in (ran.out + ran.err).splitlines() if "does not accept" in line]
        assert "Mailchimp does not accept the token" in line
        assert line.endswith("Put a valid one into MAILCHIMP_API_KEY.")
        assert "canary" not in ran.out + ran.err
        assert onlooker.sandbox.hubspot_server.calls.total > before
        before = onlooker.sandbox.hubspot_server.calls.total


def test_each_platform_has_its_line_when_both_refuse(onlooker):
    ran = onlooker.trellis("sync", HUBSPOT_ACCESS_TOKEN="wrong", MAILCHIMP_API_KEY="wrong-us19")
    assert ran.code == Exit.REFUSED
    assert [line.split()[0] for line in ran.said] == ["HubSpot", "Mailchimp"]


@pytest.mark.parametrize(
    ("scope", "command"),
    [
        ("crm.objects.contacts.read", "sync"),
        ("crm.lists.read", "provision"),
        ("crm.lists.read", "check"),
        ("crm.schemas.contacts.write", "provision"),
    ],
)
def test_a_missing_scope_is_named(town, scope, command):
    if command == "sync":
        town.trellis("provision")
    settings = town.sandbox.hubspot.settings
    settings.scopes = settings.scopes - {scope}
    ran = town.trellis(command)
    assert ran.code == Exit.REFUSED
    (line,) = [line for line in (ran.out + ran.err).splitlines() if "scope" in line]
    assert "HubSpot refuses for lack of a scope" in line
    assert scope in line
    assert line.endswith("Add it to the app or key.")


def test_what_may_not_be_written_names_the_scope_and_is_written_once_it_may(town):
    town.trellis("provision")
    settings = town.sandbox.hubspot.settings
    every = settings.scopes
    settings.scopes = every - {"crm.objects.contacts.write"}
    refused = town.trellis("sync")
    assert refused.code == Exit.REFUSED
    assert "crm.objects.contacts.write" in refused.err
    settings.scopes = every
    town.execute("UPDATE intent SET lease_until = NULL")  # a pause of half a minute
    assert town.trellis("sync").code == Exit.DONE
    maria = town.sandbox.hubspot.life.person(town.email("maria"))
    assert maria.values["trellis_stage"] == "nurture"


# ---------------------------------------------------------------- away


def test_with_hubspot_away_for_hours_people_at_mailchimp_are_judged(settled):
    settled.execute("UPDATE portal_cache SET at = at - interval '5 hours'")
    settled.sandbox.mailchimp.life.subscribe(
        "carla@molinsdelter.example", merge_fields={"JOBTITLE": "Directora financiera", "COMPANY": "Molins del Ter"}
    )
    ran = settled.trellis("sync", HUBSPOT_BASE_URL=CLOSED)
    assert ran.code == Exit.FAILED
    (line,) = ran.said
    assert line.startswith("HubSpot cannot be reached: ")
    assert line.endswith("Nothing is lost; run the command again.")
    assert "Judged 1 contact: 1 moved to another stage.\nWrote 1 record.\n" in ran.out


def test_mailchimp_away_costs_hubspot_nothing(onlooker):
    before = onlooker.sandbox.hubspot_server.calls.total
    ran = onlooker.trellis("check", MAILCHIMP_BASE_URL=f"{CLOSED}/3.0")
    assert ran.code == Exit.FAILED
    (line,) = [line for line in ran.out.splitlines() if line.startswith("error")]
    assert line.startswith("error: Mailchimp cannot be asked: ")
    assert onlooker.sandbox.hubspot_server.calls.total > before


def test_explain_asks_no_platform(onlooker):
    maria = onlooker.email("maria")
    shown = onlooker.trellis("explain", maria)
    away = onlooker.trellis("explain", maria, HUBSPOT_BASE_URL=CLOSED, MAILCHIMP_BASE_URL=f"{CLOSED}/3.0")
    off = onlooker.trellis("explain", maria, HUBSPOT_ACCESS_TOKEN=None, MAILCHIMP_API_KEY=None)
    assert away == off == shown
    assert shown.code == Exit.DONE
