"""kill -9 of anything at any moment, then `serve` again: nobody enrolled twice, nothing acknowledged lost, the same end.

The moments are random with a fixed seed; the machine's own pace makes them different ones on every run, and all must do.
"""

from __future__ import annotations

import json
import random
import time

import pytest

from adapters.sandbox import Fault

SEED = 20261122
VICTIMS = ("web", "worker", "clock", "postgres", "serve")
ROUNDS = 2

#: Each does one thing, so that how she ends does not depend on when it was seen.
FORMS = ("Newsletter", "Webinar", "Pricing guide", "Demo request")
TITLES = ("Head of Finance", "CFO", "Financial Controller", "Operations Manager", "Student")
LEADS = [
    (f"lead{number}@brava{number}.example", FORMS[number % len(FORMS)], TITLES[number % len(TITLES)])
    for number in range(2 * ROUNDS * len(VICTIMS))
]
BARRED = ("noor", "sofia", "brian")

OPEN = (
    "SELECT (SELECT count(*) FROM delivery WHERE state = 'waiting'),"
    " (SELECT count(*) FROM intent WHERE state IN ('sending', 'unknown'))"
)


def act(machine, number):
    """Life goes on, in the same way whatever is killed meanwhile."""
    machine.fill_form(*LEADS[number])
    if number < len(BARRED):
        person = machine.population.person(BARRED[number])
        machine.fill_form(person.email, "Newsletter", person.title)


def delivery(machine, number):
    """What HubSpot might tell of somebody we know; the number makes it one of its kind."""
    record = next(iter(machine.sandbox.hubspot.contacts))
    event = {
        "subscriptionType": "contact.propertyChange",
        "propertyName": "jobtitle",
        "portalId": 1,
        "attemptNumber": 0,
    }
    return json.dumps([event | {"objectId": record.id, "occurredAt": 1_700_000_000_000 + number}]).encode()


@pytest.fixture(scope="module")
def quiet(new_machine):
    """The same life in a world where nothing is killed and no webhook comes: passes by hand."""
    machine = new_machine(people=14)
    assert machine.trellis("provision", MAILCHIMP_WEBHOOK_TOKEN="").returncode == 0
    assert machine.trellis("sync").returncode == 0
    for number in range(len(LEADS)):
        act(machine, number)
    for _ in range(2):
        done = machine.trellis("sync")
        assert done.returncode == 0, done.stderr
    return machine


@pytest.fixture(scope="module")
def killed(new_machine, wait_until):
    """A machine that went through it; `acknowledged` are the bodies of deliveries that were answered with a 2xx."""
    machine, dice = new_machine(people=14), random.Random(SEED)
    machine.serve()
    assert machine.trellis("provision").returncode == 0
    assert machine.trellis("sync").returncode == 0
    machine.tell_webhooks()
    # HubSpot takes its time to answer, so that many a kill falls between a call and its answer.
    machine.sandbox.hubspot_server.faults.add(
        Fault(method="POST", path="contacts/batch", times=None, probability=0.5, delay=0.2)
    )
    machine.acknowledged = []
    number = 0
    for victim in [one for _ in range(ROUNDS) for one in dice.sample(VICTIMS, len(VICTIMS))]:
        for lead in (number, number + 1):
            act(machine, lead)
            body = delivery(machine, lead)
            if machine.deliver(body):
                machine.acknowledged.append(body)
        wait_until(lambda victim=victim: machine.runs(victim), "whom the last kill took along was started again")
        time.sleep(dice.uniform(0, 0.6))  # the random moment
        machine.kill(victim)
        number += 2
        if victim == "serve":
            machine.serve()
    settle(machine, wait_until)
    return machine


def settle(machine, wait_until):
    """Let what was interrupted come to its end: the leases of the dead run out, then one more start and one pass."""
    machine.stop()
    machine.sandbox.hubspot_server.faults.clear()
    machine.let_leases_run_out()
    machine.serve()
    for _ in range(2):
        done = machine.trellis("sync")
        assert done.returncode == 0, done.stderr
    wait_until(lambda: machine.rows(OPEN) == [(0, 0)], "nothing waits any more")


def test_every_victim_was_started_again(killed):
    died = [line["child"] for line in killed.lines if line["event"] == "died"]
    assert {"web", "worker", "clock", "postgres"} <= set(died)


def test_nobody_was_enrolled_twice(killed):
    assert killed.entered()
    assert {who: times for who, times in killed.entered().items() if times > 1} == {}


def test_nobody_was_enrolled_who_must_not_be(killed):
    barred = {killed.population.person(key).email for key in BARRED}
    assert {email for email, _ in killed.entered()} & barred == set()


def test_no_acknowledged_delivery_was_lost(killed):
    assert len(killed.acknowledged) >= ROUNDS * len(VICTIMS)
    kept = {bytes(body): state for body, state in killed.rows("SELECT body, state FROM delivery")}
    assert {kept.get(body) for body in killed.acknowledged} <= {"handled", "ignored"}


def test_it_ends_as_a_quiet_world_does(killed, quiet):
    assert killed.stages() == quiet.stages()
    assert set(killed.entered()) == set(quiet.entered())


def test_and_then_it_is_quiet(killed):
    done = killed.trellis("sync", "--json")
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)["counts"]
    assert not any(counts.get(name) for name in ("written", "enrolled", "moved", "refused")), counts


def test_no_line_names_anybody(killed):
    for secret in ("@", "sandbox-token", "sandbox-us19", "process-client-secret", "process-webhook-token"):
        assert secret not in killed.log
