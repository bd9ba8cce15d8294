"""HubSpot, behind `adapters.hubspot_port.HubSpotPort`."""

from adapters.hubspot.client import REAL_URL, HubSpotClient
from adapters.hubspot.consent import channel_refusal_from_values, consent_from_values
from adapters.hubspot.names import HubSpotNames
from adapters.hubspot.platform import HubSpotPlatform
from adapters.hubspot.versions import Version

__all__ = [
    "REAL_URL",
    "HubSpotClient",
    "HubSpotNames",
    "HubSpotPlatform",
    "Version",
    "channel_refusal_from_values",
    "consent_from_values",
]
