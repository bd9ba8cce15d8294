"""The audit of a disorderly world: every kind of disorder is counted, nobody is named by address, nothing is asked."""

import pytest

from connector.steps.audit import audit
from connector.store import ledger


def sections(world, limit=5):
    world.forget_calls()
    found = audit(world.parts, limit)
    assert world.calls() == {"hubspot": {}, "mailchimp": {}}
    assert "@" not in repr(found)
    return {one.key: one for one in found.sections}


def lines(section):
    return {line.what: (line.count, line.named) for line in section.lines}


def numbers(world, *emails):
    return [f"#{world.contact(email)}" for email in emails]


@pytest.fixture
def bare(make_world):
    """Few people, nobody of whom stands twice."""
    return make_world(count=14)


def test_a_tidy_world_has_no_duplicates_no_conflicts_and_nothing_unread(bare):
    found = sections(bare)
    assert {key: found[key].count for key in ("duplicates", "conflicts", "unread", "stale")} == {
        "duplicates": 0,
        "conflicts": 0,
        "unread": 0,
        "stale": 0,
    }


def test_addresses_that_differ_by_dots_or_tags_are_perhaps_one_person_and_other_domains_are_not(bare):
    hubspot = bare.sandbox.hubspot.life
    pair = ["jo.an+news@dots.example", "joan@dots.example"]
    for email in (*pair, "jo.an@lines.example", "+only@dots.example", "+tag@dots.example"):
        hubspot.add_contact({"email": email})
    bare.pass_time(minutes=5)
    bare.sync()
    perhaps = lines(sections(bare)["duplicates"])["perhaps: addresses differ only by dots or +tags"]
    assert perhaps == (1, (" = ".join(sorted(numbers(bare, *pair))),))
    assert sections(bare)["conflicts"].count == 0


def test_one_address_at_two_ids_is_a_duplicate_and_a_conflict(bare):
    hubspot, mailchimp = bare.sandbox.hubspot, bare.sandbox.mailchimp.life
    noa = bare.new_member("noa")
    other = hubspot.life.add_contact({"email": noa, "jobtitle": "CFO"})
    bare.pass_time(minutes=5)
    bare.sync()
    mailchimp.change_email(noa, "noa@elsewhere.example")
    mailchimp.subscribe(noa)
    bare.pass_time(minutes=5)
    bare.sync()
    found = sections(bare)
    with bare.store.engine.connect() as conn:
        first = ledger.contacts_of(conn, "hubspot", [other])[other]
    second = bare.rows("SELECT contact FROM record WHERE source = 'mailchimp:main' AND email = :email", email=noa)[
        0
    ].contact
    assert first != second
    said = lines(found["duplicates"])["one address, different contacts on the platforms"]
    assert said == (1, (f"#{first} = #{second}",))
    assert lines(found["conflicts"]) == {"ambiguous at mailchimp:main": (1, (f"#{second}",))}


def test_values_that_nothing_maps_are_counted_and_those_that_are_meant_already_are_not(bare):
    hubspot = bare.sandbox.hubspot.life
    for name, country in (("a", "Spaain"), ("b", " spaain "), ("c", "ESPAÑA"), ("d", "ES"), ("e", "x@y.example")):
        hubspot.add_contact({"email": f"{name}@values.example", "country": country})
    bare.pass_time(minutes=5)
    bare.sync()
    told = lines(sections(bare, limit=50)["unmapped"])
    where = "is not among its values (hubspot country)"
    assert told[f'country: "Spaain" {where}'][0] + told[f'country: "spaain" {where}'][0] == 2
    assert told[f"country: (an address) {where}"][0] == 1
    assert not any("ESPAÑA" in what or '"ES"' in what for what in told)


def test_a_value_that_is_not_of_its_field_s_type_is_unreadable(make_world):
    edits = {"fields.yaml": ("phone:        {hubspot: phone}", "phone:        {hubspot: phone, type: number}")}
    world = make_world(count=14, edits=edits)
    world.sandbox.hubspot.life.add_contact({"email": "tom@phones.example", "phone": "ask Ana"})
    world.pass_time(minutes=5)
    world.sync()
    told = lines(sections(world, limit=50)["unmapped"])
    assert told['phone: "ask Ana" is no number (hubspot phone)'] == (1, tuple(numbers(world, "tom@phones.example")))


def test_an_empty_key_field_is_one_that_no_place_fills(bare):
    before = lines(sections(bare)["empty"])
    hubspot = bare.sandbox.hubspot.life
    firm = hubspot.add_company({"name": "Acme", "numberofemployees": "120"})
    hubspot.add_contact({"email": "full@keys.example", "associatedcompanyid": firm, "phone": "1", "jobtitle": "CFO"})
    hubspot.add_contact({"email": "void@keys.example", "jobtitle": "  "})
    bare.pass_time(minutes=5)
    bare.sync()

    def count(told, field):
        return next((n for what, (n, _) in told.items() if what.startswith(f"{field} (")), 0)

    after = lines(sections(bare, limit=100)["empty"])
    grown = {one: count(after, one) - count(before, one) for one in ("company", "job_title", "phone", "employees")}
    assert grown == {"company": 1, "job_title": 1, "phone": 1, "employees": 1}
    (void,) = numbers(bare, "void@keys.example")
    assert all(void in named for what, (_, named) in after.items())


def test_the_unreachable_are_counted_once_and_told_by_every_reason(world):
    hubspot, mailchimp = world.sandbox.hubspot.life, world.sandbox.mailchimp.life
    before, told_before = sections(world)["unreachable"].count, lines(sections(world)["unreachable"])
    abril, bruna, celia, dora = (world.new_lead(key) for key in ("abril", "bruna", "celia", "dora"))
    hubspot.unsubscribe(abril)
    hubspot.hard_bounce(abril)
    world.new_member("bruna")
    mailchimp.unsubscribe(bruna)
    hubspot.set_property(celia, "trellis_exclude", "true")
    world.new_member("dora")
    mailchimp.archive(dora)  # HubSpot may still mail her
    world.pass_time(minutes=5)
    world.sync()
    found = sections(world, limit=1000)["unreachable"]
    told = lines(found)
    assert found.count - before == 3
    for reason, people in {"opted out": [abril, bruna], "bounced": [abril], "excluded": [celia]}.items():
        assert told[reason][0] - told_before.get(reason, (0, ()))[0] == len(people)
        assert set(numbers(world, *people)) <= set(told[reason][1])
    assert numbers(world, dora)[0] in told["archived at mailchimp:main"][1]


def test_who_is_archived_everywhere_is_neither_a_contact_nor_unreachable(world):
    before = audit(world.parts, 10)
    abril = world.new_lead("abril")
    world.pass_time(minutes=5)
    world.sync()
    assert audit(world.parts, 10).contacts == before.contacts + 1
    world.sandbox.hubspot.life.archive(abril)
    world.pass_time(days=1)
    world.flush()
    world.work()
    world.sync()
    after = audit(world.parts, 10)
    counts = [{one.key: one.count for one in each.sections}["unreachable"] for each in (before, after)]
    assert (after.contacts, counts[1]) == (before.contacts, counts[0])


def test_whom_one_platform_knows_alone_is_counted_by_platform(world):
    told = lines(sections(world)["one_platform"])
    world.new_lead("carla")
    world.new_member("omar")
    world.new_lead("dora")
    world.new_member("dora")
    world.pass_time(minutes=5)
    world.sync()
    after = lines(sections(world, limit=1000)["one_platform"])
    for platform, key in (("hubspot", "carla"), ("mailchimp", "omar")):
        assert after[f"only at {platform}"][0] == told[f"only at {platform}"][0] + 1
        assert numbers(world, f"{key}@{key}works.example")[0] in after[f"only at {platform}"][1]


def test_with_one_platform_alone_nobody_is_missing_from_the_other(make_world):
    assert sections(make_world(count=14, hubspot=False))["one_platform"].count == 0


def test_who_has_been_silent_for_a_year_is_stale_though_we_wrote_to_her_since(bare):
    old = "2025-06-01T09:00:00+00:00"
    bare.sandbox.hubspot.life.add_contact({"email": "vera@stale.example", "jobtitle": "CFO", "country": "Spain"}, old)
    bare.pass_time(minutes=5)
    bare.sync(full=True)
    assert bare.hubspot("vera@stale.example")["trellis_stage"]
    bare.pass_time(minutes=5)
    bare.sync()
    (line,) = sections(bare)["stale"].lines
    assert (line.what, line.count) == ("no act and no change for 12 months", 1)
    assert line.named == tuple(numbers(bare, "vera@stale.example"))
    bare.sandbox.hubspot.life.visit_page("vera@stale.example", "https://www.brightledger.example/blog")
    bare.pass_time(minutes=5)
    bare.sync()
    assert sections(bare)["stale"].count == 0


def test_key_fields_older_than_four_half_lives_are_stale(make_world):
    edits = {"model.yaml": ("freshness: {half_life: 365d}", "freshness: {half_life: 30d}")}
    world = make_world(count=14, edits=edits)
    hubspot = world.sandbox.hubspot.life
    hubspot.add_contact({"email": "old@keys.example", "jobtitle": "CFO"}, "2026-07-01T09:00:00+00:00")
    hubspot.add_contact({"email": "new@keys.example", "jobtitle": "CFO"}, "2026-09-01T09:00:00+00:00")
    world.pass_time(minutes=5)
    world.sync(full=True)
    told = lines(sections(world, limit=1000)["stale"])
    named = told["job_title is older than 120 days"][1]
    assert numbers(world, "old@keys.example")[0] in named
    assert numbers(world, "new@keys.example")[0] not in named


def test_before_the_first_pass_the_platforms_are_what_was_never_read(make_world):
    world = make_world(count=14, baseline=False)
    found = audit(world.parts, 5)
    assert found.contacts == 0
    assert [(one.source, one.until, one.whole) for one in found.readings] == [
        ("hubspot", None, None),
        ("mailchimp:main", None, None),
    ]
    unread = next(one for one in found.sections if one.key == "unread")
    assert lines(unread) == {"hubspot as a whole": (1, ()), "mailchimp:main as a whole": (1, ())}


def test_a_property_mapped_since_the_reading_was_never_read(bare, make_world):
    edits = {"fields.yaml": ("phone:        {hubspot: phone}", "phone:        {hubspot: phone, or: mobilephone}")}
    newer = make_world(count=14, edits=edits, baseline=False)
    bare.parts = type(bare.parts)(**{**_fields(bare.parts), "rulebook": newer.rulebook})
    assert lines(sections(bare)["unread"]) == {"hubspot mobilephone": (1, ())}


def _fields(parts):
    return {name: getattr(parts, name) for name in parts.__dataclass_fields__}
