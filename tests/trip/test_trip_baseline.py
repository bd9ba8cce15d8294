"""The first pass over a portal says what Trellis thinks and does nothing else (promise 6)."""

import pytest

from connector.steps.judge import judge_all
from connector.steps.reading import read_all

FINANCE = "finance-consideration"
PRICING = "https://www.brightledger.example/pricing"
ALL_OF_FINANCE = {"tracks.yaml": ("when: {stage: nurture, persona: finance_lead}", "when: {persona: finance_lead}")}
#: What HubSpot itself derives from any change of a record.
_DERIVED = {"lastmodifieddate", "hs_object_id"}
_WRITTEN = {
    "trellis_score",
    "trellis_score_acquisition",
    "trellis_score_customers",
    "trellis_stage",
    "trellis_stage_since",
    "trellis_why",
    "trellis_next",
    "trellis_persona",
    "trellis_phase",
}


@pytest.mark.parametrize("version", ["v3", "2026-09"])
def test_the_first_sync_writes_what_it_thinks_of_everybody_scored_and_nothing_else(make_world, version):
    world = make_world(version=version, baseline=False)
    before, members = world.portal(), world.members()
    effects = len(world.sandbox.effects)

    summary = world.sync()

    assert summary.baseline
    after = world.portal()
    changed = {name for id_, values in after.items() for name in values if values[name] != before[id_].get(name, "")}
    assert changed - _DERIVED == _WRITTEN  # no lifecycle, no owner, no track, no marker
    for row in world.rows(
        "SELECT v.score, w.text AS stage, r.source, r.platform_id"
        " FROM verdict v JOIN record r USING (contact) JOIN word w ON w.id = v.stage"
        " WHERE v.score IS NOT NULL"
    ):
        if row.source == "hubspot":
            shown = after[row.platform_id]
            assert (shown["trellis_score"], shown["trellis_stage"]) == (str(row.score), row.stage)
            assert shown["trellis_stage_since"] == "2026-11-24"
            assert str(row.score) in shown["trellis_why"].splitlines()[0]
            assert shown["trellis_next"] or row.stage in {"suppressed", "hot"}
        elif members[row.platform_id]["status"] == "subscribed":
            shown = world.members()[row.platform_id]["merge_fields"]
            assert (shown["LEADSCORE"], shown["LEADSTAGE"], shown["TRACKMARK"]) == (row.score, row.stage, "")
    assert len(world.sandbox.effects) == effects
    assert len(world.sandbox.hubspot.shelves["tasks"]) == 0
    for id_, member in world.members().items():
        assert (member["status"], member["tags"]) == (members[id_]["status"], members[id_]["tags"])
    assert not any(len(one.members) for one in world.sandbox.hubspot.lists if one.name.startswith("Trellis"))


def test_who_matched_at_the_baseline_is_not_enrolled_by_going_on_matching(world):
    matching = world.rows("SELECT contact FROM track_state WHERE track = :track AND matched", track=FINANCE)
    assert len(matching) >= 3  # maria, jordi, aina …
    for _ in range(3):
        world.pass_time(days=1)
        world.sync()
    world.sync(full=True)
    assert world.entered() == []


def test_who_leaves_and_matches_again_after_the_baseline_is_enrolled_once(world):
    jordi, life = world.email("jordi"), world.sandbox.hubspot.life
    life.set_property(jordi, "trellis_exclude", "true")
    world.pass_time(minutes=5)
    world.sync()
    assert world.stage(jordi) == "suppressed"
    assert world.entered() == []
    life.set_property(jordi, "trellis_exclude", "false")
    for _ in range(3):
        world.pass_time(minutes=5)
        world.sync()
    assert [one.flow_name for one in world.entered()] == ["Finance: consideration"]
    assert world.entered()[0].email == jordi


def test_the_baseline_of_a_lost_store_remembers_the_same_of_tracks_however_many_are_judged_at_once(
    make_world, new_database
):
    """The platforms show all values already, so nobody is worth a write; some are barred from a track that is for them."""
    world = make_world(edits=ALL_OF_FINANCE)
    life, dora = world.sandbox.hubspot.life, world.new_member("dora")
    life.set_property(world.email("jordi"), "trellis_exclude", "true")  # barred by consent
    life.fill_form(world.email("maria"), "Demo request", {}, PRICING)  # barred by `exit_when`, as a hot one
    world.settle()
    world.sandbox.mailchimp.life.unsubscribe(dora)
    world.settle()
    told = []
    for many in (0, 100_000):
        again = world.with_store(new_database())
        read_all(again.parts, full=False)
        tally = judge_all(again.parts, baseline=True, many=many)
        assert ("screened" in tally) == (many == 0)
        told.append(again.rows("SELECT contact, track, matched, at_baseline FROM track_state ORDER BY 1, 2"))
        told.append(again.rows("SELECT contact, before, after, rise, baseline, day FROM flip ORDER BY 1"))
    assert told[:2] == told[2:]
    matching = {row.contact for row in told[0] if row.track == FINANCE}
    assert matching
    assert matching.isdisjoint(again.contact(email) for email in (dora, world.email("jordi"), world.email("maria")))
