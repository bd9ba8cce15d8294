"""Pretend HubSpot and Mailchimp on loopback, quirks included; imports nothing of the rest of the project."""

from adapters.sandbox.clock import Clock
from adapters.sandbox.effects import Effect, EffectLedger
from adapters.sandbox.faults import Fault
from adapters.sandbox.world import Sandbox

__all__ = ["Clock", "Effect", "EffectLedger", "Fault", "Sandbox"]
