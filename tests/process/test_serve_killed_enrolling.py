"""The worst moment: the call that enrolls has left, its answer has not come, and something is killed (promise 3)."""

from __future__ import annotations

import pytest

from adapters.sandbox import Fault

#: The answer would come so late that whoever waits for it is killed before.
LATE_S = 2.5
#: HubSpot gets two batches for a new lead: first her values, then what her workflow listens to.
ENROLLING = {"method": "POST", "path": "/objects/contacts/batch/update", "after": 1, "times": 1, "delay": LATE_S}


@pytest.fixture(scope="module")
def served(new_machine):
    machine = new_machine(people=14)
    machine.serve()
    assert machine.trellis("provision", MAILCHIMP_WEBHOOK_TOKEN="").returncode == 0
    assert machine.trellis("sync").returncode == 0
    machine.tell_webhooks()
    return machine


@pytest.mark.parametrize("victim", ["worker", "postgres", "serve"])
@pytest.mark.parametrize("applied", [True, False], ids=["applied", "not-applied"])
def test_she_is_enrolled_exactly_once(served, wait_until, victim, applied):
    email = f"{victim}@{'yes' if applied else 'no'}.example"
    fault = served.sandbox.hubspot_server.faults.add(Fault(**ENROLLING, status=None if applied else 503))
    served.fill_form(email, "Newsletter", "CFO")
    wait_until(lambda: fault.hits, "the call that enrolls her is under way")
    wait_until(lambda: len(served.effects(kind="entered", email=email)) == applied, "it has done what it does")
    killed = served.pid(victim)
    served.kill(victim)
    if victim == "serve":
        served.serve()
    wait_until(lambda: served.pid(victim) not in (None, killed) or victim == "serve", "it was started again")

    assert served.trellis("sync").returncode == 0
    assert len(served.effects(kind="entered", email=email)) == applied, "sent again while nobody knew"

    served.let_leases_run_out()
    assert served.trellis("sync").returncode == 0
    assert len(served.effects(kind="entered", email=email)) == 1
    her_intents = "SELECT intent.state FROM intent JOIN record USING (contact) WHERE kind = 'enroll' AND email = %s"
    assert served.rows(her_intents, [email]) == [("accepted",)]
