"""Log lines: one line of JSON each on standard error, control characters escaped. No e-mail address and no secret, ever."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from types import TracebackType
from urllib.parse import unquote, urlsplit

from connector.settings import Settings

_ADDRESS = re.compile(r"[^\s\"'<>=:,;(]{1,64}@[^\s\"'<>,;)]{1,255}")
#: Settings whose names end so are secrets, and a shorter text than this is none.
_SECRET_ENDS = ("token", "token_previous", "secret", "secret_previous", "key")
_SHORTEST_SECRET = 8
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
    return _OneLine(process, _secrets(given))


class _OneLine(logging.Formatter):
    def __init__(self, process: str, secrets: Sequence[str]) -> None:
        super().__init__()
        self._process = process
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "process": self._process,
            "event": " ".join(record.getMessage().split()),
        }
        line = {**getattr(record, "facts", {}), **line}
        if record.name != _logger.name:
            line["logger"] = record.name
        if record.exc_info and (error := record.exc_info[1]) is not None:
            line.update(self._told(error, record))
        # The last line of defense: libraries put addresses and URLs into messages that we do not write.
        text = json.dumps(line, default=str, ensure_ascii=True)
        for secret in self._secrets:
            text = text.replace(secret, "<secret>")
        return _ADDRESS.sub("<address>", text)

    def _told(self, error: BaseException, record: logging.LogRecord) -> dict[str, str]:
        if not _AWAY.isdisjoint(kind.__name__ for kind in type(error).__mro__):
            return {"error": " ".join(str(_root(error)).split())}
        return {"trace": self.formatException(record.exc_info)} if record.exc_info else {}


def _root(error: BaseException) -> BaseException:
    """The error that the others were raised from."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error


def _secrets(given: Settings) -> Sequence[str]:
    """Every secret of the settings, as it would appear in a line of JSON."""
    values = [value for name, value in asdict(given).items() if name.endswith(_SECRET_ENDS)]
    with suppress(ValueError):  # not a URL: whoever connects says so
        password = urlsplit(given.database_url).password or ""
        values += [password, unquote(password)]
    return [json.dumps(value)[1:-1] for value in values if len(value) >= _SHORTEST_SECRET]


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _logger.critical("crashed", exc_info=(kind, error, trace))


def _thread_crashed(told: threading.ExceptHookArgs) -> None:
    if told.exc_value is not None:
        _crashed(told.exc_type, told.exc_value, told.exc_traceback)
