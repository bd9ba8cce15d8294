"""`trellis serve` as a team would run it: one command, then webhooks, other commands beside it, and the end."""

from __future__ import annotations

import json
import time

import pytest


def waits_for_a_sync(machine):
    return any("trellis sync" in str(line.get("reason")) for line in machine.lines if line["process"] == "worker")


@pytest.fixture(scope="module")
def served(new_machine, wait_until):
    """Everything runs; properties are there and the baseline is done."""
    machine = new_machine(people=14)
    machine.serve()
    assert machine.trellis("provision").returncode == 0
    wait_until(lambda: waits_for_a_sync(machine), "the worker says that it waits for the first pass")
    done = machine.trellis("sync")
    assert done.returncode == 0, done.stderr
    machine.tell_webhooks()
    return machine


def test_it_says_in_plain_words_what_runs_and_where(served):
    said = served.plain[0]
    for word in ("HubSpot and Mailchimp", served.environ["PORT"], str(served.data), "Ctrl-C"):
        assert word in said


def test_before_the_first_sync_the_worker_says_what_to_do_and_stays(served):
    assert waits_for_a_sync(served)
    assert not any(line["event"] == "died" for line in served.lines)


def test_it_answers_about_itself(served, fetch):
    assert fetch(f"{served.url}/healthz")[0] == 200
    status, body = fetch(f"{served.url}/readyz")
    assert status == 200
    assert json.loads(body)["checks"]["store"] == "ok"
    assert b'trellis_contacts{stage="customer"}' in fetch(f"{served.url}/metrics")[1]


def test_a_form_fill_is_scored_and_enrolled_within_seconds(served, wait_until):
    """The best of three, where the machine has other things to do."""

    def seconds(email):
        began = time.monotonic()
        served.fill_form(email, "Newsletter", "Head of Finance")
        wait_until(lambda: served.effects(kind="sent", email=email), "she gets the first mail")
        assert served.stages()[email] == "nurture"
        return time.monotonic() - began

    assert any(seconds(f"{name}@brava.example") < 10 for name in ("greta", "gina", "gala"))


def test_mailchimp_is_believed_by_the_webhook_that_provision_made(served, wait_until):
    """Mailchimp looks at the address before it makes a webhook, so the receiver has to run first."""
    served.sandbox.mailchimp.life.subscribe(
        "hanna@brava.example", merge_fields={"FNAME": "Hanna", "JOBTITLE": "Directora financiera"}
    )
    taken = "SELECT 1 FROM delivery WHERE platform = 'mailchimp' AND state = 'handled'"
    wait_until(lambda: served.rows(taken), "her subscription was told, believed and taken in")


def test_other_commands_work_beside_it(served):
    told = served.trellis("explain", served.population.person("maria").email)
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("Punt")
    assert served.trellis("sync").returncode == 0
    assert served.pid("postgres") is not None


def test_a_second_one_is_refused_by_name_in_one_line(served):
    refused = served.trellis("serve")
    assert refused.returncode == 5
    assert refused.stdout == ""
    assert refused.stderr.startswith(f"another Trellis is using {served.data} (pid ")
    assert refused.stderr.count("\n") == 1


def test_every_line_is_json_or_for_people_and_names_nobody(served):
    assert all("receiver on port" in line or "active rulebook" in line for line in served.plain), served.plain
    assert len(served.lines) == sum(line.startswith("{") for line in served.log.splitlines())
    for secret in ("@", "sandbox-token", "sandbox-us19", "process-client-secret", "process-webhook-token"):
        assert secret not in served.log


def test_sigterm_ends_all_of_it_in_time(served, wait_until):
    """Last in this file: nothing is left running, PostgreSQL included."""
    assert len(served.remains()) >= 5
    code, seconds = served.stop()
    assert code == 0
    assert seconds < 25
    assert served.remains() == {}
