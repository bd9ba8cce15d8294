"""gunicorn's settings: `gunicorn -c python:webhooks.gunicorn_conf …`. Threads wait for the disk, processes for no one."""

from __future__ import annotations

import logging
import os
from typing import Any

from webhooks.redaction import RedactPaths

bind = f"0.0.0.0:{os.environ.get('PORT') or '8000'}"
worker_class = "gthread"
workers = 2
threads = 8

timeout = 30  # a worker that does not answer its master for so long is started anew
graceful_timeout = 20  # the supervisor gives 25 s
keepalive = 5
backlog = 1024

# A longer request line or header is nobody's we know; gunicorn answers 414 and 431.
limit_request_line = 2048
limit_request_fields = 64
limit_request_field_size = 4096

accesslog = None  # the token stands in the path; what is to be counted is in /metrics
errorlog = "-"
control_socket_disable = True  # gunicorn 25+ would put a control socket into the home directory
proc_name = "trellis-web"


def on_starting(server: Any) -> None:
    """Redact what gunicorn quotes when a request fails, before the first worker is forked."""
    for name in ("gunicorn.error", "gunicorn.access"):
        logging.getLogger(name).addFilter(RedactPaths())
    server.log.info("receiver on %s", bind)
