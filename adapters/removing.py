"""Taking away what `define`, `create_list` and `create_webhook` made: the part of the ports that only leaving needs.

Nothing here decides whose a thing is. What is not there any more is no error. A platform that keeps a thing because
something of the portal uses it raises PlatformRefused; whether it does is not documented, so look before you ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class HubSpotRemoval(Protocol):
    """What may be taken away at HubSpot. Each method raises PlatformError."""

    def groups(self) -> tuple[str, ...]:
        """Names of the groups of contact properties. Read-only."""

    def archive_property(self, name: str) -> None:
        """Archive a contact property with all its values; an admin may restore it for some time."""

    def archive_group(self, name: str) -> None:
        """Archive a group of contact properties that is empty."""

    def delete_list(self, list_id: str) -> None:
        """Delete a list, not its members; it may be restored for 90 days."""


class MailchimpRemoval(Protocol):
    """What may be taken away at Mailchimp. Each method raises PlatformError."""

    def tags(self) -> Mapping[str, str]:
        """Ids of the audience's tags by name. Read-only."""

    def delete_tag(self, tag_id: str) -> None:
        """Delete a tag and take it from everybody."""

    def delete_merge_field(self, tag: str) -> None:
        """Delete a merge field with all its values, for good."""

    def delete_webhook(self, url: str) -> None:
        """Delete the webhooks that call this address."""
