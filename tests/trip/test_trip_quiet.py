"""Promise 5: only differences are written; our own echoes change nothing; what merely fades is written by thresholds."""

import pytest

MIN_CHANGE, AT_LEAST = 3, 7  # points and days, as mappings/fields.yaml says

LISTS = ("# list_joined: {hubspot: {lists:", "list_joined: {hubspot: {lists:")


@pytest.mark.parametrize(
    ("edits", "hubspot_reads"), [(None, 3), ({"fields.yaml": LISTS}, 4)], ids=["plain", "with a list"]
)
def test_a_sync_with_nothing_new_writes_nothing_and_asks_little(make_world, edits, hubspot_reads):
    world = make_world(edits=edits)
    carla = world.new_lead("carla")
    world.sandbox.hubspot.life.join_list(world.email("laia"), "Visited pricing")
    world.settle()
    assert len(world.entered(carla)) == 1  # there was something to echo

    world.forget_calls()
    portal, members, effects = world.portal(), world.members(), len(world.sandbox.effects)
    tally = world.sync().tally
    assert (tally["changed"], tally["events"], tally["judged"], tally["written"]) == (0, 0, 0, 0)
    calls = world.calls()
    assert sum(calls["hubspot"].values()) <= hubspot_reads
    assert sum(calls["mailchimp"].values()) <= 3
    assert all(
        route.startswith("GET ") or route.endswith(("/search", "/read")) for each in calls.values() for route in each
    )
    assert (world.portal(), world.members(), len(world.sandbox.effects)) == (portal, members, effects)


def test_what_we_wrote_is_no_news_when_it_is_read_again(make_world):
    world = make_world(webhooks=False)
    tally = world.sync().tally
    assert tally["read"] >= 40  # everybody's new values of the baseline
    assert (tally["changed"], tally["events"], tally["judged"], tally["written"]) == (0, 0, 0, 0)


def test_our_own_writes_come_back_as_webhooks_and_are_ignored(make_world):
    ours = ("trellis_score", "trellis_stage", "trellis_why", "trellis_track", "trellis_enrolled")
    world = make_world()
    hooks = world.sandbox.hubspot.webhooks
    hooks.configure(hooks.target_url, hooks.client_secret, [("contact.propertyChange", name) for name in ours])
    carla = world.new_lead("carla")
    world.pass_time(minutes=1)
    world.sync()
    assert len(world.entered(carla)) == 1
    echoes = world.rows("SELECT body FROM delivery WHERE platform = 'hubspot' AND state = 'waiting'")
    assert echoes
    world.forget_calls()
    tally = world.work().tally
    assert tally["deliveries ignored"] == len(echoes)
    assert tally["judged"] == 0
    assert world.calls() == {"hubspot": {}, "mailchimp": {}}


def verdicts(world):
    """Score and stage of everybody scored, by (source, platform id), for each place where they are shown."""
    rows = world.rows(
        "SELECT r.source, r.platform_id, v.score, w.text AS stage"
        " FROM verdict v JOIN record r USING (contact) JOIN word w ON w.id = v.stage"
        " WHERE v.score IS NOT NULL AND (r.source = 'hubspot' OR r.raw ->> 'status' = 'subscribed')"
    )
    return {(row.source, row.platform_id): (row.score, row.stage) for row in rows}


def shown(world):
    """What the platforms show of the same people: the score, and what is written at once."""
    portal, members = world.portal(), world.members()

    def of(source, id_):
        if source == "hubspot":
            values = portal[id_]
            at_once = (values["trellis_stage"], values.get("trellis_persona"), values.get("trellis_phase"))
            return int(values["trellis_score"]), at_once
        fields = members[id_]["merge_fields"]
        return fields["LEADSCORE"], (fields["LEADSTAGE"],)

    return {who: of(*who) for who in verdicts(world)}


def test_what_fades_is_written_only_when_it_moved_enough_or_is_old_or_moves_the_stage(world):
    began, first = {who: score for who, (score, _) in verdicts(world).items()}, shown(world)
    day, moved, written = 0, 0, {who: (score, 0) for who, (score, _) in first.items()}
    for days in (1, 2, 4, 8, 15, 30):  # 60 in all
        before = shown(world)
        world.pass_time(days=days)
        moved += world.sync().tally["moved"]
        day += days
        true, now = verdicts(world), shown(world)
        for who, (score, urgent) in now.items():
            last, when = written[who]
            if score != last:
                assert abs(score - last) >= MIN_CHANGE or day - when >= AT_LEAST or urgent != before[who][1], who
                written[who] = (score, day)
            elif score != true[who][0]:
                assert abs(score - true[who][0]) < MIN_CHANGE, who
                assert day - when < AT_LEAST, who
            assert urgent[0] == true[who][1], who  # the stage is always shown at once
    ended = {who: score for who, (score, _) in true.items()}
    assert sum(ended[who] < score - 10 for who, score in began.items()) >= 5
    assert not any(ended[who] > score for who, score in began.items())
    assert moved >= 1
    assert world.stage(world.email("biel")) != "hot"
