"""The environment, read once. Every variable may come from a file instead: `NAME_FILE` names it (secrets of a host)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

ApiVersion = Literal["v3", "2026-09"]

#: name → (default, what it is for). The one list of what the environment may say; README is tested against it.
VARIABLES: Mapping[str, tuple[str, str]] = {
    "HUBSPOT_ACCESS_TOKEN": ("", "service key or app token; without it HubSpot is off"),
    "HUBSPOT_CLIENT_SECRET": ("", "the app's client secret, for webhook signatures"),
    "HUBSPOT_CLIENT_SECRET_PREVIOUS": ("", "the old secret, during rotation"),
    "HUBSPOT_BASE_URL": ("https://api.hubapi.com", "where HubSpot is"),
    "HUBSPOT_API_VERSION": ("v3", "v3 or 2026-09"),
    "MAILCHIMP_API_KEY": ("", "API key such as …-us19; without it (and without a token) Mailchimp is off"),
    "MAILCHIMP_ACCESS_TOKEN": ("", "OAuth token, instead of the key"),
    "MAILCHIMP_SERVER": ("", "data center of the OAuth token, such as us19"),
    "MAILCHIMP_BASE_URL": ("", "where Mailchimp is; ends in /3.0"),
    "MAILCHIMP_WEBHOOK_TOKEN": ("", "secret part of the webhook's path, at least 22 characters"),
    "MAILCHIMP_WEBHOOK_TOKEN_PREVIOUS": ("", "the old one, during rotation"),
    "MAILCHIMP_WEBHOOK_SECRET": ("", "signing secret of a webhook made by hand"),
    "HTTPS_PROXY": ("", "the proxy by which both platforms are reached, such as http://proxy.acme.example:3128"),
    "NO_PROXY": ("", "hosts that are reached without it, between commas; * for all"),
    "PUBLIC_URL": ("", "https://… under which the platforms reach the receiver"),
    "DATABASE_URL": ("", "PostgreSQL; unset: the bundled server under TRELLIS_DATA"),
    "MAPPINGS_DIR": ("mappings", "the folder of the rulebook's files"),
    "TRELLIS_DATA": ("var", "where the bundled server keeps its data"),
    "TRELLIS_ALERT_URL": ("", "gets a POST when something needs a person"),
    "TRELLIS_ALERT_SECRET": ("", "signs those posts; base64, with or without whsec_ before it"),
    "TRELLIS_METRICS_TOKEN": ("", "who shows it (Bearer) may read /metrics; unset: only this machine may"),
    "LOG_LEVEL": ("INFO", "DEBUG, INFO, WARNING or ERROR"),
    "PORT": ("8000", "port of the receiver"),
}


class SettingsError(Exception):
    """The environment is wrong; the text is one line with the cure."""


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """What the environment says, checked. A platform without credentials is off. Its `repr` tells nothing, for half is secret."""

    hubspot_access_token: str
    hubspot_client_secret: str
    hubspot_client_secret_previous: str
    hubspot_base_url: str
    hubspot_api_version: ApiVersion
    mailchimp_api_key: str
    mailchimp_access_token: str
    mailchimp_server: str
    mailchimp_base_url: str
    mailchimp_webhook_token: str
    mailchimp_webhook_token_previous: str
    mailchimp_webhook_secret: str
    https_proxy: str
    no_proxy: str
    public_url: str
    database_url: str
    mappings_dir: Path
    trellis_data: Path
    trellis_alert_url: str
    trellis_alert_secret: str
    trellis_metrics_token: str
    log_level: str
    port: int

    @property
    def hubspot_on(self) -> bool:
        """True when HubSpot has credentials."""
        return bool(self.hubspot_access_token)

    @property
    def mailchimp_on(self) -> bool:
        """True when Mailchimp has credentials."""
        return bool(self.mailchimp_api_key or self.mailchimp_access_token)

    @property
    def webhook_url(self) -> str | None:
        """Where Mailchimp shall tell changes, or None while the environment does not say; it holds a secret."""
        if not (self.public_url and self.mailchimp_webhook_token):
            return None
        return f"{self.public_url}/webhooks/mailchimp/{self.mailchimp_webhook_token}"

    @property
    def alert_key(self) -> bytes:
        """What alerts are signed with; empty: not at all."""
        return base64.b64decode(self.trellis_alert_secret.removeprefix(_SIGNING))


def read_settings(environ: Mapping[str, str], read_text: Callable[[Path], str] = Path.read_text) -> Settings:
    """Read and check the environment. Raises SettingsError, one line, before anything else has happened."""
    environ = {**{name: environ.get(name.lower(), "") for name in _SMALL_TOO}, **environ}
    text = {name: _value(name, default, environ, read_text) for name, (default, _) in VARIABLES.items()}
    text["HTTPS_PROXY"] = _proxy(text["HTTPS_PROXY"])
    for name in ("HUBSPOT_BASE_URL", "MAILCHIMP_BASE_URL", "PUBLIC_URL", "TRELLIS_ALERT_URL"):
        text[name] = _url(name, text[name])
    _refuse_what_takes_no_path(text["PUBLIC_URL"])
    _refuse_open_alerts(text["TRELLIS_ALERT_URL"])
    _refuse_what_signs_nothing("TRELLIS_ALERT_SECRET", text["TRELLIS_ALERT_SECRET"])
    for name in _SECRETS:
        _refuse_what_no_header_takes(name, text[name])
    if text["MAILCHIMP_BASE_URL"] and not text["MAILCHIMP_BASE_URL"].endswith("/3.0"):
        raise SettingsError("MAILCHIMP_BASE_URL must end in /3.0, such as https://us19.api.mailchimp.com/3.0")
    if text["MAILCHIMP_ACCESS_TOKEN"] and not (text["MAILCHIMP_SERVER"] or text["MAILCHIMP_BASE_URL"]):
        raise SettingsError("MAILCHIMP_ACCESS_TOKEN needs MAILCHIMP_SERVER, such as us19")
    key = text["MAILCHIMP_API_KEY"]
    if key and not text["MAILCHIMP_BASE_URL"] and key.count("-") != 1:
        raise SettingsError("MAILCHIMP_API_KEY must end in -<data center>, such as …-us19")
    versions: dict[str, ApiVersion] = {"v3": "v3", "2026-09": "2026-09"}
    version = versions.get(text["HUBSPOT_API_VERSION"])
    if version is None:
        raise SettingsError(
            f"HUBSPOT_API_VERSION is {text['HUBSPOT_API_VERSION']!r}; it can be {' or '.join(versions)}"
        )
    for name in ("MAILCHIMP_WEBHOOK_TOKEN", "MAILCHIMP_WEBHOOK_TOKEN_PREVIOUS"):
        _refuse_what_no_path_keeps_secret(name, text[name])
    level = text["LOG_LEVEL"].upper()
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise SettingsError(f"LOG_LEVEL is {text['LOG_LEVEL']!r}; it can be DEBUG, INFO, WARNING or ERROR")
    if not text["PORT"].isdecimal() or not 0 < int(text["PORT"]) < 65536:
        raise SettingsError(f"PORT is {text['PORT']!r}; it must be a number from 1 to 65535")
    return Settings(
        **{name.lower(): value for name, value in text.items() if name.lower() not in _TYPED},
        hubspot_api_version=version,
        mappings_dir=Path(text["MAPPINGS_DIR"]),
        trellis_data=Path(text["TRELLIS_DATA"]),
        log_level=level,
        port=int(text["PORT"]),
    )


#: What a secret of Standard Webhooks begins with (https://www.standardwebhooks.com).
_SIGNING = "whsec_"

_TYPED = frozenset({"hubspot_api_version", "mappings_dir", "trellis_data", "log_level", "port"})

#: What goes into a header or a path as it is.
_SECRETS = (
    "HUBSPOT_ACCESS_TOKEN",
    "MAILCHIMP_API_KEY",
    "MAILCHIMP_ACCESS_TOKEN",
    "MAILCHIMP_WEBHOOK_TOKEN",
    "MAILCHIMP_WEBHOOK_TOKEN_PREVIOUS",
    "TRELLIS_METRICS_TOKEN",
)


#: Variables that are not ours alone: other programs read them in small letters, too.
_SMALL_TOO = ("HTTPS_PROXY", "NO_PROXY")


def _value(name: str, default: str, environ: Mapping[str, str], read_text: Callable[[Path], str]) -> str:
    file = environ.get(f"{name}_FILE", "")
    if not file:
        return environ.get(name, "").strip() or default
    if environ.get(name):
        raise SettingsError(f"{name} and {name}_FILE are both set; keep one of them")
    try:
        value = read_text(Path(file)).strip()
    except OSError as error:
        raise SettingsError(f"{name}_FILE names a file that cannot be read ({error.strerror}): {file}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{name}_FILE names a file that is not text: {file}") from error
    if not value:
        raise SettingsError(f"{name}_FILE names an empty file: {file}; write the value into it, or unset {name}_FILE")
    return value


def _url(name: str, value: str) -> str:
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, or half an IPv6 address
        usable = False
    if not usable:
        raise SettingsError(f"{name} must be a full address such as https://host")
    return value.rstrip("/")


def _proxy(value: str) -> str:
    """With its scheme, which many leave out."""
    try:
        return _url("HTTPS_PROXY", value if "://" in value else f"http://{value}") if value else ""
    except SettingsError:
        cure = "write one such as http://proxy.acme.example:3128, or unset it"
        raise SettingsError(f"HTTPS_PROXY is not the address of an HTTP proxy: {cure}") from None


def _refuse_what_takes_no_path(url: str) -> None:
    """The paths of webhooks are put behind it, and its own before them."""
    if any(sign in url for sign in "?#<>"):
        raise SettingsError("PUBLIC_URL must end before any ? or #, and hold no < or >, such as https://host")


def _refuse_what_no_header_takes(name: str, value: str) -> None:
    """A token that was copied with a line break or a space is told here, in words that do not repeat it."""
    if not all("!" <= sign <= "~" for sign in value):
        raise SettingsError(f"{name} holds a space, a line break or an accent, as no token does: copy it again")


def _refuse_what_no_path_keeps_secret(name: str, value: str) -> None:
    if value and len(value) < 22:  # 128 bits in base64
        raise SettingsError(f"{name} is too short to be a secret: use at least 22 random characters")
    if set(value) & set("/?#%"):
        raise SettingsError(f"{name} holds one of / ? # %, which no part of a path can: use letters and digits")


def _refuse_open_alerts(url: str) -> None:
    """Alerts tell of failures, so they go over TLS, or stay on this machine."""
    parts = urlsplit(url)
    if url and parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise SettingsError("TRELLIS_ALERT_URL must begin with https://; http:// goes to this machine only")
    if parts.username is not None or parts.fragment:
        raise SettingsError(
            "TRELLIS_ALERT_URL must hold no user and no #: TRELLIS_ALERT_SECRET is what proves who posts"
        )


def _refuse_what_signs_nothing(name: str, value: str) -> None:
    try:
        key = base64.b64decode(value.removeprefix(_SIGNING), validate=True)
    except ValueError:
        raise SettingsError(f"{name} must be base64, with or without {_SIGNING} before it") from None
    if value and len(key) < 16:
        raise SettingsError(f"{name} is too short to be a secret: use at least 24 random bytes in base64")
