"""What lies behind an error of urllib3 or requests."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import urllib3

#: What http.client says of a proxy that does not let a connection through.
_TURNED_AWAY = re.compile(r"Tunnel connection failed: (.{1,60})")


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what it was raised from, and what urllib3 and requests wrap as an argument or `reason`."""
    while error is not None:
        yield error
        wrapped = (getattr(error, "reason", None), *error.args, error.__cause__)
        error = next((inner for inner in wrapped if isinstance(inner, BaseException)), None)


def why_silent(error: BaseException) -> str:
    """Why no usable answer came, in plain words; of what nobody foresaw, the names of the errors. Names no address."""
    behind = tuple(causes(error))
    for one in behind:
        if turned_away := _TURNED_AWAY.match(str(one)):
            return f"the proxy of HTTPS_PROXY says {turned_away[1]}"
    proxied = any(isinstance(one, urllib3.exceptions.ProxyError) for one in behind)
    word = next(filter(None, map(_word, reversed(behind))), None)
    if word is None:
        return ": ".join(dict.fromkeys((type(error).__name__, type(behind[-1]).__name__)))
    return f"the proxy of HTTPS_PROXY: {word}" if proxied else word


def _word(error: BaseException) -> str | None:
    match error:
        case socket.gaierror() | urllib3.exceptions.NameResolutionError():
            return "nobody knows that name"
        case ConnectionRefusedError():
            return "connection refused"
        case ConnectionResetError() | BrokenPipeError():
            return "connection broken off"
        case urllib3.exceptions.ConnectTimeoutError():
            return "no connection in time"
        case TimeoutError() | urllib3.exceptions.ReadTimeoutError():
            return "no answer in time"
        case _:
            return None
