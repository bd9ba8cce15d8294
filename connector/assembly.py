"""The only place that names concrete parts: which store, which platforms, which clock, put together from the settings."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from connector.clients import Platforms, accounts, connect_platforms, limits
from connector.logs import log
from connector.settings import Settings, read_settings

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy import Engine

    from adapters.hubspot.names import HubSpotNames
    from connector.facts import Consent, Record
    from connector.metrics import Metrics
    from connector.rulebook.types import Rulebook
    from connector.starter.looking import Doors
    from connector.steps.hook import Hook
    from connector.steps.parts import Parts
    from connector.steps.progress import Progress
    from connector.store.postgres import Server
    from webhooks.ports import Readiness


@cache
def settings() -> Settings:
    """The process's environment, read once. Raises SettingsError."""
    return read_settings(os.environ)


@dataclass(slots=True)
class Store:
    """An open store. `url` is SQLAlchemy's, `plain_url` what psycopg and child processes take."""

    engine: Engine
    url: str
    server: Server | None = None

    @property
    def plain_url(self) -> str:
        return self.url.replace("postgresql+psycopg://", "postgresql://", 1)

    def mind(self) -> None:
        """Start the bundled server again if it was killed; does nothing for a given one. Raises StoreUnavailable."""
        if self.server is not None and not self.server.alive:
            log("died", level="WARNING", child="postgres")
            self.server.start()
            log("started", child="postgres", pid=self.server.pid)


@contextmanager
def open_store(
    given: Settings, *, own: bool = False, check: bool = True, say: Callable[[str], None] = lambda _: None
) -> Iterator[Store]:
    """The given server, or the bundled one: owned (`serve`), or shared with whoever runs it. Raises StoreUnavailable.

    With `check`, a schema that is older or newer than this code is refused, except that a bundled server without any
    schema yet is brought up first: nobody should have to know about migrations on one machine.
    """
    from connector.store.engine import connect
    from connector.store.postgres import Server, attach_or_start

    if given.database_url:
        engine = connect(given.database_url)
        url, server, close = engine.url.render_as_string(hide_password=False), None, _nothing
    elif own:
        server = Server(given.trellis_data, say)
        url, close = server.start(), server.stop
    else:
        attachment = attach_or_start(given.trellis_data, say)
        url, server, close = attachment.url, None, attachment.close
    try:
        engine = connect(url)
        try:
            if check:
                _check(engine, bundled=not given.database_url)
            yield Store(engine, url, server)
        finally:
            for clients in _platforms.values():
                if clients.engine is engine:
                    clients.close()
            engine.dispose()
    finally:
        close()


@contextmanager
def bundled_url(data: Path, say: Callable[[str], None] = lambda _: None) -> Iterator[str]:
    """The bundled server's address while the block runs, shared with whoever else uses it. Raises StoreUnavailable."""
    from connector.store.postgres import attach_or_start

    with attach_or_start(data, say) as attachment:
        yield attachment.url


def _nothing() -> None:
    """A given server is not ours to stop."""


def _check(engine: Engine, *, bundled: bool) -> None:
    from connector.store.migrate import check_schema, migrate, schema_version

    with engine.connect() as conn:
        pristine = schema_version(conn) is None
    if bundled and pristine:
        migrate(engine)
    with engine.connect() as conn:
        check_schema(conn)


_platforms: dict[Settings, Platforms] = {}


def platforms(given: Settings) -> Platforms:
    """The clients that this process made last for these settings; neither of the two, if it has made none."""
    return _platforms.get(given, Platforms(None, None))


def _connected(given: Settings, engine: Engine) -> Platforms:
    """The clients of this process for these settings over this store, made at the first call."""
    if platforms(given).engine is not engine:
        _platforms[given] = connect_platforms(given, engine)
    return _platforms[given]


def make_parts(
    given: Settings,
    store: Store,
    rulebook: Rulebook,
    *,
    clients: Platforms | None = None,
    now: Callable[[], datetime] | None = None,
    progress: Progress | None = None,
) -> Parts:
    """The parts of every step, for one rulebook; by default with the process's own clients. Makes no call."""
    from connector.rulebook import mapping
    from connector.steps.parts import Parts, now_utc

    clients = clients or _connected(given, store.engine)
    types = _subscription_types(rulebook)
    hubspot, mailchimp = None, {}
    if clients.hubspot is not None:
        from adapters.hubspot.platform import HubSpotPlatform

        clients.hubspot.leave(float(rulebook.fields.quota.share))
        hubspot = HubSpotPlatform(
            clients.hubspot,
            properties=mapping.hubspot_properties(rulebook.fields, rulebook.tracks),
            company_properties=mapping.company_properties(rulebook.fields),
            subscription_types=types,
            names=_hubspot_names(rulebook),
            use_marketing_status=rulebook.fields.marketing_contacts,
        )
    if clients.mailchimp is not None:
        from adapters.mailchimp.platform import MailchimpNames, MailchimpPlatform

        names = MailchimpNames(markers=rulebook.fields.write.enrolled.mailchimp or "TRACKMARK")
        for name, audience in rulebook.fields.audiences.items():
            mailchimp[f"mailchimp:{name}"] = MailchimpPlatform(
                clients.mailchimp, audience=name, list_id=audience.list, names=names
            )
    clock = now or now_utc
    return Parts(
        engine=store.engine,
        rulebook=rulebook,
        consent_of=_consent_reader(rulebook, types),
        consent_names=_consent_names(rulebook, types),
        hubspot=hubspot,
        mailchimp=mailchimp,
        now=clock,
        progress=progress,
        accounts=accounts(given),
        calls=clients.outcomes,
        hook=_hook(given, clock),
    )


@contextmanager
def doors(given: Settings) -> Iterator[Doors]:
    """The platforms that are on, for whoever has neither a rulebook nor a store yet (`trellis init`). Makes no call."""
    from adapters.hubspot.platform import HubSpotPlatform
    from adapters.mailchimp.audiences import read_audiences
    from adapters.mailchimp.platform import MailchimpPlatform
    from connector.starter.looking import Doors

    clients = _platforms[given] = connect_platforms(given, None)
    hubspot, mailchimp = clients.hubspot, clients.mailchimp
    try:
        yield Doors(
            None
            if hubspot is None
            else lambda own, companies: HubSpotPlatform(hubspot, properties=own, company_properties=companies),
            None if mailchimp is None else lambda: read_audiences(mailchimp),
            None if mailchimp is None else lambda number: MailchimpPlatform(mailchimp, audience="main", list_id=number),
        )
    finally:
        clients.close()


def _hook(given: Settings, now: Callable[[], datetime]) -> Hook | None:
    if not given.trellis_alert_url:
        return None
    from adapters.proxy import Proxies
    from connector.alert_hook import AlertHook

    return AlertHook(given.trellis_alert_url, given.alert_key, now, Proxies(given.https_proxy, given.no_proxy))


def active_parts(given: Settings, store: Store) -> Parts | None:
    """Parts with the active rulebook, or None while none was ever made active. Long work is told in log lines."""
    from connector.steps.progress import Logged

    rulebook = active_rulebook(store)
    return None if rulebook is None else make_parts(given, store, rulebook, progress=Logged())


def active_rulebook(store: Store) -> Rulebook | None:
    """The rulebook that decides now: a row of the store, whatever the files say."""
    from connector.rulebook.read import rulebook_from_source
    from connector.store import state

    with store.engine.connect() as conn:
        active = state.active(conn)
    return None if active is None else rulebook_from_source(active.source, active.hash)


def kept_rulebook(store: Store, beginning: str) -> Rulebook | None:
    """A rulebook that was active once, by the beginning of its hash; None if none or several begin so."""
    from connector.rulebook.read import rulebook_from_source
    from connector.store import state

    with store.engine.connect() as conn:
        kept = state.kept_rulebook(conn, beginning)
    return None if kept is None else rulebook_from_source(kept.source, kept.hash)


def receiver() -> Flask:
    """The webhook receiver, for gunicorn."""
    from connector.logs import set_up_logs

    set_up_logs(settings(), "web")
    return make_receiver(settings(), settings().database_url)


def make_receiver(given: Settings, url: str) -> Flask:
    """The webhook receiver over the store at `url` (or the bundled server's, when empty)."""
    from connector.receiving import receiving_engine
    from connector.store.postgres import attach_or_start

    if not url:
        attachment = attach_or_start(given.trellis_data)
        atexit.register(attachment.close)
        url = attachment.url
    return receiver_over(given, Store(receiving_engine(url), url))


#: Prometheus gives up after ten seconds; what is counted on meanwhile is there when it asks again.
_METRICS_S = 5.0


def receiver_over(given: Settings, store: Store, now: Callable[[], datetime] | None = None) -> Flask:
    """The webhook receiver over an open store, which stays the caller's to close.

    What readiness and metrics take is imported when they are first asked for: half of what a receiver that was killed
    would else need until it takes deliveries again (benchmarks/storm).
    """
    from connector.promptly import Promptly
    from connector.receiving import StoredInbox
    from webhooks.app import create_app
    from webhooks.ports import ReceiverSettings

    engine, clock = store.engine, now or (lambda: datetime.now(UTC))
    on = [name for name, is_on in (("hubspot", given.hubspot_on), ("mailchimp", given.mailchimp_on)) if is_on]
    inbox = StoredInbox(engine, store.plain_url)

    @cache
    def look() -> Callable[[], Readiness]:
        from connector.readiness import in_time, readiness

        return in_time(lambda: readiness(engine, on, clock()))

    def ready() -> Readiness:
        return look()()

    @cache
    def seen() -> Metrics:
        from connector.metrics import Metrics

        return Metrics(engine, on, limits(given), clock)

    return create_app(
        inbox=inbox,
        settings=ReceiverSettings(
            public_url=given.public_url,
            hubspot_secrets=_present(given.hubspot_client_secret, given.hubspot_client_secret_previous),
            mailchimp_tokens=_present(given.mailchimp_webhook_token, given.mailchimp_webhook_token_previous),
            mailchimp_signing_secrets=lambda: (*inbox.signing_secrets(), *_present(given.mailchimp_webhook_secret)),
            metrics_token=given.trellis_metrics_token,
        ),
        now=clock,
        ready=ready,
        metrics=Promptly(lambda: seen().text(), _METRICS_S),
    )


def _present(*values: str) -> tuple[str, ...]:
    return tuple(value for value in values if value)


def _subscription_types(rulebook: Rulebook) -> tuple[str, ...]:
    """The HubSpot subscription types whose opt-outs count: those of audiences and of single tracks."""
    named = [audience.subscription for audience in rulebook.fields.audiences.values()]
    named += [track.subscription for track in rulebook.tracks.tracks.values()]
    return tuple(sorted({str(one) for one in named if one is not None}))


def _hubspot_names(rulebook: Rulebook) -> HubSpotNames:
    from adapters.hubspot.names import HubSpotNames

    write = rulebook.fields.write
    return HubSpotNames(track=write.track.hubspot, enrolled=write.enrolled.hubspot, exclude=write.exclude.hubspot)


def _consent_names(rulebook: Rulebook, types: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """What `_consent_reader` looks at; addresses apart, as everybody has another one."""
    from adapters.hubspot import consent as hubspot
    from adapters.mailchimp import members as mailchimp

    names = _hubspot_names(rulebook)
    others = {"email", hubspot.ADDITIONAL_EMAILS, names.enrolled, names.track}
    own = [name for name in hubspot.consent_properties(types, names) if name not in others]
    audiences = {f"mailchimp:{name}": mailchimp.CONSENT for name in rulebook.fields.audiences}
    return {"hubspot": tuple(own), **audiences}


def _consent_reader(rulebook: Rulebook, types: Sequence[str]) -> Callable[[Mapping[str, Record]], Consent]:
    """How stored snapshots speak of consent: by the same rules as a fresh read, united over the platforms."""
    from adapters.hubspot import consent as hubspot
    from adapters.mailchimp import members as mailchimp
    from connector.facts import Consent, Refusal

    names = _hubspot_names(rulebook)

    def read(records: Mapping[str, Record]) -> Consent:
        general: set[Refusal] = set()
        type_ids: frozenset[str] = frozenset()
        channel: dict[str, Refusal] = {}
        for source, record in records.items():
            if source == "hubspot":
                refusals, type_ids = hubspot.consent_from_values(record.values, subscription_types=types, names=names)
                refused = hubspot.channel_refusal_from_values(
                    record.values, use_marketing_status=rulebook.fields.marketing_contacts
                )
                if record.archived:
                    refused = Refusal.ARCHIVED
            else:
                refusals, refused = mailchimp.consent_from_values(record.values)
            general |= refusals
            if refused is not None:
                channel[source] = refused
        if any(record.email for record in records.values()):
            general.discard(Refusal.NO_ADDRESS)
        if all(record.archived for record in records.values()):  # there is nobody any more, or not for now
            general.add(Refusal.ARCHIVED)
        return Consent(frozenset(general), type_ids, channel)

    return read
