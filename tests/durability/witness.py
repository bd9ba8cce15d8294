"""What the platforms told Trellis about each person's consent, and when: the judge of promise 1, without Trellis' word."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

import orjson

from adapters.sandbox import Effect
from adapters.sandbox.web import Request, Response

#: What promise 1 allows between the read and the call.
FRESH = timedelta(seconds=60)

_ONE_MEMBER = re.compile(r"/lists/[^/]+/members/[^/]+$")
_NO_AT_HUBSPOT = ("hs_email_optout", "hs_email_optout_4711", "trellis_exclude", "hs_email_quarantined")


class Witness:
    """Listens to both platforms' answers (`Server.told`); thread-safe."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._told: dict[tuple[str, str], list[tuple[datetime, bool]]] = defaultdict(list)

    def hubspot(self, request: Request, response: Response) -> None:
        """A read by id or address that shows consent."""
        if response.status not in (200, 207) or not request.template.endswith("/batch/read"):
            return
        if b"hs_email_optout" not in request.body:
            return
        for result in orjson.loads(response.content)["results"]:
            values = result["properties"]
            if email := values.get("email"):
                says_no = any(values.get(name) == "true" for name in _NO_AT_HUBSPOT)
                self._note("hubspot", email, says_no=says_no or bool(values.get("hs_email_hard_bounce_reason_enum")))

    def mailchimp(self, request: Request, response: Response) -> None:
        """A read of one member."""
        if response.status != 200 or request.method != "GET" or not _ONE_MEMBER.search(request.path):
            return
        member = orjson.loads(response.content)
        if "email_address" in member and "status" in member:
            self._note("mailchimp", member["email_address"], says_no=member["status"] != "subscribed")

    def _note(self, platform: str, email: str, *, says_no: bool) -> None:
        with self._lock:
            self._told[platform, email.lower()].append((self._clock(), says_no))

    def objection(self, entered: Effect, platforms: frozenset[str]) -> str:
        """Why this entry was wrong by what the `platforms` where she is known had told before; "" if it was right."""
        email = (entered.email or "").lower()
        for platform in sorted(platforms | {entered.platform}):
            with self._lock:
                before = [one for one in self._told[platform, email] if _cut(one[0], entered) <= entered.at]
            if not before:
                return f"{platform} was never asked"
            at, says_no = before[-1]
            if says_no:
                return f"{platform} said no at {at:%H:%M:%S.%f}"
            if entered.at - at > FRESH:
                return f"{platform} was last asked {(entered.at - at).total_seconds():.0f} s before"
        return ""


def _cut(moment: datetime, entered: Effect) -> datetime:
    """Mailchimp's times are whole seconds, so is what they are compared with."""
    return moment.replace(microsecond=0) if entered.platform == "mailchimp" else moment
