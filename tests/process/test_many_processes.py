"""Two of each process on one PostgreSQL: nothing happens twice, and neither a killed nor a stopped one is missed."""

from __future__ import annotations

import signal
import time
from contextlib import suppress

import pytest

from adapters.sandbox import Fault
from connector.store.postgres import attach_or_start

#: HubSpot gets two batches for a new lead: first her values, then what her workflow listens to.
ENROLLING = {"method": "POST", "path": "/objects/contacts/batch/update", "after": 1, "times": 1}
#: A call that lasts as long as we let it.
FOREVER_S = 60.0

RUNG = """
CREATE TABLE rung (job text, at timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION note_ring() RETURNS trigger LANGUAGE plpgsql AS
 'BEGIN INSERT INTO rung (job) VALUES (NEW.task_name); RETURN NEW; END';
CREATE TRIGGER note_ring AFTER INSERT ON procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION note_ring()
"""
RINGS = "SELECT 1 FROM procrastinate_jobs WHERE status = 'todo'"
HERS = "SELECT intent.state FROM intent JOIN record USING (contact) WHERE kind = 'enroll' AND email = %s"
AT_WORK = (
    "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND objid::bigint = hashtext('steps')::bigint & 4294967295 AND granted"
)


@pytest.fixture(scope="module")
def fleet(new_machine, wait_until, fetch):
    """One PostgreSQL, given by its URL; the baseline is done; two of each process run."""
    machine = new_machine(people=14)
    with attach_or_start(machine.data) as attachment:
        machine.environ["DATABASE_URL"] = attachment.url.replace("+psycopg", "", 1)
        for command in (("release",), ("provision",), ("sync",)):
            done = machine.trellis(*command, MAILCHIMP_WEBHOOK_TOKEN="")
            assert done.returncode == 0, done.stderr
        machine.rows(RUNG)
        machine.running = {"clock": [machine.start("clock"), machine.start("clock")]}
        wait_until(lambda: ticks(machine), "a clock ticks")
        machine.running |= {"worker": [machine.start("worker") for _ in range(2)]}
        ports = [machine.environ["PORT"], machine.spare_port()]
        machine.running |= {"web": [machine.start("web", PORT=port) for port in ports]}
        for port in ports:
            wait_until(lambda port=port: is_up(fetch, port), "the receivers are up")
        machine.tell_webhooks()
        yield machine
        for process in (one for kind in machine.running.values() for one in kind):
            process.kill()
            process.wait()


def is_up(fetch, port):
    with suppress(OSError):
        return fetch(f"http://127.0.0.1:{port}/readyz")[0] == 200
    return False


def ticks(machine):
    return machine.rows("SELECT name, slot FROM tick")


def end(machine, kind, how=signal.SIGKILL):
    """One of two goes."""
    process = machine.running[kind].pop(0)
    process.send_signal(how)
    return process


def enrolled(machine, email):
    return len(machine.effects(kind="entered", email=email))


def unheard(machine):
    """A delivery is stored, and no bell is rung."""
    again = (
        "INSERT INTO delivery (platform, body, content_type, meta, received_at) SELECT platform, body, content_type,"
    )
    return machine.rows(f"{again} meta, clock_timestamp() FROM delivery ORDER BY id LIMIT 1 RETURNING id")[0][0]


def test_each_tick_fires_once(fleet):
    """Before anybody else rings: as many rings as ticks."""
    rung = fleet.rows("SELECT job, count(*) FROM rung WHERE job = 'sync' GROUP BY job")
    assert rung == [("sync", sum(name == "sync" for name, _ in ticks(fleet)))]


def test_killing_one_of_each_kind_leaves_the_rest_working(fleet, wait_until):
    for lead, kind in enumerate(("worker", "clock", "web")):
        fleet.fill_form(f"lead{lead}@brava{lead}.example", "Newsletter", "CFO")
        wait_until(lambda: fleet.rows(AT_WORK), "somebody is at work")
        if kind == "web":  # the second one: HubSpot knows the address of the first
            fleet.running["web"].reverse()
        end(fleet, kind).wait()
    fleet.let_leases_run_out()
    for lead in range(3):
        wait_until(lambda lead=lead: enrolled(fleet, f"lead{lead}@brava{lead}.example"), "she is enrolled")
    assert set(fleet.entered().values()) == {1}


def test_the_clock_finds_what_nobody_rang_for(fleet, wait_until):
    wait_until(lambda: not fleet.rows(RINGS) and not fleet.rows(AT_WORK), "everybody rests")
    number = unheard(fleet)
    waits = "SELECT 1 FROM delivery WHERE id = %s AND state = 'waiting'"
    wait_until(lambda: not fleet.rows(waits, [number]), "it was taken in")


def test_a_stopped_worker_is_taken_over_from_and_sends_nothing_afterwards(fleet, wait_until):
    (worker,) = fleet.running["worker"]
    faults = fleet.sandbox.hubspot_server.faults
    fault = faults.add(Fault(**ENROLLING, delay=2.0))
    fleet.fill_form("stopped@brava.example", "Newsletter", "CFO")
    wait_until(lambda: fault.hits, "the call that enrolls her is under way")
    assert f":{worker.pid}:" in fleet.rows(AT_WORK)[0][0]
    worker.send_signal(signal.SIGSTOP)
    fleet.fill_form("after@brava.example", "Newsletter", "CFO")
    began = time.monotonic()
    done = fleet.trellis("sync")
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 60
    assert f":{worker.pid}:" in done.stderr + fleet.log
    assert enrolled(fleet, "after@brava.example") == 1

    fleet.let_leases_run_out()
    assert fleet.trellis("sync").returncode == 0
    assert enrolled(fleet, "stopped@brava.example") == 1
    assert fleet.rows(HERS, ["stopped@brava.example"]) == [("accepted",)]

    said = len(fleet.lines)
    sent = faults.add(Fault(method="POST|PATCH|PUT", path="/batch/(update|create|upsert)|/tasks", times=None))
    worker.send_signal(signal.SIGCONT)
    wait_until(lambda: [one for one in fleet.lines[said:] if one["process"] == "worker"], "it says what happened")
    fleet.fill_form("again@brava.example", "Newsletter", "CFO")
    wait_until(lambda: enrolled(fleet, "again@brava.example"), "it works again")
    assert sent.hits == 2, "her values and her track, nothing else"
    assert set(fleet.entered().values()) == {1}


def test_sigterm_ends_a_worker_whose_call_would_last(fleet, wait_until):
    """And what it left is done by the next one."""
    faults = fleet.sandbox.hubspot_server.faults
    fault = faults.add(Fault(method="POST", path="/objects/contacts/batch/read", delay=FOREVER_S))
    fleet.fill_form("slow@brava.example", "Newsletter", "CFO")
    wait_until(lambda: fault.hits, "a call is under way that takes a minute")
    began = time.monotonic()
    assert end(fleet, "worker", signal.SIGTERM).wait(60) == 0
    assert time.monotonic() - began < 25
    fleet.let_leases_run_out()
    fleet.running["worker"].append(fleet.start("worker"))
    wait_until(lambda: enrolled(fleet, "slow@brava.example"), "the next one takes it up")
    assert set(fleet.entered().values()) == {1}
