"""The receiver's port: taken once, by whoever runs the receiver, and handed to gunicorn as an open socket.

`serve` holds it while its web process is started again, so that callers then wait a moment and are not refused; and what
an orphan of gunicorn still holds stands in nobody's way.
"""

from __future__ import annotations

import errno
import os
import socket
import time

import click

from connector.cli.exits import Exit

#: Where `serve` tells its web process the number of the socket that it hands down.
DESCRIPTOR = "TRELLIS_PORT_DESCRIPTOR"

#: Where a supervisor and its gunicorn were killed together, gunicorn's processes may answer who is there for 20 s more
#: (`graceful_timeout` of webhooks.gunicorn_conf) before they let go of the port. It must be longer than that.
PATIENCE_S = 25.0
#: They mostly are gone before anybody needs to know.
_SAYS_SO_AFTER_S = 1.0
_POLL_S = 0.05
_BACKLOG = 1024


def take_port(port: int, patience_s: float = PATIENCE_S) -> socket.socket:
    """A socket that listens on `port` of every IPv4 address.

    A port that is taken is waited for, and one line says so. Ends the command with one line and exit code 5 if it cannot
    be had.
    """
    began, said = time.monotonic(), False
    while True:
        try:
            return socket.create_server(("", port), backlog=_BACKLOG)
        except OSError as error:
            waited = time.monotonic() - began
            if error.errno != errno.EADDRINUSE or waited >= patience_s:
                click.echo(_refused(port, error), err=True)
                raise click.exceptions.Exit(Exit.STORE) from error
        if waited >= _SAYS_SO_AFTER_S and not said:
            click.echo(
                f"port {port} is taken; waiting up to {patience_s:.0f} s, as a receiver that was killed lets go of it by then",
                err=True,
            )
            said = True
        time.sleep(_POLL_S)


def _refused(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken: stop whoever has it, or set PORT to another one"
    return f"port {port} is not to be had ({error.strerror}): set PORT to another one"


def inherited_port() -> int | None:
    """The descriptor of the listening socket that `serve` has handed down to this process, or None."""
    told = os.environ.get(DESCRIPTOR, "")
    return int(told) if told.isdigit() else None
