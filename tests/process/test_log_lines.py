"""A log line is one line of JSON, whatever was thrown at it, and shows neither an address nor a secret (promise 9)."""

from __future__ import annotations

import io
import json
import logging
import re
from urllib.parse import quote

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
    "encode",
    [
        lambda secret: quote(secret, safe=""),
        lambda secret: quote(quote(secret, safe=""), safe=""),
        lambda secret: "".join(f"%{ord(sign):02x}" for sign in secret),
        lambda secret: repr(secret)[1:-1],
        lambda secret: json.dumps(secret)[1:-1],
    ],
    ids=["encoded", "encoded twice", "each sign encoded", "in a repr", "in JSON"],
)
@pytest.mark.parametrize("secret", ["webhook-token-0123456789", "p@ss-w0rd-of-ours"])
def test_no_secret_gets_through_in_another_form(told, secret, encode):
    line = json.loads(told(lambda log: log.error("Not found: /webhooks/mailchimp/%s?x=1", encode(secret))))
    assert line["event"] == "Not found: /webhooks/mailchimp/<secret>?x=1"


ADDRESSES = [
    "maria@acme.example",
    "Maria.O'Neill+x@sub.acme.example",
    "mailto:noor@acme.example",
    "maria%40acme.example",
    "maria%2540acme.example",
    "data%5Bemail%5D=maria%40acme.example&data%5Bid%5D=1",
    "josé@acmé.example",
    "jos%C3%A9%40acme.example",
    "'maria@acme.example'",
    '{"email": "maria@acme.example"}',
    '{\\"email\\": \\"maria@acme.example\\"}',
    '{"email": "maria\\u0040acme.example"}',
    '"maria lead"@acme.example',
    "<maria@acme.example>",
    "Key (email)=(maria@acme.example) already exists.",
    "maria@[acme.example]",
]


@pytest.mark.parametrize("text", ADDRESSES)
def test_no_address_gets_through(told, text):
    facts = {"one": text, "some": [text], text: {"deep": (text, ValueError(text))}}
    error = raised(RuntimeError(f"refused: {text}"), raised(ValueError(text)))
    line = told(lambda log: log.warning("row of %s failed", text, extra={"facts": facts}, exc_info=error))
    for name in ("acm", "maria", "noor", "Neill", "lead", "jos"):
        assert name not in line
    assert line.count("<address ") >= 6
    json.loads(line)


@pytest.mark.parametrize(
    "text", ["MARIA@acme.example", "maria%40acme.example", "(maria@acme.example).", "'maria@acme.example',"]
)
def test_the_same_person_is_the_same_hash_and_another_is_not(told, text):
    def hashes(text):
        return re.findall("<address [0-9a-f]{12}>", told(lambda log: log.info("saw %s", text)))

    assert hashes(text) == hashes("maria@acme.example") != hashes("noor@acme.example")
    assert len(hashes(text)) == 1


def hashed(environ):
    record = logging.LogRecord("trellis", logging.INFO, __file__, 1, "maria@acme.example", (), None)
    return json.loads(line_format(read_settings(environ), "web").format(record))["event"]


def test_the_hash_is_keyed_by_a_secret_of_the_installation_or_by_chance():
    assert hashed(ENVIRON) == hashed({**ENVIRON, "PORT": "9000"})
    assert hashed(ENVIRON) != hashed({**ENVIRON, "HUBSPOT_CLIENT_SECRET": "another-client-secret"})
    assert hashed({}) != hashed({})


def test_a_malformed_call_of_a_library_tells_no_arguments(told, capsys):
    line = told(lambda log: log.error("%d rows of %s", *["noor@acme.example"]))
    assert json.loads(line)["event"] == "%d rows of %s"
    assert capsys.readouterr().err == ""


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
