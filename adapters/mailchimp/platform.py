"""`MailchimpPort` for one audience, put together from its parts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.mailchimp.activity import ActivityReader
from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.enroll import TagChannel
from adapters.mailchimp.everybody import Everybody
from adapters.mailchimp.feed import member_activity
from adapters.mailchimp.fields import MergeFields
from adapters.mailchimp.journey import JourneyChannel
from adapters.mailchimp.orders import orders
from adapters.mailchimp.read import Reader
from adapters.mailchimp.tagging import set_tag
from adapters.mailchimp.tags import delete_tag, read_tags
from adapters.mailchimp.webhooks import create_webhook, delete_webhooks, webhook_urls
from adapters.mailchimp.write import Writer
from adapters.ports import (
    Activity,
    Change,
    Deadline,
    Definition,
    EnrollmentChannel,
    Found,
    Order,
    Page,
    Record,
    RowOutcome,
    Standing,
)


@dataclass(frozen=True, slots=True)
class MailchimpNames:
    """Names on Mailchimp that the adapter itself needs: the merge field of the episode markers."""

    markers: str = "TRACKMARK"


class MailchimpPlatform:
    """One audience: `audience` is its name in fields.yaml, `list_id` its id at Mailchimp.

    Records carry the `contact_id` as their id, which an e-mail change leaves alone; the MD5 subscriber hash is the value
    ``subscriber_hash``. `page_size` is the count of listings, 2 to 1,000. The methods' promises are those of
    `adapters.mailchimp_port.MailchimpPort`.
    """

    def __init__(
        self,
        client: MailchimpClient,
        *,
        audience: str,
        list_id: str,
        names: MailchimpNames | None = None,
        page_size: int = 1000,
    ) -> None:
        self.audience = audience
        self.source = f"mailchimp:{audience}"
        self._client = client
        self._list_id = list_id
        self._page_size = page_size
        self._markers_tag = (names or MailchimpNames()).markers
        self._reader = Reader(client, source=self.source, list_id=list_id, page_size=page_size)
        self._everybody = Everybody(client, list_id=list_id, page_size=page_size, record_of=self._reader.record_of)
        self._activity = ActivityReader(client, source=self.source, list_id=list_id, page_size=page_size)
        self._seen: dict[str, str] = {}
        self._merge_fields = MergeFields(client, list_id)
        self._writer = Writer(client, list_id=list_id, merge_fields=self._merge_fields)

    def account(self) -> Mapping[str, str]:
        fields = ("account_id", "account_name", "role", "account_timezone", "pricing_plan_type")
        answer = self._client.call("GET", "/", query={"fields": fields})
        return {name: str(answer[name]) for name in fields if answer.get(name)}

    def changed(self, since: datetime, until: datetime) -> Generator[Page, None, None]:
        return self._everybody.changed(since, until)

    def all(self, after: str | None = None) -> Generator[Page, None, None]:
        return self._everybody.all(after)

    def count(self) -> int:
        return self._everybody.count()

    def pace(self) -> float:
        return self._client.pace()

    def member_activity(self, id: str) -> tuple[Activity, ...]:  # noqa: A002 - the port's word
        return member_activity(
            self._client, source=self.source, list_id=self._list_id, member=id, page_size=self._page_size
        )

    def orders(self, known: int) -> Iterator[tuple[tuple[Order, ...], int]]:
        return orders(self._client, source=self.source, list_id=self._list_id, known=known, page_size=self._page_size)

    def by_ids(self, ids: Sequence[str]) -> Found:
        return self._reader.by_ids(ids)

    def member_by_email(self, email: str) -> Record | None:
        return self._reader.by_email(email)

    def by_emails(self, emails: Sequence[str], deadline: Deadline | None = None) -> Mapping[str, Record | None]:
        return self._reader.by_emails(emails, deadline)

    def standings(self, ids: Sequence[str], deadline: Deadline | None = None) -> Mapping[str, Standing]:
        return self._reader.standings(ids, self._markers_tag, deadline)

    def activity(
        self,
        since: datetime,
        until: datetime,
        done: Collection[str] = (),
        seen: MutableMapping[str, str] | None = None,
    ) -> Iterator[tuple[Activity, ...]]:
        return self._activity.acts(since, until, done, self._seen if seen is None else seen)

    def write(self, rows: Sequence[Change], deadline: Deadline | None = None) -> tuple[RowOutcome, ...]:
        return self._writer.write(rows, deadline)

    def definitions(self) -> Mapping[str, Definition]:
        return self._merge_fields.definitions()

    def define(
        self, definitions: Sequence[Definition], created: Callable[[str], None] | None = None
    ) -> tuple[str, ...]:
        return self._merge_fields.define(definitions, created)

    def webhooks(self) -> tuple[str, ...]:
        return webhook_urls(self._client, self._list_id)

    def create_webhook(self, url: str) -> str | None:
        return create_webhook(self._client, self._list_id, url)

    def tags(self) -> Mapping[str, str]:
        return read_tags(self._client, self._list_id, self._page_size)

    def delete_tag(self, tag_id: str) -> None:
        delete_tag(self._client, self._list_id, tag_id)

    def delete_merge_field(self, tag: str) -> None:
        self._merge_fields.delete(tag)

    def delete_webhook(self, url: str) -> None:
        delete_webhooks(self._client, self._list_id, url)

    def set_tag(self, ids: Sequence[str], tag: str, *, active: bool, deadline: Deadline) -> tuple[RowOutcome, ...]:
        return set_tag(self._client, self._reader, ids, tag, active=active, deadline=deadline)

    def tag_channel(self, tag: str) -> EnrollmentChannel:
        return TagChannel(
            self._client, self._reader, self._writer, source=self.source, tag=tag, markers_tag=self._markers_tag
        )

    def journey_channel(self, journey: int, step: int) -> EnrollmentChannel:
        return JourneyChannel(
            self._client,
            self._reader,
            self._writer,
            source=self.source,
            journey=journey,
            step=step,
            markers_tag=self._markers_tag,
        )
