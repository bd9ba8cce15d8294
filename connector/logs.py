"""Log lines: one line of JSON each on standard error, control characters escaped. No secret ever, and no e-mail address:
where one would stand, its keyed hash does, the same for the same person in all lines of an installation.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
import secrets
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from types import TracebackType
from urllib.parse import quote, unquote, urlsplit

from connector.settings import Settings

#: An address, as it is or percent-encoded (once or more); libraries quote URLs, reprs and rows of databases.
_ADDRESS = re.compile(
    r"""(?: "[^"\r\n]{1,64}" | (?!['’]) (?: [^\s"<>=:,;()\[\]{}|&?/\\%@] | %(?!(?:25)*40)[0-9A-Fa-f]{2} ){1,64} )
        (?: @ | %(?:25)*40 | \\u0040 )
        (?: \[[^\]\s]{1,64}\] | (?: [\w.\-] | %[89A-Fa-f][0-9A-Fa-f] ){1,255} )""",
    re.VERBOSE,
)
#: Settings whose names end so are secrets, and a shorter text than this is none.
_SECRET_ENDS = ("token", "token_previous", "secret", "secret_previous", "key")
_SHORTEST_SECRET = 8
#: Whose secrets the key of the hashes is made of: the first that is there, since all processes have it.
_KEY_OF = (
    "hubspot_client_secret",
    "mailchimp_webhook_token",
    "hubspot_access_token",
    "mailchimp_api_key",
    "mailchimp_access_token",
)
#: The database is away: the library's stack of calls says no more than the last words of the error.
_AWAY = frozenset({"ConnectorException", "OperationalError", "PoolTimeout", "StoreUnavailable"})

_logger = logging.getLogger("trellis")


def log(event: str, *, level: str = "INFO", **facts: object) -> None:
    """Say that something happened: a word, and plain facts (counts, ids, names of things; never of people)."""
    _logger.log(logging.getLevelNamesMapping()[level], event, extra={"facts": facts})


def set_up_logs(given: Settings, process: str) -> None:
    """Send everything that this process logs to standard error as lines of JSON that name it. Called once per process.

    Python's warnings and what nobody caught become such lines as well. Libraries are heard from WARNING on.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(line_format(given, process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    _logger.setLevel(given.log_level)
    logging.captureWarnings(capture=True)
    sys.excepthook = _crashed
    threading.excepthook = _thread_crashed


def line_format(given: Settings, process: str) -> logging.Formatter:
    """How a record of `process` becomes its line, for servers that keep handlers of their own."""
    return _OneLine(process, _Veil(given))


class _Veil:
    """Takes secrets and addresses out of texts, the last line of defense: libraries put them into messages of theirs."""

    def __init__(self, given: Settings) -> None:
        values = asdict(given)
        self._secrets = _secrets(values)
        secret = next((values[name] for name in _KEY_OF if values[name]), "") or secrets.token_hex()
        self._key = hmac.digest(secret.encode(), b"trellis: addresses in logs", hashlib.sha256)

    def over(self, value: object) -> object:
        """The same value, of JSON's types, with nothing in its texts that must not be told."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self._text(str(name)): self.over(one) for name, one in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.over(one) for one in value]
        return self._text(str(value))

    def _text(self, text: str) -> str:
        decoded = unquote(unquote(text)) if "%" in text else text
        if any(secret in decoded for secret in self._secrets):
            text = decoded
        for secret in self._secrets:
            text = text.replace(secret, "<secret>")
        return _ADDRESS.sub(self._hashed, text)

    def _hashed(self, address: re.Match[str]) -> str:
        plain = unquote(unquote(address[0].replace("\\u0040", "@"))).rstrip(".").casefold()
        return f"<address {hmac.new(self._key, plain.encode('utf-8', 'replace'), hashlib.sha256).hexdigest()[:12]}>"


class _OneLine(logging.Formatter):
    def __init__(self, process: str, veil: _Veil) -> None:
        super().__init__()
        self._process = process
        self._veil = veil

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "process": self._process,
            "event": " ".join(_message(record).split()),
        }
        line = {**getattr(record, "facts", {}), **line}
        if record.name != _logger.name:
            line["logger"] = record.name
        if record.exc_info and (error := record.exc_info[1]) is not None:
            line.update(self._told(error, record))
        return json.dumps(self._veil.over(line), ensure_ascii=True)

    def _told(self, error: BaseException, record: logging.LogRecord) -> dict[str, str]:
        if not _AWAY.isdisjoint(kind.__name__ for kind in type(error).__mro__):
            return {"error": " ".join(str(_root(error)).split())}
        return {"trace": self.formatException(record.exc_info)} if record.exc_info else {}


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # else logging itself would print the arguments as they are
        return str(record.msg)


def _root(error: BaseException) -> BaseException:
    """The error that the others were raised from."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error


def _secrets(given: Mapping[str, object]) -> Sequence[str]:
    """Every secret of the settings, as it is and as it would stand in a URL or in a repr; the longest first."""
    values = [str(value) for name, value in given.items() if name.endswith(_SECRET_ENDS)]
    for name in ("database_url", "https_proxy"):
        with suppress(ValueError):  # not a URL: whoever connects says so
            password = urlsplit(str(given[name])).password or ""
            values += [password, unquote(password)]
    if alert := str(given["trellis_alert_url"]):  # such an address is often a secret by itself
        values.append(urlsplit(alert).path)
    forms = {form for value in values for form in (value, quote(value, safe=""), repr(value)[1:-1])}
    return sorted((form for form in forms if len(form) >= _SHORTEST_SECRET), key=len, reverse=True)


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _logger.critical("crashed", exc_info=(kind, error, trace))


def _thread_crashed(told: threading.ExceptHookArgs) -> None:
    if told.exc_value is not None:
        _crashed(told.exc_type, told.exc_value, told.exc_traceback)
