"""DELETE of what an admin may have deleted already."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.mailchimp.client import MailchimpClient
from adapters.ports import PlatformRefused


def delete(client: MailchimpClient, template: str, path: Mapping[str, str]) -> None:
    """Delete what `template` and `path` name; what is not there is no error. Raises PlatformError."""
    try:
        client.call("DELETE", template, path)
    except PlatformRefused as error:
        if error.status != 404:
            raise
