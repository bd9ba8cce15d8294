"""The contact properties of the portal that the adapter itself reads and writes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HubSpotNames:
    """Where Trellis keeps, per contact: the present track, the markers of all episodes, and the exclude box."""

    track: str = "trellis_track"
    enrolled: str = "trellis_enrolled"
    exclude: str = "trellis_exclude"
