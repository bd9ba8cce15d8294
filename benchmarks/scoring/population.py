"""A store full of people for benchmarks: as many contacts and events as asked, made by PostgreSQL itself, always the same.

Per contact one HubSpot record with thirty properties, a dozen of them mapped by the shipped fields.yaml: 300 job titles, 60
countries, a company for twenty contacts, every address and number its own. Events lie in the two years before `now`; a
fifth of the contacts do a third of all that is done.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, text

from connector.facts import Event
from connector.store import ledger
from connector.store.engine import writer_lock

PERIODS, PERIOD = 24, timedelta(days=30)

#: Kinds of acts: how many in a hundred, and how many different assets.
KINDS = {
    "email_sent": (30, 200),
    "email_open": (28, 200),
    "page_view": (24, 2000),
    "email_click": (12, 200),
    "form_submit": (5, 40),
    "email_reply": (1, 200),
}
_NAMES = {
    "page_view": ("https://www.example.com/blog/post-{}", "https://www.example.com/pricing?plan={}", "/docs/{}"),
    "form_submit": ("Newsletter {}", "Guide {}", "Request a demo {}", "Webinar {}"),
}

_CONTACTS = text(
    "INSERT INTO contact (id, created_at, changed) OVERRIDING SYSTEM VALUE"
    " SELECT i, :now, nextval('ledger_position') FROM generate_series(1, :n) AS i"
)
_IDENTITIES = text("INSERT INTO identity SELECT 'hubspot', (10000 + i)::text, i FROM generate_series(1, :n) AS i")
_COMPANIES = text(
    "INSERT INTO company SELECT i::text, jsonb_build_object('name', 'Company ' || i, 'industry', 'INDUSTRY_' || i % 140,"
    " 'numberofemployees', (i * 7919 % 3000)::text, 'country', 'Country ' || i % 60), :now"
    " FROM generate_series(1, :companies) AS i"
)
_RECORDS = text(
    "INSERT INTO record (contact, source, platform_id, email, email_key, raw, modified_at, archived, merged_ids, read_at)"
    " SELECT i, 'hubspot', (10000 + i)::text, email, email, jsonb_build_object("
    "  'email', email, 'firstname', 'First ' || i % 5000, 'lastname', 'Last ' || i % 40000,"
    "  'jobtitle', CASE WHEN i % 4 > 0 THEN (ARRAY['CFO', 'Head of Finance', 'Developer', 'Director', 'Student'])[i % 5 + 1]"
    "   || ' ' || i % 300 END,"
    "  'company', CASE WHEN i % 3 > 0 THEN 'Company ' || i % :companies + 1 END, 'phone', '+34 600 ' || i,"
    "  'country', 'Country ' || i % 60, 'industry', CASE WHEN i % 9 = 0 THEN 'INDUSTRY_' || i % 140 END,"
    "  'numemployees', CASE WHEN i % 7 = 0 THEN (i % 5000)::text END,"
    "  'lifecyclestage', (ARRAY['lead', 'subscriber', 'opportunity', 'customer'])[i % 4 + 1],"
    "  'associatedcompanyid', CASE WHEN i % 2 = 0 THEN (i % :companies + 1)::text END,"
    "  'hs_email_optout', CASE WHEN i % 30 = 0 THEN 'true' END, 'hs_email_bounce', (i % 50 / 49)::text,"
    "  'hs_marketable_status', 'true', 'hubspot_owner_id', (1000 + i % 12)::text, 'hs_merged_object_ids', NULL,"
    "  'num_conversion_events', (i % 6)::text, 'recent_conversion_date', :now,"
    "  'recent_conversion_event_name', 'Form ' || i % 40, 'hs_analytics_num_page_views', (i % 90)::text,"
    "  'hs_analytics_last_timestamp', :now, 'hs_analytics_last_url', 'https://www.example.com/page-' || i % 2000,"
    "  'hs_email_click', (i % 11)::text, 'hs_email_last_click_date', :now, 'hs_email_open', (i % 31)::text,"
    "  'hs_email_last_open_date', :now, 'hs_email_last_email_name', 'Mail ' || i % 200,"
    "  'trellis_score', NULL, 'trellis_stage', NULL, 'trellis_enrolled', NULL), :now, false, '{}', :now"
    " FROM generate_series(1, :n) AS i, LATERAL (SELECT 'person' || i || '@company' || i % :companies || '.example' AS email)"
)
# A power of a random number makes few very active; a prime scatters them over the ids.
_EVENTS = text(
    "INSERT INTO event (contact, key, happened_at, known_at, asset, kind, channel, trust)"
    " WITH given AS MATERIALIZED (SELECT CAST(:assets AS integer[]) AS assets)"
    " SELECT 1 + (floor(power(random(), 1.5) * :n)::bigint * 7919) % :n, hashint8extended(i, :seed), at,"
    "  at + CASE WHEN i % 40 = 0 THEN interval '3 days' ELSE interval '2 hours' END * random(),"
    "  assets[1 + floor(random() * cardinality(assets))::integer], :kind, :channel, :trust"
    " FROM given, generate_series(CAST(:first AS bigint), :last) AS i,"
    "  LATERAL (SELECT :begins + interval '1 second' * floor(random() * :seconds + 0 * i) AS at)"
)


def fill(engine: Engine, contacts: int, events: int, now: datetime = datetime(2026, 11, 22, tzinfo=UTC)) -> None:
    """Fill an empty, migrated store with contacts 1 … n and about so many events; then vacuum it."""
    told = {"n": contacts, "companies": max(contacts // 20, 1), "now": now}
    with engine.begin() as conn:
        writer_lock(conn)
        conn.execute(text("SELECT setseed(0.5)"))
        for statement in (_CONTACTS, _IDENTITIES, _COMPANIES, _RECORDS):
            names = statement.compile().params
            conn.execute(statement, {name: told[name] for name in names})
        conn.execute(text("SELECT setval(pg_get_serial_sequence('contact', 'id'), :n)"), {"n": contacts})
        begins = now - PERIOD * PERIODS
        _make_partitions(conn, begins, now)
        for period in range(PERIODS):
            _fill_period(conn, contacts, events // PERIODS, begins + PERIOD * period)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE"))


def _make_partitions(conn: Connection, begins: datetime, ends: datetime) -> None:
    """The store makes them when the first event of a month comes."""
    weeks = (begins + timedelta(days=7 * week) for week in range((ends - begins).days // 7 + 1))
    firsts = [Event("email_sent", at, at, f"{at:%Y-%m-%d}", channel="hubspot") for at in (*weeks, ends)]
    ledger.add_events(conn, [(1, first) for first in firsts])


def _fill_period(conn: Connection, contacts: int, events: int, begins: datetime) -> None:
    words = ledger.word_ids(conn, {*KINDS, "hubspot"})
    first = 0
    for kind, (share, assets) in KINDS.items():
        names = _NAMES.get(kind, ("Mail {}",))
        told = ledger.asset_ids(conn, [names[one % len(names)].format(one) for one in range(assets)])
        last = first + events * share // 100
        conn.execute(
            _EVENTS,
            {
                "n": contacts,
                "first": first + 1,
                "last": last,
                "seed": begins.toordinal(),
                "begins": begins,
                "seconds": PERIOD.total_seconds(),
                "kind": words[kind],
                "channel": words["hubspot"],
                "trust": int(kind == "email_open"),
                "assets": sorted(told.values()),
            },
        )
        first = last
