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

#: The receiver of a supervisor that was killed needs a moment to let go of the port.
_PATIENCE_S = 2.0
_POLL_S = 0.05
_BACKLOG = 1024


def take_port(port: int) -> socket.socket:
    """A socket that listens on `port` of every IPv4 address. Ends the command with one line and exit code 5 if it cannot."""
    ends = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return socket.create_server(("", port), backlog=_BACKLOG)
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            if taken and time.monotonic() < ends:
                time.sleep(_POLL_S)
                continue
            if taken:
                click.echo(f"port {port} is taken: stop whoever has it, or set PORT to another one", err=True)
            else:
                click.echo(f"port {port} is not to be had ({error.strerror}): set PORT to another one", err=True)
            raise click.exceptions.Exit(Exit.STORE) from error


def inherited_port() -> int | None:
    """The descriptor of the listening socket that `serve` has handed down to this process, or None."""
    told = os.environ.get(DESCRIPTOR, "")
    return int(told) if told.isdigit() else None
