"""The pretend platforms once more: everything that they hold is copied, and served on ports of their own."""

from __future__ import annotations

import copyreg
from contextlib import ExitStack
from copy import deepcopy
from threading import Condition, Lock, RLock
from typing import Any

from adapters.sandbox import Sandbox
from adapters.sandbox import hubspot as hubspot_module
from adapters.sandbox import mailchimp as mailchimp_module
from adapters.sandbox.hubspot.kinds import KINDS

# Whoever holds a lock does not hold its copy.
for _new in (Lock, RLock, Condition):
    copyreg.pickle(type(_new()), lambda _lock, new=_new: (new, ()))


class CopiedSandbox(Sandbox):
    """Both platforms as they are in `of`, which is closed: nothing is on its way. Nobody is told anything yet."""

    def __init__(self, of: Sandbox) -> None:
        memo: dict[int, Any] = {id(kind): kind for kind in KINDS.values()}  # they are known by identity
        memo |= {id(of.hubspot.webhooks._threads): [], id(of.mailchimp.webhooks._thread): None}
        self.clock, self.effects, self.hubspot, self.mailchimp = deepcopy(
            (of.clock, of.effects, of.hubspot, of.mailchimp), memo
        )
        self.hubspot.webhooks._closed = self.mailchimp.webhooks._closed = False
        self._servers, self._states, self._running = [], [], ExitStack()
        self.hubspot_server = self._server(hubspot_module, self.hubspot, 0)
        self.mailchimp_server = self._server(mailchimp_module, self.mailchimp, 0)
