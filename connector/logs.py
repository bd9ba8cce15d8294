"""Log lines: one line of JSON each on standard error, control characters escaped. No e-mail address and no secret, ever."""

from __future__ import annotations

import json
import logging
import re
import sys

_ADDRESS = re.compile(r"[^\s\"'<>=:,;(]{1,64}@[^\s\"'<>,;)]{1,255}")
_logger = logging.getLogger("trellis")


def log(event: str, *, level: str = "INFO", **facts: object) -> None:
    """Say that something happened: a word, and plain facts (counts, ids, names of things; never of people)."""
    _logger.log(logging.getLevelNamesMapping()[level], event, extra={"facts": facts})


def set_up_logs(level: str) -> None:
    """Send everything that this process logs to standard error as lines of JSON. Called once per process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    _logger.setLevel(level)


class _OneLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.name != _logger.name:
            line["logger"] = record.name
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        # The last line of defense: libraries put addresses into messages that we do not write.
        return _ADDRESS.sub("<address>", json.dumps(line, default=str, ensure_ascii=True))
