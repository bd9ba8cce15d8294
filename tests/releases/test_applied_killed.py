"""kill -9 while `trellis apply` writes, over real HTTP: applied again it is whole, and rolled back the portal is as it was."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adapters.sandbox import Fault, Sandbox
from adapters.sandbox.people import populate

ROOT = Path(__file__).parents[2]
#: How long anything may take on a machine that has other things to do.
PATIENCE_S = 240.0
#: What a rollback leaves: that an episode was used up.
MARKS = ("trellis_enrolled",)


@pytest.fixture
def sandbox():
    with Sandbox() as pretend:
        pretend.hubspot.settings.search_lag = 0.0
        populate(pretend, count=30)
        yield pretend


@pytest.fixture
def environ(sandbox, database, tmp_path):
    shutil.copytree(ROOT / "mappings", tmp_path / "mappings")
    own = {
        "HUBSPOT_BASE_URL": sandbox.hubspot_url,
        "HUBSPOT_ACCESS_TOKEN": sandbox.hubspot.settings.token,
        "MAILCHIMP_BASE_URL": sandbox.mailchimp_url,
        "MAILCHIMP_API_KEY": sandbox.mailchimp.api_key,
        "DATABASE_URL": database,
        "MAPPINGS_DIR": str(tmp_path / "mappings"),
        "COLUMNS": "110",
    }
    return {**os.environ, **own}


def started(environ, *words):
    return subprocess.Popen(
        [sys.executable, "-m", "connector", *words],
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(environ, *words):
    process = started(environ, *words)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, (out, err)
    return out


def portal(sandbox):
    return {
        record.id: {name: value for name, value in record.values.items() if value and name.startswith("trellis_")}
        for record in sandbox.hubspot.contacts
    }


def without_marks(values):
    return {id_: {name: one for name, one in hers.items() if name not in MARKS} for id_, hers in values.items()}


def test_killed_while_it_writes_applied_again_and_rolled_back(sandbox, environ, tmp_path):
    said(environ, "provision")
    said(environ, "sync")
    before = portal(sandbox)
    model = tmp_path / "mappings" / "model.yaml"
    text = model.read_text(encoding="utf-8")
    model.write_text(text.replace("points: 17\n            why: Finanzas", "points: 3\n            why: Finanzas"))
    assert model.read_text(encoding="utf-8") != text
    first = sandbox.hubspot_server.faults.add(
        Fault(method="POST", path="contacts/batch/update", times=1, delay=PATIENCE_S)
    )
    process = started(environ, "apply")
    ends = time.monotonic() + PATIENCE_S
    while not first.hits:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < ends
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert "goes on" in said(environ, "releases").splitlines()[0]
    applied = said(environ, "apply")
    assert "release 2." in applied
    assert portal(sandbox) != before
    assert "It would come to this:" in said(environ, "rollback", "2", "--dry-run")
    told = said(environ, "rollback", "2")
    assert "release 2 was taken back by release 3." in told
    assert without_marks(portal(sandbox)) == without_marks(before)
