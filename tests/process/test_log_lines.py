"""A log line is one line of JSON, whatever was thrown at it, and shows neither an address nor a secret (promise 9)."""

from __future__ import annotations

import io
import json
import logging

import psycopg
import pytest

from connector.logs import line_format
from connector.settings import read_settings
from connector.store.errors import StoreUnavailable

ENVIRON = {
    "HUBSPOT_ACCESS_TOKEN": "pat-eu1-very-secret",
    "HUBSPOT_CLIENT_SECRET": "client-secret-1",
    "HUBSPOT_CLIENT_SECRET_PREVIOUS": 'client-secret-0 with "quotes"',
    "MAILCHIMP_API_KEY": "0123456789abcdef-us19",
    "MAILCHIMP_WEBHOOK_TOKEN": "webhook-token-0123456789",
    "DATABASE_URL": "postgresql://trellis:p%40ss-w0rd-of-ours@db.acme.example/trellis",
}


@pytest.fixture
def told():
    """Gives the line that a call on a logger became."""

    def tell(act, name="trellis"):
        out = io.StringIO()
        handler = logging.StreamHandler(out)
        handler.setFormatter(line_format(read_settings(ENVIRON), "worker"))
        logger = logging.Logger(name, logging.DEBUG)  # noqa: LOG001 — its own, so that nobody else hears it
        logger.addHandler(handler)
        act(logger)
        assert out.getvalue().count("\n") == 1
        return out.getvalue()

    return tell


@pytest.mark.parametrize("secret", [*ENVIRON.values(), "p%40ss-w0rd-of-ours", "p@ss-w0rd-of-ours"])
def test_no_secret_gets_through(told, secret):
    line = told(lambda log: log.error("it said %s", secret, extra={"facts": {"answer": f"<{secret}>"}}))
    assert secret not in json.loads(line)["event"] + json.loads(line)["answer"]
    assert "secret" in line


@pytest.mark.parametrize(
    "address", ["maria@acme.example", "Maria.O'Neill+x@sub.acme.example", "mailto:noor@acme.example"]
)
def test_no_address_gets_through(told, address):
    assert "acme" not in told(lambda log: log.warning("row of %s failed", address))


def test_lines_and_controls_are_folded(told):
    line = json.loads(told(lambda log: log.info("one\n  two\x1b[31m\tthree\u2028four")))
    assert line["event"].split() == ["one", "two\x1b[31m", "three", "four"]
    assert "\n" not in line["event"]


def test_facts_do_not_pass_for_what_the_line_itself_says(told):
    line = json.loads(told(lambda log: log.info("stored", extra={"facts": {"at": "nowhere", "level": "calm", "n": 3}})))
    assert (line["level"], line["process"], line["n"]) == ("INFO", "worker", 3)
    assert line["at"].startswith("20")


def raised(error, cause=None):
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def test_a_database_that_is_away_needs_no_stack(told):
    error = raised(StoreUnavailable("it is away"), raised(psycopg.OperationalError("connection\nrefused")))
    line = json.loads(told(lambda log: log.error("failed", exc_info=error), "procrastinate.worker"))
    assert line["error"] == "connection refused"
    assert "trace" not in line
    assert line["logger"] == "procrastinate.worker"


def test_a_bug_shows_its_stack(told):
    line = json.loads(told(lambda log: log.error("failed", exc_info=raised(KeyError("nurture")))))
    assert "test_log_lines.py" in line["trace"]
    assert line["trace"].endswith("KeyError: 'nurture'")
