"""`failures replay` of somebody who could not be read: she is read, and the failure stands until she was."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from adapters.sandbox.faults import Fault
from connector.cli.exits import Exit
from connector.store import failures
from connector.store.engine import connect

NOW = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


@pytest.fixture
def missed(settled):
    """Maria's change was told, she could not be read then, and no poll will tell of it again; the town and her id."""
    maria = settled.email("maria")
    id_ = str(settled.sandbox.hubspot.life.person(maria).id)
    engine = connect(settled.database)
    with engine.begin() as conn:
        failures.record_failure(
            conn, step="read", source="hubspot", platform_id=id_, contact=None, reason="HubSpot answered 500", at=NOW
        )
    engine.dispose()
    settled.execute(f"UPDATE record SET raw = raw - 'jobtitle' WHERE platform_id = '{id_}' AND source = 'hubspot'")
    return settled, id_


def open_ones(town):
    return [one["platform_id"] for one in json.loads(town.trellis("failures", "list", "--json").out)]


def title(town, id_):
    told = f"SELECT raw ->> 'jobtitle' FROM record WHERE platform_id = '{id_}' AND source = 'hubspot'"
    return town.execute(told)[0][0]


def number(town):
    return str(json.loads(town.trellis("failures", "list", "--json").out)[0]["id"])


def test_she_is_read_at_once(missed):
    town, id_ = missed
    assert title(town, id_) is None
    ran = town.trellis("failures", "replay", number(town))
    assert (ran.code, ran.out) == (Exit.DONE, "It was read again.\n")
    assert title(town, id_)
    assert open_ones(town) == []


def test_who_still_cannot_be_read_stays_on_the_list(missed):
    town, id_ = missed
    town.sandbox.hubspot_server.faults.add(
        Fault(method="POST", path="contacts/batch/read", status=400, body={"message": "no"}, times=None)
    )
    assert town.trellis("failures", "replay", number(town)).code == Exit.REFUSED
    assert open_ones(town) == [id_]


def test_of_a_platform_that_is_off_nobody_is_read(missed):
    town, id_ = missed
    ran = town.trellis("failures", "replay", number(town), HUBSPOT_ACCESS_TOKEN=None)
    assert (ran.code, ran.said) == (Exit.FAILED, ["hubspot is off, so nobody can be read there"])
    assert open_ones(town) == [id_]
