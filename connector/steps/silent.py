"""A platform that is left alone: the port of `adapters.ports` whose every call fails at once, so that none is made."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, TypeVar, cast

from adapters.ports import ContactPlatform, PlatformError
from connector.steps.parts import HUBSPOT, Parts

Port = TypeVar("Port", bound=ContactPlatform)

#: What a port says without asking anybody.
_CHANNELS = ("property_channel", "list_channel", "workflow_channel", "task_channel", "tag_channel", "journey_channel")
_UNASKED = frozenset({"source", "audience", "pace", *_CHANNELS})


class _Silent:
    """Raises the same error from every method that would make a call."""

    def __init__(self, real: ContactPlatform, error: PlatformError) -> None:
        self._real = real
        self._error = error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name) if name in _UNASKED else self._refuse

    def _refuse(self, *_: object, **__: object) -> None:
        raise self._error


def silenced(parts: Parts, errors: Collection[PlatformError]) -> Parts:
    """The same parts, with platforms that `errors` are about silent: whoever is known there counts as unreadable."""
    by_platform = {error.platform: error for error in errors}
    if not by_platform:
        return parts
    hubspot = parts.hubspot
    if hubspot is not None and HUBSPOT in by_platform:
        hubspot = _silent(hubspot, by_platform[HUBSPOT])
    mailchimp = parts.mailchimp
    if "mailchimp" in by_platform:
        mailchimp = {source: _silent(port, by_platform["mailchimp"]) for source, port in mailchimp.items()}
    return replace(parts, hubspot=hubspot, mailchimp=mailchimp)


def _silent(port: Port, error: PlatformError) -> Port:
    return cast(Port, _Silent(port, error))
