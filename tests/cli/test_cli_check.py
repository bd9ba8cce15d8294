"""`trellis check`: one line per finding with its cure, the worst first; it changes nothing anywhere."""

from __future__ import annotations

import json
import re

from connector.cli.exits import Exit

#: What the shipped mappings say of themselves in the demo's world, whatever else is found.
ALWAYS = {
    (
        "warning: track finance-consideration is entry only by Mailchimp tag trellis:track:finance-consideration: leaving it"
        " ends no mail. Say `exit: confirmed` there once the workflow takes people out."
    ),
    "advice: track hand-written-mail has no listener: it is a segment, without mails. Fine on a free portal.",
    (
        "advice: PUBLIC_URL is not set: no webhook reaches us, and changes are found by polling. Set it to the address of"
        " `trellis serve` to hear of changes at once."
    ),
}


def heard(town) -> set[str]:
    """What is said of the tracks whose workflows the demo's world has, where nothing is wrong with them."""
    return {
        f'advice: track {track}: trellis_track = {track} is heard by "{flow.name}" (lets people in again, takes out who'
        " leaves). Write `listener: verified`, and Trellis looks every hour."
        for flow in town.sandbox.hubspot.workflows
        for track in flow.values
    }


def found(town, **environ) -> set[str]:
    """The findings beside those that are always there."""
    return set(town.trellis("check", **environ).out.splitlines()[:-1]) - ALWAYS - heard(town)


def test_before_provision_everything_that_is_missing_is_named(town):
    ran = town.trellis("check")
    lines = ran.out.splitlines()
    assert ran.code == Exit.USAGE
    levels = [line.partition(":")[0] for line in lines[:-1]]
    errors, advice = levels.count("error"), levels.count("advice")
    assert levels == ["error"] * errors + ["warning"] + ["advice"] * advice
    assert lines[-1] == f"{errors} errors, 1 warning, {advice} advice"
    assert errors == 3  # all that is missing of a kind is one line
    properties, lists, tags = lines[:3]
    assert re.fullmatch(
        r"error: HubSpot lacks \d+ properties of Trellis: trellis_score, .*trellis_phase.*\. Run `trellis provision`\.",
        properties,
    )
    assert lists.startswith('error: HubSpot lacks 4 lists of Trellis: "Trellis: Ready for a hand-written mail", ')
    assert tags == (
        "error: Mailchimp audience main lacks 3 merge fields of Trellis: LEADSCORE, LEADSTAGE, TRACKMARK. Run `trellis provision`."
    )


def test_it_changes_nothing_and_activates_nothing(town):
    before = town.contents()
    town.trellis("check")
    assert town.contents() == before
    assert town.writes() == []


def test_after_provision_nothing_has_to_be_mended(onlooker):
    ran = onlooker.trellis("check")
    assert (ran.code, ran.err) == (Exit.DONE, "")
    advice = 2 + len(heard(onlooker))
    assert set(ran.out.splitlines()) == {*ALWAYS, *heard(onlooker), f"0 errors, 1 warning, {advice} advice"}


def test_findings_as_json_stand_alone_on_standard_output(settled):
    settled.edit("model.yaml", "label: Responsable de finanzas", "label: Finanzas")
    ran = settled.trellis("check", "--json")
    assert ran.code == Exit.DONE
    findings = json.loads(ran.out)
    assert {f"{one['level']}: {one['what']}. {one['cure']}." for one in findings} == ALWAYS | heard(settled)
    assert ran.said == ["These files are not the active rulebook yet; `trellis apply` makes them active."]


def test_a_rule_without_a_why_and_an_overdue_review_are_found(settled):
    rule = "{id: newsletter-is-not-interest, when: {company: {known: true}}, points: -1, review_by: 2020-02-29}"
    settled.edit("model.yaml", "    adjust:\n", f"    adjust:\n      - {rule}\n")
    assert found(settled) == {
        "advice: rule newsletter-is-not-interest says no why. Give it one: it stands in every receipt.",
        "warning: rule newsletter-is-not-interest was to be reviewed by 2020-02-29. Review it, then move the date.",
    }
    assert settled.trellis("check").code == Exit.DONE


def test_a_workflow_that_is_off_and_one_that_is_not_there_are_found(settled):
    workflows = settled.sandbox.hubspot.workflows
    flow = next(one for one in workflows if one.name == "Finance: consideration")
    flow.enabled = False
    track, value = "track finance-consideration", "trellis_track = finance-consideration"
    assert found(settled) == {
        f'warning: {track}: what listens to {value} is switched off, "Finance: consideration". Switch it on.'
    }
    flow.enabled, flow.values = True, frozenset({"another"})
    assert found(settled) == {f"warning: {track}: no workflow listens to {value}. Build it, or set `listener: none`."}


def test_what_it_read_of_workflows_counts_from_now_on(settled):
    """No pass has to come first; and files that are not active yet leave alone what counts."""
    kept = "SELECT value ->> 'at' FROM portal_cache WHERE key = 'workflows'"
    (before,) = settled.execute(kept)
    settled.trellis("check")
    (after,) = settled.execute(kept)
    settled.edit("model.yaml", "label: Responsable de finanzas", "label: Finanzas")
    settled.trellis("check")
    assert before < after == settled.execute(kept)[0]


def test_workflows_that_may_not_be_read_are_advice(settled):
    settings = settled.sandbox.hubspot.settings
    settings.scopes = settings.scopes - {"automation"}
    assert found(settled) == {
        (
            "advice: workflows cannot be read with this token or plan."
            " What `listener` and `exit` confirm in tracks.yaml is trusted."
        )
    }


def test_a_subscription_type_that_the_portal_does_not_have_is_found(settled):
    settled.edit("fields.yaml", "subscription: 4711}", "subscription: 4712}")
    error, advice = sorted(found(settled), reverse=True)
    assert error.startswith("error: the portal has no subscription type 4712: nobody can be enrolled where it counts.")
    assert advice.startswith("advice: hs_email_optout_4712 was never read from HubSpot")
    assert settled.trellis("check").code == Exit.USAGE


def test_a_merge_field_that_is_read_and_not_there_is_found(settled):
    settled.edit("fields.yaml", "mailchimp: merge_fields.JOBTITLE", "mailchimp: merge_fields.TITLE")
    assert found(settled) == {
        (
            'error: Mailchimp audience main has no merge field "TITLE", which is read.'
            " Create it, or correct the name in fields.yaml."
        )
    }


def test_webhooks_that_cannot_be_verified_or_do_not_exist_are_found(onlooker):
    told = set(onlooker.trellis("check", PUBLIC_URL="https://trellis.example").out.splitlines())
    assert (
        "warning: HubSpot's webhooks cannot be verified: HUBSPOT_CLIENT_SECRET is not set. Set it, or rely on polling."
    ) in told
    assert any(line.startswith("advice: Mailchimp's webhooks are off: MAILCHIMP_WEBHOOK_TOKEN") for line in told)
    with_token = onlooker.trellis(
        "check",
        PUBLIC_URL="https://trellis.example",
        HUBSPOT_CLIENT_SECRET="secret",
        MAILCHIMP_WEBHOOK_TOKEN="canary-of-more-than-22-characters",
    )
    assert "warning: Mailchimp audience main has no webhook to PUBLIC_URL. Run `trellis provision`." in with_token.out
    assert "canary" not in with_token.out + with_token.err


def test_without_credentials_the_files_are_looked_at_all_the_same(town):
    ran = town.trellis("check", HUBSPOT_ACCESS_TOKEN=None, MAILCHIMP_API_KEY=None)
    assert ran.code == Exit.USAGE
    assert ran.out.splitlines()[0].startswith("error: no platform has credentials. Set HUBSPOT_ACCESS_TOKEN or")
    assert "track hand-written-mail has no listener" in ran.out


def test_a_platform_that_is_off_is_advice(onlooker):
    ran = onlooker.trellis("check", MAILCHIMP_API_KEY=None)
    assert ran.code == Exit.DONE
    assert "advice: Mailchimp is off: MAILCHIMP_API_KEY is not set. Fine if you do without it." in ran.out


def test_no_finding_holds_a_secret_or_an_address_of_a_person(onlooker):
    out = onlooker.trellis("check").out + onlooker.trellis("check", HUBSPOT_ACCESS_TOKEN="canary").out
    assert "canary" not in out
    assert "@" not in out


def test_alerts_that_nobody_can_verify_are_worth_an_advice(onlooker):
    unsigned = found(onlooker, TRELLIS_ALERT_URL="https://hooks.acme.example/alerts")
    assert {line.partition(":")[0] for line in unsigned} == {"advice"}
    assert any("TRELLIS_ALERT_SECRET is not set" in line for line in unsigned)
    secret = "whsec_YS1rZXktb2YtbW9yZS10aGFuLTI0LWJ5dGVz"
    assert found(onlooker, TRELLIS_ALERT_URL="https://hooks.acme.example/alerts", TRELLIS_ALERT_SECRET=secret) == set()
