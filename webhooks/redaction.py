"""The Mailchimp token stands in the path, and a server's log lines quote paths: this takes it out of them."""

from __future__ import annotations

import logging
import re

#: Also as somebody could write it who has the right token and a wrong address: slashes doubled or encoded, capitals.
_SLASHES = r"(?:/|\\|%(?:25)*2F)+"
_TOKEN = re.compile(rf"(webhooks{_SLASHES}mailchimp{_SLASHES})[^\s\"'?]+", re.IGNORECASE)


class RedactPaths(logging.Filter):
    """Rewrites each record so that no line shows a webhook token."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record, redacted."""
        record.msg, record.args = redact(record.getMessage()), None
        return True


def redact(line: str) -> str:
    """Return the line with the token of any Mailchimp webhook path taken out."""
    return _TOKEN.sub(r"\1[redacted]", line)
