"""Alerts go out as one signed POST each, by Standard Webhooks (https://www.standardwebhooks.com): never to a redirect."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from threading import Thread

import urllib3

from adapters.proxy import NONE, Proxies, pool_manager
from adapters.tls import trust
from connector.steps.hook import Message, NotTold


class AlertHook:
    """Posts to `url`, signed with `key`; unsigned where that is empty. `now` is the time that is signed."""

    def __init__(self, url: str, key: bytes, now: Callable[[], datetime], proxies: Proxies = NONE) -> None:
        self._url = url
        self._key = key
        self._now = now
        self._pool = pool_manager(proxies.to(url), trust() if url.startswith("https:") else None, 1)

    def tell(self, message: Message, seconds: float) -> None:
        """See `Hook`. An answer that trickles is not waited for: nothing of it is needed but its status."""
        ended: list[int | str] = []
        if seconds <= 0:
            raise NotTold("no time was left")
        thread = Thread(target=lambda: ended.append(self._post(message, seconds)), name="alert", daemon=True)
        thread.start()
        thread.join(seconds)
        ending = ended[0] if ended else "no answer in time"
        if isinstance(ending, str):
            raise NotTold(ending)
        if not 200 <= ending < 300:
            raise NotTold(f"answered {ending}")

    def _post(self, message: Message, seconds: float) -> int | str:
        """The status of the answer, or what went wrong in a word."""
        try:
            answer = self._send(message, seconds)
        except urllib3.exceptions.HTTPError as error:
            return type(error).__name__
        answer.close()
        return answer.status

    def _send(self, message: Message, seconds: float) -> urllib3.BaseHTTPResponse:
        body = _body(message)
        return self._pool.request(
            "POST",
            self._url,
            body=body,
            headers={"Content-Type": "application/json", "User-Agent": "Trellis", **self._signed(message.id, body)},
            timeout=urllib3.Timeout(total=seconds),
            retries=False,
            redirect=False,
            preload_content=False,
        )

    def _signed(self, id_: str, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._now().timestamp()))
        headers = {"webhook-id": id_, "webhook-timestamp": timestamp}
        if self._key:
            signed = hmac.digest(self._key, f"{id_}.{timestamp}.".encode() + body, hashlib.sha256)
            headers["webhook-signature"] = f"v1,{base64.b64encode(signed).decode()}"
        return headers


def _body(message: Message) -> bytes:
    told = {
        "id": message.id,
        "kind": message.kind,
        "message": message.message,
        "at": message.at.isoformat(),
        "resolved": message.resolved,
    }
    return json.dumps(told).encode()
