"""Ports for servers that are killed and started again: whoever asks the kernel for "any free port" never gets one of these."""

from __future__ import annotations

import random
import socket
from contextlib import suppress
from pathlib import Path

_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LINUX_EPHEMERAL = (32768, 60999)
_LOWEST, _HIGHEST = 10_000, 65_535


def free_port() -> int:
    """A port that nobody has, outside those that the kernel gives to outgoing connections and to `bind` with port 0."""
    lowest, highest = _ephemeral()
    ours = [port for port in range(_LOWEST, _HIGHEST + 1) if not lowest <= port <= highest]
    for port in random.Random().sample(ours, len(ours)):
        with suppress(OSError), socket.create_server(("", port)):
            return port
    raise OSError(f"every port from {_LOWEST} is taken, or ephemeral ({lowest}-{highest})")


def _ephemeral() -> tuple[int, int]:
    with suppress(OSError):
        lowest, highest = map(int, _EPHEMERAL.read_text().split())
        return lowest, highest
    return _LINUX_EPHEMERAL
