"""The whole path on a portal that nobody tuned for, by the commands as they are typed: init … apply, and away again."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from adapters.sandbox import Sandbox
from adapters.sandbox.unknown_portal import AUDIENCE, LIFECYCLE, PROPERTY_LIMIT, unknown_portal
from connector.cli.exits import Exit

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def portal():
    with Sandbox() as sandbox:
        sandbox.hubspot.settings.search_lag = 0.0
        unknown_portal(sandbox, count=80)
        yield sandbox


def standing(sandbox: Sandbox) -> Mapping[str, str]:
    """Everything that is defined on the platforms, as their APIs would show it, to the byte."""
    contacts, place = sandbox.hubspot.definitions["contacts"], sandbox.mailchimp.audiences[AUDIENCE]
    shown: Mapping[str, object] = {
        "properties": [one.as_json() for one in contacts],
        "groups": [one.as_json() for one in contacts.groups.values()],
        "lists": [one.as_json() for one in sandbox.hubspot.lists],
        "merge fields": [one.as_json(place.id) for one in place.fields],
        "segments": [one.name for one in place.segments.values()],
        "webhooks": [one.as_json() for one in sandbox.mailchimp.webhooks.of(place.id)],
    }
    return {what: json.dumps(one, sort_keys=True) for what, one in shown.items()}


def test_from_nothing_to_live_and_away_again(portal, database, tmp_path):
    before, mine = standing(portal), tmp_path / "mine"
    effects = len(portal.effects)
    environ = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "PYTHONPATH": str(ROOT),
        "HUBSPOT_BASE_URL": portal.hubspot_url,
        "HUBSPOT_ACCESS_TOKEN": portal.hubspot.settings.token,
        "MAILCHIMP_BASE_URL": portal.mailchimp_url,
        "MAILCHIMP_API_KEY": portal.mailchimp.api_key,
        "DATABASE_URL": database,
        "MAPPINGS_DIR": str(mine),
    }

    def trellis(*words: str) -> tuple[int, str]:
        ran = subprocess.run(
            [sys.executable, "-m", "connector", *words],
            cwd=tmp_path,
            env=environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert "Traceback" not in ran.stderr, ran.stderr
        return ran.returncode, ran.stdout

    def asked(answer: str, *words: str) -> str:
        """What a command has shown on a terminal by the time that it has asked, been answered, and ended."""
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            [sys.executable, "-m", "connector", *words],
            cwd=tmp_path,
            env=environ,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        ) as running:
            os.close(theirs)
            os.write(ours, answer.encode())  # typed ahead: the terminal keeps it
            with suppress(OSError):  # Linux says so where the other end is closed
                shown = b""
                while piece := os.read(ours, 65536):
                    shown += piece
            assert running.wait(60) == Exit.FAILED, shown.decode()
        os.close(ours)
        return shown.decode()

    code, told = trellis("init", "mine")
    assert code == Exit.DONE, told
    fields = (mine / "fields.yaml").read_text(encoding="utf-8")
    assert "hubspot: puesto" in fields  # whose label is Spanish, and `jobtitle` is nearly empty
    assert AUDIENCE in fields
    assert standing(portal) == before  # it only looked

    code, told = trellis("provision")
    assert code == Exit.DONE, told
    assert portal.hubspot.definitions["contacts"].custom_count <= PROPERTY_LIMIT
    code, told = trellis("check", "--json")
    assert code == Exit.DONE, told
    code, told = trellis("sync")
    assert code == Exit.DONE, told
    assert "Baseline" in told
    stages = [one.values.get("lifecyclestage", "") for one in portal.hubspot.contacts.records.values()]
    assert set(stages) <= {*LIFECYCLE, ""}

    model = (mine / "model.yaml").read_text(encoding="utf-8")
    heavier = model.replace("points: 17", "points: 23")  # the title of who buys
    assert heavier != model
    (mine / "model.yaml").write_text(heavier, encoding="utf-8")
    code, told = trellis("plan", "-o", "plan.json")
    assert code in (Exit.DONE, Exit.HELD), told
    saved = (tmp_path / "plan.json").read_text(encoding="utf-8")
    assert ".example" not in saved  # no address
    told = asked("n\n", "apply")
    assert told.partition("Apply it? ")[2].splitlines() == ["[y/N]: Nothing was changed."], (
        told
    )  # no bar is drawn over it
    code, told = trellis("apply", "plan.json")
    assert code in (Exit.DONE, Exit.HELD), told
    assert "release 2" in told
    assert len(portal.effects) == effects  # nobody was mailed, or entered anything

    code, told = trellis("provision", "--remove", "--yes")
    assert code == Exit.DONE, told
    assert standing(portal) == before
