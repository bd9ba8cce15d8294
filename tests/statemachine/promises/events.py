"""What the platforms tell by webhook: events that wait, requests of them, and the journal of what was acknowledged."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from promises.faults import Clock
from promises.platforms import HUBSPOT

from webhooks import hubspot, mailchimp
from webhooks.app import create_app
from webhooks.ports import Inbox, Readiness, ReceiverSettings

MAILCHIMP = "mailchimp"
SECRET, TOKEN, URL = "machine-client-secret", "machine-webhook-token-0123456789", "https://machine.example"

_FORM = "application/x-www-form-urlencoded"
_ECHOED = frozenset({"lifecyclestage", "trellis_stage", "trellis_track"})


@dataclass(frozen=True, slots=True)
class Told:
    """What one event of a webhook says: whom it is about, since when, and whether it is her erasure; `echo` is of our own."""

    platform: str
    id: str
    at: datetime
    event: Mapping[str, Any]
    erasure: bool = False
    echo: bool = False


class Webhooks:
    """`queue` is still to be delivered; `journal` is what was acknowledged, by the number of the delivery, and kept outside of
    the product. `waiting` are the deliveries that waited when somebody last looked.
    """

    def __init__(self, clock: Clock) -> None:
        self.queue: list[Told] = []
        self.journal: dict[int, Sequence[Told]] = {}
        self.waiting: set[int] = set()
        self._clock = clock

    def tell(self, kind: str, id_: str, name: str = "", value: str = "", **more: Any) -> None:
        """HubSpot has an event to tell. Its numbers repeat, as HubSpot's may (facts/hubspot.md §6.2)."""
        event = {
            "eventId": 1 + len(self.queue) % 2,
            "portalId": 62515,
            "subscriptionType": f"contact.{kind}",
            "objectId": int(id_),
            "occurredAt": self._milliseconds(),
            "attemptNumber": 0,
            "changeSource": "CRM_UI",
            **more,
        }
        if name:
            event |= {"propertyName": name, "propertyValue": value}
        echo = event["changeSource"] == "INTEGRATION"
        self.queue.append(Told(HUBSPOT, id_, self._clock(), event, kind == "privacyDeletion", echo))

    def echo(self, id_: str, values: Mapping[str, str | None]) -> None:
        """HubSpot tells what Trellis itself has written."""
        for name in sorted(_ECHOED & values.keys()):
            self.tell("propertyChange", id_, name, values[name] or "", changeSource="INTEGRATION")

    def tell_of_member(self, kind: str, id_: str, email: str) -> None:
        """Mailchimp has an event to tell."""
        fired_at = f"{self._clock():%Y-%m-%d %H:%M:%S}"
        form = {"type": kind, "fired_at": fired_at, "data[email]": email, "data[list_id]": "abc123"}
        self.queue.append(Told(MAILCHIMP, id_, self._clock(), form))

    def requests(self, told: Sequence[Told]) -> list[Sequence[Told]]:
        """Events of one platform, as they are cut into requests: Mailchimp tells one in each."""
        return [told] if told[0].platform == HUBSPOT else [[one] for one in told]

    def post(self, told: Sequence[Told], inbox: Inbox) -> None:
        """Send one request to the real receiver over this inbox; raises whatever ends the receiver's process."""
        settings = ReceiverSettings(URL, (SECRET,), (TOKEN,), lambda: ())
        door = _Numbering(inbox)
        ready: Callable[[], Readiness] = lambda: Readiness(True, {})  # noqa: E731
        client = create_app(inbox=door, settings=settings, now=self._clock, ready=ready, metrics=str).test_client()
        if told[0].platform == HUBSPOT:
            body, stamp = json.dumps([one.event for one in told]).encode(), str(self._milliseconds())
            signed = hubspot.sign(hubspot.signed_text("POST", f"{URL}{hubspot.PATH}", body, stamp), SECRET)
            headers = {hubspot.SIGNATURE: signed, hubspot.TIMESTAMP: stamp}
            answer = client.post(hubspot.PATH, data=body, headers=headers)
        else:
            body = urlencode(told[0].event).encode()
            answer = client.post(f"{mailchimp.PATH}/{TOKEN}", data=body, content_type=_FORM)
        assert answer.status_code == 200, answer.text
        self.journal[door.number] = told

    def _milliseconds(self) -> int:
        return int(self._clock().timestamp() * 1000)


class _Numbering:
    """An inbox that remembers the number of what it stored."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self.number = 0

    def receive(self, **given: Any) -> int:
        self.number = self._inbox.receive(**given)
        return self.number

    def ring(self) -> None:
        """Nobody hears it: what nobody rang for is found by sweeping."""
