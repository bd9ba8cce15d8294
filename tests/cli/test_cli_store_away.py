"""A store that cannot be used is one line and exit code 5, whatever was asked; no password stands in it."""

from __future__ import annotations

import pytest

from connector.cli.exits import Exit

_ASKS_THE_STORE = (
    "check",
    "provision",
    "sync",
    "explain maria@acme.example",
    "apply",
    "holds",
    "approve 1",
    "discard all",
    "deliveries list",
    "deliveries show 1",
    "failures list",
    "failures replay 1",
    "forget maria@acme.example",
    "release",
    "worker",
    "clock",
)


@pytest.mark.parametrize("typed", _ASKS_THE_STORE)
def test_a_database_that_is_away_is_one_line(desk, typed):
    away = "postgresql://trellis:canary@127.0.0.1:9/trellis"
    ran = desk.trellis(*typed.split(), DATABASE_URL=away, HUBSPOT_ACCESS_TOKEN="token")
    assert (ran.code, ran.out) == (Exit.STORE, "")
    lines = [line for line in ran.said if "Mailchimp is off" not in line]
    assert len(lines) == 1
    assert "Connection refused" in lines[0]
    assert "see that it runs and that DATABASE_URL is right" in lines[0]
    assert "canary" not in ran.err


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("garbage", "DATABASE_URL is not a URL: write postgresql://"),
        ("postgresql://host:port/trellis", "DATABASE_URL is not a URL: write postgresql://"),
        ("postgresql://user:canary@[::1/trellis", "DATABASE_URL is not a URL: write postgresql://"),
        ("mysql://host/trellis", "DATABASE_URL names mysql: only PostgreSQL is supported"),
    ],
)
def test_a_database_url_that_cannot_be_is_one_line(desk, url, told):
    ran = desk.trellis("holds", DATABASE_URL=url)
    assert (ran.code, ran.out) == (Exit.STORE, "")
    assert ran.err.startswith(told)
    assert len(ran.said) == 1
    assert "canary" not in ran.err


@pytest.mark.parametrize("typed", ["holds", "check", "serve", "demo"])
def test_a_data_directory_that_cannot_be_is_one_line(desk, typed, tmp_path, monkeypatch):
    (tmp_path / "mappings").symlink_to(desk.environ["MAPPINGS_DIR"])
    (tmp_path / "var").write_text("a file where the demo keeps its data")
    monkeypatch.chdir(tmp_path)
    ran = desk.trellis(typed, HUBSPOT_ACCESS_TOKEN="token", MAILCHIMP_API_KEY="key-us19")
    assert (ran.code, ran.out) == (Exit.STORE, "")
    assert len(ran.said) == 1
    assert "make room or rights, or set TRELLIS_DATA" in ran.err


def test_a_database_without_our_schema_says_what_makes_it(town):
    town.execute("DROP TABLE trellis_schema")
    ran = town.trellis("sync")
    assert (ran.code, ran.out) == (Exit.STORE, "")
    assert ran.said == ["the database is empty: run `trellis release` (or `trellis serve`, which does it)"]


def test_a_newer_schema_is_refused_and_left_alone(town):
    town.execute("UPDATE trellis_schema SET version_num = '9999'")
    before = town.contents()
    for command in ("sync", "check", "release"):
        ran = town.trellis(command)
        assert (ran.code, ran.out) == (Exit.STORE, "")
        assert len(ran.said) == 1
        assert "newer than this Trellis knows" in ran.err
    assert town.contents() == before
    assert town.calls() == 0
