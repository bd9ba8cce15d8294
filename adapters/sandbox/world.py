"""`Sandbox`: the pretend platforms together, on loopback, sharing one clock and one effect ledger."""

from contextlib import ExitStack
from importlib import import_module
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from adapters.sandbox.clock import Clock
from adapters.sandbox.control import control_routes
from adapters.sandbox.effects import EffectLedger
from adapters.sandbox.server import Server

if TYPE_CHECKING:
    from adapters.sandbox.hubspot import Portal
    from adapters.sandbox.mailchimp import Account


class Sandbox:
    """Starts the pretend platforms on entering and stops them on leaving.

    A platform is a module with `routes(state)`; it may add `acts(state)`, the named things that `POST /sandbox/life`
    can do ("settle" runs what is due, "flush" also waits for webhooks), `control(state)`, further `/sandbox/…` routes,
    and `state.close()`.

    Args:
        clock: shared by everything; real time by default.
        hubspot, mailchimp: whether the platform exists.
        hubspot_port, mailchimp_port: 0 for any free port; a taken one raises OSError on construction.

    Attributes:
        effects: the effect ledger.
        hubspot, mailchimp: the state of each platform (AttributeError where it is off).
        hubspot_server, mailchimp_server: call log (`calls`) and `faults` of each.

    """

    hubspot: "Portal"
    mailchimp: "Account"
    hubspot_server: Server
    mailchimp_server: Server

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        hubspot: bool = True,
        mailchimp: bool = True,
        hubspot_port: int = 0,
        mailchimp_port: int = 0,
    ) -> None:
        self.clock = clock or Clock()
        self.effects = EffectLedger(self.clock)
        self._servers: list[Server] = []
        self._states: list[Any] = []
        self._running = ExitStack()
        if hubspot:
            module = import_module("adapters.sandbox.hubspot")
            self.hubspot = module.Portal(self.clock, self.effects)
            self.hubspot_server = self._server(module, self.hubspot, hubspot_port)
        if mailchimp:
            module = import_module("adapters.sandbox.mailchimp")
            self.mailchimp = module.Account(self.clock, self.effects)
            self.mailchimp_server = self._server(module, self.mailchimp, mailchimp_port)

    @property
    def hubspot_url(self) -> str:
        """Base address of pretend HubSpot, without a path."""
        return self.hubspot_server.url

    @property
    def mailchimp_url(self) -> str:
        """Base address of pretend Mailchimp, ending in /3.0."""
        return f"{self.mailchimp_server.url}/3.0"

    def __enter__(self) -> Self:
        for server in self._servers:
            self._running.enter_context(server)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()
        for state in self._states:
            if hasattr(state, "close"):
                state.close()

    def _server(self, module: ModuleType, state: object, port: int) -> Server:
        acts = module.acts(state) if hasattr(module, "acts") else {}
        control = control_routes(lambda: server, self.clock, self.effects, acts)
        if hasattr(module, "control"):
            control.include(module.control(state))
        name = module.__name__.rpartition(".")[2]
        server = Server(module.routes(state), control, port=port, name=name, clock=self.clock)
        self._states.append(state)
        self._servers.append(server)
        return server
