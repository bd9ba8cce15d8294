"""What others told cannot steer the terminal of whoever looks at it: nothing is hidden, moved or made up."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connector.cli.exits import Exit
from connector.cli.visible import visible
from connector.store import failures, inbox
from connector.store.engine import connect

NOW = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
#: Clears the screen, forges a row, rings, begins a sequence in one character, turns text around.
STEERS = "\x1b[2J\x1b[1;1H\r\n       9  forged\x07\x9b31m\u202egnp"


def test_what_steers_is_spelled_out_and_what_is_written_stays():
    assert visible(STEERS) == r"\x1b[2J\x1b[1;1H\r\n       9  forged\x07\x9b31m\u202egnp"
    written = "Zoë, CFO · 東京 → 50 % «sí»"
    assert visible(written) == written


@pytest.fixture
def told(town):
    """A town with a delivery and a failure whose texts steer."""
    engine = connect(town.database)
    with engine.begin() as conn:
        kept = {"platform": "mailchimp", "content_type": "", "received_at": NOW, "meta": {}}
        inbox.receive(conn, body=f"type={STEERS}".encode(), **kept)
        inbox.finish_deliveries(conn, {1: inbox.End(inbox.Ending.UNKNOWN, STEERS)})
        failures.record_failure(
            conn, step="read", source="hubspot", platform_id=STEERS, contact=None, reason=STEERS, at=NOW
        )
    engine.dispose()
    return town


@pytest.mark.parametrize("typed", ["deliveries list", "deliveries show 1", "failures list", "failures show 1"])
def test_no_command_prints_what_steers(told, typed):
    ran = told.trellis(*typed.split())
    assert ran.code == Exit.DONE
    assert r"\x1b[2J" in ran.out
    assert [sign for sign in f"{ran.out}{ran.err}" if sign != "\n" and not sign.isprintable()] == []
    if typed.endswith("list"):
        assert len(ran.out.splitlines()) == 1


def test_a_person_who_typed_it_into_a_form_steers_no_explanation(town):
    town.settle()
    maria = town.email("maria")
    town.sandbox.hubspot.life.set_property(maria, "jobtitle", f"CFO {STEERS}")
    town.sandbox.hubspot.life.visit_page(maria, f"https://www.brightledger.example/demo?{STEERS}")
    assert town.trellis("sync").code == Exit.DONE
    ran = town.trellis("explain", maria)
    assert ran.code == Exit.DONE
    assert [sign for sign in ran.out if sign != "\n" and not sign.isprintable()] == []
