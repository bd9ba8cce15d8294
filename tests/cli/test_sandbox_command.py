"""`trellis sandbox` as a person runs it: a process of its own, its output, its exit codes."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ports import free_port

from connector.cli.exits import Exit

ROOT = Path(__file__).parents[2]
EXPORT = """Email,First Name,What is your current occupation
maria@acme.example,Maria,Working Professional
brian@globex.example,Brian,Unemployed
,Noor,
"""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "connector", "sandbox", *arguments]


def refused(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[str], dict[str, str]]]:
    """The process, the lines that it printed until it was ready, and the environment among them."""
    ports = ("--hubspot-port", "0", "--mailchimp-port", "0")
    with subprocess.Popen(command(*ports, *arguments), cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines: list[str] = []
            while not (lines and lines[-1].startswith("Ready")):
                line = process.stdout.readline()
                assert line, f"it ended before it was ready: {lines}"
                lines.append(line.rstrip())
            exports = [line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export ")]
            yield process, lines, dict(exports)  # type: ignore[arg-type]
        finally:
            process.kill()


def ask(environ: dict[str, str], path: str) -> dict[str, list[dict[str, dict[str, str]]]]:
    headers = {"Authorization": f"Bearer {environ['HUBSPOT_ACCESS_TOKEN']}"}
    request = urllib.request.Request(environ["HUBSPOT_BASE_URL"] + path, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)  # type: ignore[no-any-return]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "leads.csv"
    path.write_text(EXPORT, encoding="utf-8")
    return path


def test_a_contact_export_is_served_under_the_printed_environment(export: Path) -> None:
    with running("--contacts", str(export)) as (_, lines, environ):
        assert lines[0] == "3 contacts from leads.csv; new properties: 1."
        assert set(environ) == {"HUBSPOT_BASE_URL", "HUBSPOT_ACCESS_TOKEN", "MAILCHIMP_BASE_URL", "MAILCHIMP_API_KEY"}
        found = ask(environ, "/crm/v3/objects/contacts?properties=firstname,what_is_your_current_occupation")
        people = {row["properties"]["firstname"]: row["properties"] for row in found["results"]}
        assert people["Maria"]["what_is_your_current_occupation"] == "Working Professional"
        assert set(people) == {"Maria", "Brian", "Noor"}


def test_a_value_that_no_portal_would_hold_is_told_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("email,lifecyclestage\nmaria@acme.example,lead\nbrian@globex.example,a friend\n", encoding="utf-8")
    with running("--contacts", str(path)) as (_, lines, _environ):
        assert lines[1] == "Values left out, as HubSpot would not hold them: 1"
        assert lines[2].startswith("  line 3: lifecyclestage")


def test_the_people_of_the_demo_can_be_had_alone() -> None:
    with running("--demo") as (_, lines, environ):
        assert lines[0] == "320 people of the demo on both platforms."
        maria = ask(environ, "/crm/v3/objects/contacts?limit=100&properties=firstname")
        assert "Maria" in {row["properties"]["firstname"] for row in maria["results"]}


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_until_it_is_stopped_and_gives_the_port_back(by: signal.Signals) -> None:
    port = free_port()
    with running("--hubspot-port", str(port)) as (process, _, environ):
        assert environ["HUBSPOT_BASE_URL"].endswith(f":{port}")
        assert process.poll() is None
        process.send_signal(by)
        assert process.wait(timeout=20) == Exit.DONE
        socket.create_server(("127.0.0.1", port)).close()


def test_a_taken_port_is_one_line_with_its_number_and_the_cure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, told = refused("--hubspot-port", "0", "--mailchimp-port", str(port))
    assert code == Exit.STORE
    assert str(port) in told
    assert "--mailchimp-port" in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "cannot be read"), (b"", "no header"), (b"Email\n\xff\xfe\n", "not UTF-8")],
)
def test_a_file_that_is_no_export_is_one_line(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "leads.csv"
    if content is not None:
        path.write_bytes(content)
    code, told = refused("--contacts", str(path), "--hubspot-port", "0", "--mailchimp-port", "0")
    assert code == Exit.USAGE
    assert reason in told
    assert told.count(str(path)) == 1
    assert told.count("\n") == 1


def test_the_search_lag_is_a_choice(export: Path) -> None:
    with running("--contacts", str(export), "--search-lag", "0") as (_, _lines, environ):
        body = json.dumps({"filterGroups": [], "limit": 10}).encode()
        headers = {"Authorization": f"Bearer {environ['HUBSPOT_ACCESS_TOKEN']}", "Content-Type": "application/json"}
        new = json.dumps({"properties": {"email": "noor@initech.example"}}).encode()
        for path, data in (("", new), ("/search", body)):
            url = f"{environ['HUBSPOT_BASE_URL']}/crm/v3/objects/contacts{path}"
            with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=10) as answer:
                found = json.load(answer)
        assert found["total"] == 4
