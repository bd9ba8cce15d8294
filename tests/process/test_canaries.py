"""Marked people and marked secrets through everything at once, at LOG_LEVEL=DEBUG: in no log, no answer and no metric.

All of the product runs: serve, sync, webhooks of both kinds, refused rows, answers that quote addresses and tokens, forged
and broken requests, processes and PostgreSQL killed. Then everything that was said is searched, PostgreSQL's log included.
"""

from __future__ import annotations

import json
import re
import socket

import pytest

from adapters.sandbox.faults import Fault

API_TOKEN = "canary-api-token-0123456789"
WEBHOOK_TOKEN = "canary-webhook-token-0123456789"
METRICS_TOKEN = "canary-metrics-token-0123456789"
ADDRESS = "canary.lead@canary.example"
#: What no output may hold: every marked secret and person has it, in any spelling.
MARK = re.compile("canary|c%61nary|process-client-secret", re.IGNORECASE)
SAID = "the bird said "


@pytest.fixture(scope="module")
def said(new_machine, wait_until, fetch) -> dict[str, str]:
    """Everything that was said, by where it was said; and the addresses of all people."""
    machine = new_machine(people=14)
    machine.sandbox.hubspot.settings.token = API_TOKEN
    machine.environ |= {
        "HUBSPOT_ACCESS_TOKEN": API_TOKEN,
        "MAILCHIMP_WEBHOOK_TOKEN": WEBHOOK_TOKEN,
        "TRELLIS_METRICS_TOKEN": METRICS_TOKEN,
        "LOG_LEVEL": "DEBUG",
    }
    outputs: dict[str, str] = {}

    def run(*words: str, **environ: str) -> None:
        done = machine.trellis(*words, **environ)
        outputs[f"trellis {' '.join(words)} #{len(outputs)}"] = done.stdout + done.stderr

    def get(path: str, wish: object = None, **headers: str) -> None:
        status, body = fetch(machine.url + path, wish, headers)
        outputs[f"{path[:12]} {status} #{len(outputs)}"] = body.decode()

    machine.serve()
    run("check")
    run("provision")
    run("sync")
    machine.tell_webhooks()
    machine.fill_form(ADDRESS, "Newsletter", "CFO")
    machine.sandbox.mailchimp.life.subscribe(f"mc-{ADDRESS}", merge_fields={"FNAME": "Canaryfirst", "JOBTITLE": "CFO"})
    wait_until(lambda: machine.stages().get(ADDRESS), "she is scored")
    wait_until(
        lambda: machine.rows("SELECT 1 FROM delivery WHERE platform = 'mailchimp' AND state <> 'waiting'"),
        "and her twin told of",
    )

    quoting = f"{SAID}{ADDRESS}, twice {ADDRESS}, and encoded {ADDRESS.replace('@', '%40')}"
    page = f"<html>{quoting} {ADDRESS.replace('@', '%40')} Bearer {API_TOKEN}</html>"
    for faults in (machine.sandbox.hubspot_server.faults, machine.sandbox.mailchimp_server.faults):
        faults.add(
            Fault(
                method="PATCH|POST", status=400, body={"message": quoting, "detail": quoting, "title": quoting}, times=4
            )
        )
        faults.add(Fault(status=500, body=page, times=2))
        faults.add(Fault(ending="truncate", times=2))
    machine.fill_form(f"second.{ADDRESS}", "Demo request", "CFO")
    run("sync")
    run("sync", "--full")
    machine.sandbox.hubspot_server.faults.clear()
    machine.sandbox.mailchimp_server.faults.clear()
    run("sync", HUBSPOT_ACCESS_TOKEN="canary-token-that-is-refused")
    run("sync", MAILCHIMP_BASE_URL="http://127.0.0.1:9/3.0")

    event = {
        "subscriptionType": f"contact.{ADDRESS}",
        "objectId": ADDRESS,
        "propertyValue": ADDRESS,
        "occurredAt": ADDRESS,
    }
    for body in (json.dumps([event]).encode(), ADDRESS.encode(), b'[{"objectId": "' + ADDRESS.encode()):
        assert machine.deliver(body)
    get("/webhooks/hubspot", ADDRESS.encode(), **{"X-HubSpot-Signature-v3": f"canary{ADDRESS}"})
    form = f"type=profile&data%5Blist_id%5D={machine.population.audience}&data%5Bemail%5D={ADDRESS.replace('@', '%40')}".encode()
    for path in (
        WEBHOOK_TOKEN,
        f"{WEBHOOK_TOKEN}x",
        f"{WEBHOOK_TOKEN}/x",
        WEBHOOK_TOKEN.replace("a", "%61"),
        f"/{WEBHOOK_TOKEN}",
    ):
        get(f"/webhooks/mailchimp/{path}", form)
    for line in (
        f"POST /webhooks/mailchimp/{WEBHOOK_TOKEN} NONSENSE",
        f"GET /{ADDRESS}{WEBHOOK_TOKEN}",
        f"{WEBHOOK_TOKEN} / HTTP/1.1",
    ):
        outputs[f"raw #{len(outputs)}"] = raw(machine, line)
    for path in ("/healthz", "/readyz", "/metrics", f"/{ADDRESS}?token={WEBHOOK_TOKEN}"):
        get(path, Authorization=f"Bearer {METRICS_TOKEN}")

    wait_until(lambda: not machine.rows("SELECT 1 FROM delivery WHERE state = 'waiting'"), "all is taken in")
    machine.kill("worker")
    machine.kill("postgres")
    wait_until(lambda: fetch(f"{machine.url}/readyz")[0] == 200, "the database is back")
    run("deliveries", "list")
    run("failures", "list")
    run("holds")
    assert machine.stop()[0] == 0
    outputs["log of serve"] = machine.log
    outputs["log of PostgreSQL"] = (machine.data / "postgres" / "postgres.log").read_text(errors="replace")
    outputs["addresses"] = " ".join(person.address for person in machine.population.people if person.email)
    return outputs


def raw(machine, line: str) -> str:
    with socket.create_connection(("127.0.0.1", int(machine.environ["PORT"])), timeout=10) as connection:
        connection.sendall(f"{line}\r\nHost: x\r\n\r\n".encode())
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer.decode()


def test_the_canaries_were_really_there(said):
    """Or finding none would prove nothing."""
    log = said["log of serve"]
    assert re.search("<address [0-9a-f]{12}>", log)
    assert "webhook refused" in log
    assert "request refused" in log
    assert "the bird said <address" in "".join(said.values())
    assert "unknown" in next(text for where, text in said.items() if where.startswith("trellis deliveries"))


def test_no_mark_is_in_any_output(said):
    found = [
        (where, text[max(0, at.start() - 200) : at.end() + 60])
        for where, text in said.items()
        if where != "addresses"
        for at in MARK.finditer(text)
    ]
    assert found[:3] == []


def test_nobody_of_the_crowd_is_either(said):
    addresses = said["addresses"].split()
    assert len(addresses) > 10
    found = [
        (where, one)
        for where, text in said.items()
        for one in addresses
        if where != "addresses" and one.lower() in text.lower()
    ]
    assert found == []


def test_every_line_of_the_log_is_json_or_the_one_plain_sentence(said):
    plain = [line for line in said["log of serve"].splitlines() if not line.startswith("{")]
    waiting = [line for line in plain if line.startswith("the database is ") and "; waiting (" in line]
    assert len(plain) <= 3 + len(waiting), plain  # how often it says so hangs on the machine
    for line in said["log of serve"].splitlines():
        if line.startswith("{"):
            json.loads(line)
