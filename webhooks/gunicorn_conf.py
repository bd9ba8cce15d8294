"""gunicorn's settings: `gunicorn -c python:webhooks.gunicorn_conf …`. Threads wait for the disk, processes for no one."""

from __future__ import annotations

import os
import signal
from typing import Any

from gunicorn.glogging import Logger

from connector.logs import line_format
from connector.orphans import die_with_parent
from connector.settings import read_settings
from webhooks.redaction import RedactPaths

_given = read_settings(os.environ)
_quit_with_master = die_with_parent(signal.SIGQUIT)

bind = f"0.0.0.0:{_given.port}"
worker_class = "webhooks.worker.Worker"
workers = 2
threads = 8  # connector.receiving lets six of them into the store at once

timeout = 30  # a worker that does not answer its master for so long is started anew
graceful_timeout = 20  # the supervisor gives 21 s
keepalive = 5
backlog = 1024
worker_connections = 500  # slow callers cost a file each, and a process often has 1,024

# A longer request line or header is nobody's we know; gunicorn answers 414 and 431.
limit_request_line = 2048
limit_request_fields = 64
limit_request_field_size = 4096

accesslog = None  # the token stands in the path; what is to be counted is in /metrics
errorlog = "-"
loglevel = _given.log_level.lower()
control_socket_disable = True  # gunicorn 25+ would put a control socket into the home directory
proc_name = "trellis-web"


class logger_class(Logger):  # type: ignore[misc]  # noqa: N801 — gunicorn's name of the setting, and it is untyped
    """gunicorn's own lines, in our form; what they quote when a request fails shows no token."""

    def setup(self, cfg: Any) -> None:
        """Set up the loggers, before the first line and before the first worker is forked."""
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            for handler in logger.handlers:
                handler.setFormatter(line_format(_given, "web"))
                handler.addFilter(RedactPaths())


def post_fork(_master: Any, _worker: Any) -> None:
    """A master that was killed takes its workers along: else they hold the port, at which nobody answers any more.

    Until gunicorn gives a worker handlers of its own, it has the master's, which would only note the signal.
    """
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    if _quit_with_master is not None:
        _quit_with_master()


def worker_int(_worker: Any) -> None:
    """SIGINT and SIGQUIT mean at once: else a thread that waits for a slow caller would hold the port for 20 s.

    A request that is cut off was not acknowledged, so the platform repeats it. Without DATABASE_URL this process may be
    the last user of the bundled PostgreSQL, which it stops on its way out.
    """
    if _given.database_url:
        os._exit(0)
