"""A wrong environment is one line that names the variable, before anything else has happened; no secret is repeated."""

from __future__ import annotations

import pytest

from connector.cli.exits import Exit
from connector.settings import VARIABLES, SettingsError, read_settings


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PORT", "garbage", "PORT is 'garbage'; it must be a number from 1 to 65535"),
        ("PORT", "0", "PORT is '0'"),
        ("PORT", "65536", "PORT is '65536'"),
        ("PORT", "²", "PORT is '²'"),
        ("LOG_LEVEL", "LOUD", "LOG_LEVEL is 'LOUD'"),
        ("HUBSPOT_API_VERSION", "v9", "it can be v3 or 2026-09"),
        ("HUBSPOT_BASE_URL", "api.hubapi.com", "HUBSPOT_BASE_URL must be a full address"),
        ("HUBSPOT_BASE_URL", "http://host:port", "HUBSPOT_BASE_URL must be a full address"),
        ("HUBSPOT_BASE_URL", "http://[::1", "HUBSPOT_BASE_URL must be a full address"),
        ("PUBLIC_URL", "ftp://host", "PUBLIC_URL must be a full address"),
        ("PUBLIC_URL", "https://host/?a=b", "PUBLIC_URL must end before any ? or #"),
        ("MAILCHIMP_BASE_URL", "https://us19.api.mailchimp.com", "MAILCHIMP_BASE_URL must end in /3.0"),
        ("MAILCHIMP_API_KEY", "0123456789abcdef", "MAILCHIMP_API_KEY must end in -<data center>"),
        ("MAILCHIMP_ACCESS_TOKEN", "token", "MAILCHIMP_ACCESS_TOKEN needs MAILCHIMP_SERVER"),
        ("MAILCHIMP_WEBHOOK_TOKEN", "short", "too short to be a secret"),
    ],
)
def test_a_variable_that_cannot_be_is_named_with_what_it_can_be(name, value, told):
    with pytest.raises(SettingsError) as refused:
        read_settings({name: value})
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("sign", ["\n", "\r", " ", "\t", "é", "€", "\x00"])
@pytest.mark.parametrize("name", ["HUBSPOT_ACCESS_TOKEN", "MAILCHIMP_API_KEY", "MAILCHIMP_ACCESS_TOKEN"])
def test_a_token_that_no_header_takes_is_refused_without_being_repeated(name, sign):
    with pytest.raises(SettingsError) as refused:
        read_settings({name: f"canary{sign}canary-us19"})
    assert name in str(refused.value)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("name", ["MAILCHIMP_WEBHOOK_TOKEN", "MAILCHIMP_WEBHOOK_TOKEN_PREVIOUS"])
@pytest.mark.parametrize("value", ["x" * 21, *("x" * 21 + sign for sign in "/?#%")])
def test_a_webhook_token_that_is_short_or_no_part_of_a_path_is_refused_without_being_repeated(name, value):
    with pytest.raises(SettingsError) as refused:
        read_settings({name: value})
    assert str(refused.value).startswith(f"{name} ")
    assert value not in str(refused.value)


@pytest.mark.parametrize("name", VARIABLES)
def test_every_variable_may_come_from_a_file(name, tmp_path):
    values = {"PORT": "8123", "LOG_LEVEL": "DEBUG", "HUBSPOT_API_VERSION": "2026-09", "MAILCHIMP_API_KEY": "key-us19"}
    values |= {"MAILCHIMP_BASE_URL": "https://host/3.0", "HUBSPOT_BASE_URL": "https://host"}
    values |= {"PUBLIC_URL": "https://host", "TRELLIS_ALERT_URL": "https://host", "HTTPS_PROXY": "http://host:3128"}
    values |= {"TRELLIS_ALERT_SECRET": "whsec_YS1rZXktb2YtbW9yZS10aGFuLTI0LWJ5dGVz"}
    value = values.get(name, "a-value-of-more-than-22-characters")
    file = tmp_path / "secret"
    file.write_text(f"{value}\n")
    beside = {"MAILCHIMP_SERVER": "us19"} if name == "MAILCHIMP_ACCESS_TOKEN" else {}
    given = read_settings({f"{name}_FILE": str(file), **beside})
    assert str(getattr(given, name.lower())) == value


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "cannot be read (No such file or directory)"), (b"", "names an empty file"), (b"\xff\xfe", "is not text")],
)
def test_a_file_that_holds_no_value_is_named(desk, tmp_path, content, told):
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    ran = desk.trellis("sync", HUBSPOT_ACCESS_TOKEN_FILE=str(file))
    assert ran.code == Exit.USAGE
    assert len(ran.said) == 1
    assert "HUBSPOT_ACCESS_TOKEN_FILE names " in ran.err
    assert told in ran.err
    assert str(file) in ran.err


def test_a_folder_instead_of_a_file_is_named(desk, tmp_path):
    ran = desk.trellis("sync", HUBSPOT_ACCESS_TOKEN_FILE=str(tmp_path))
    assert ran.code == Exit.USAGE
    assert ran.err == f"HUBSPOT_ACCESS_TOKEN_FILE names a file that cannot be read (Is a directory): {tmp_path}\n"


def test_a_variable_and_its_file_are_one_too_many(desk, tmp_path):
    ran = desk.trellis("sync", HUBSPOT_ACCESS_TOKEN="canary", HUBSPOT_ACCESS_TOKEN_FILE=str(tmp_path / "secret"))
    assert ran.code == Exit.USAGE
    assert "both set; keep one" in ran.err
    assert "canary" not in ran.err


@pytest.mark.parametrize(
    "command", ["check", "sync", "provision", "apply", "holds", "release", "serve", "web", "worker"]
)
def test_every_command_refuses_a_wrong_environment_first(desk, command):
    ran = desk.trellis(command, PORT="garbage")
    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert ran.said == ["PORT is 'garbage'; it must be a number from 1 to 65535"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRELLIS_ALERT_URL", "http://hooks.acme.example/alerts"),
        ("TRELLIS_ALERT_URL", "ftp://hooks.acme.example"),
        ("TRELLIS_ALERT_URL", "https://anna:geheim@hooks.acme.example"),
        ("TRELLIS_ALERT_URL", "http://127.0.0.1.acme.example/"),
        ("TRELLIS_ALERT_SECRET", "not base64!"),
        ("TRELLIS_ALERT_SECRET", "whsec_c2hvcnQ="),
    ],
)
def test_alerts_neither_go_out_in_the_open_nor_are_signed_with_what_signs_nothing(name, value):
    with pytest.raises(SettingsError) as refused:
        read_settings({name: value})
    assert str(refused.value).startswith(f"{name} ")
    assert value not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["https://hooks.acme.example/alerts?team=1", "http://127.0.0.1:9000/x", "http://[::1]/x"]
)
def test_alerts_go_over_tls_or_stay_on_this_machine(url):
    assert read_settings({"TRELLIS_ALERT_URL": url}).trellis_alert_url == url
