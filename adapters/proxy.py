"""Through which proxy an address is reached: by the two variables that companies set on their machines. Pure."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import urllib3

_HTTPS = 443


@dataclass(frozen=True, slots=True, repr=False)
class Proxies:
    """`proxy` is HTTPS_PROXY, the address of an HTTP proxy, perhaps with a password in it (so its `repr` tells nothing).
    `direct` is NO_PROXY as curl and others read it: hosts and endings of hosts between commas, or `*`.
    """

    proxy: str = ""
    direct: str = ""

    def to(self, address: str) -> str | None:
        """The proxy, or None where `address` is reached without: plain http, this machine itself, and what `direct` names."""
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
        if not self.proxy or parts.scheme != "https" or _is_here(host):
            return None
        named = filter(None, (one.strip().lower() for one in self.direct.split(",")))
        return None if any(_is_named(host, parts.port or _HTTPS, one) for one in named) else self.proxy


#: Everything is reached directly.
NONE = Proxies()


def pool_manager(proxy: str | None, context: ssl.SSLContext | None, connections: int) -> urllib3.PoolManager:
    """urllib3's connections, to servers whose certificate `context` trusts (None: plain http alone), through `proxy` where
    there is one. A user and a password in its address are told to nobody else.
    """
    if proxy is None:
        return urllib3.PoolManager(maxsize=connections, ssl_context=context, cert_reqs="CERT_REQUIRED")
    return urllib3.ProxyManager(
        proxy,
        proxy_headers=login(proxy),
        maxsize=connections,
        ssl_context=context,
        cert_reqs="CERT_REQUIRED",
    )


def login(proxy: str) -> dict[str, str]:
    """The header by which a proxy knows whose request it is, where its address holds a user."""
    parts = urlsplit(proxy)
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
    return urllib3.make_headers(proxy_basic_auth=user)


def _is_named(host: str, port: int, name: str) -> bool:
    """Whether one of NO_PROXY's names means a host: itself or what it ends in, with or without a port."""
    if name == "*":
        return True
    name, _, of_port = name.partition(":")
    ending = name.removeprefix("*").removeprefix(".")
    return (not of_port or of_port == str(port)) and (host == ending or host.endswith(f".{ending}"))


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
