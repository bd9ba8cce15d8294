"""People that only one platform knows, and people that cannot be mailed at all."""

FINANCE_FLOW = "Finance: consideration"
HAND_WRITTEN = "Trellis: Ready for a hand-written mail"


def contact_count(world):
    return len(world.sandbox.hubspot.contacts)


def test_aina_whom_only_mailchimp_knows_is_scored_and_enrolled_there_and_never_made_at_hubspot(world):
    aina, before = world.email("aina"), contact_count(world)
    assert world.member(aina)["merge_fields"]["LEADSTAGE"] == "nurture"  # since the baseline, where she matched already
    world.sandbox.mailchimp.life.edit_profile(aina, {"JOBTITLE": "Estudiante"})
    world.pass_time(minutes=5)
    world.sync()
    assert world.member(aina)["merge_fields"]["LEADSTAGE"] == "new"
    world.sandbox.mailchimp.life.edit_profile(aina, {"JOBTITLE": "Cap de finances"})
    dora = world.new_member("dora")
    for _ in range(2):
        world.pass_time(minutes=5)
        world.sync()
    shown = world.member(dora)
    assert shown["merge_fields"]["LEADSCORE"] >= 20
    assert (shown["merge_fields"]["LEADSTAGE"], shown["merge_fields"]["TRACKMARK"]) == (
        "nurture",
        "finance-consideration:1",
    )
    assert [tag["name"] for tag in shown["tags"]] == ["trellis:track:finance-consideration"]
    assert [one.platform for one in world.entered(dora)] == ["mailchimp"]
    assert (shown["status"], contact_count(world)) == ("subscribed", before)
    assert world.entered(aina) == []  # she has risen just now: first wait
    world.pass_time(days=6)  # the fifth is a Sunday
    world.sync()
    assert len(world.entered(aina, FINANCE_FLOW)) == 1
    assert contact_count(world) == before


def test_teo_without_an_address_is_scored_and_never_enrolled_nor_put_on_a_list(world):
    portal = world.sandbox.hubspot
    (teo,) = [record for record in portal.contacts if record.values.get("firstname") == "Teo"]
    assert not teo.values.get("email")
    for title in ("CFO", "Head of Finance"):
        with portal.lock:
            portal.write("contacts", teo, {"jobtitle": title, "hs_analytics_num_page_views": "9"}, portal.api_source)
        for _ in range(2):
            world.pass_time(minutes=5)
            world.sync()
    assert teo.values["trellis_persona"] == "finance_lead"
    assert teo.values["trellis_stage"] in {"nurture", "qualified"}
    assert world.entered() == []
    assert not teo.values.get("trellis_enrolled")
    assert len(portal.lists.named(HAND_WRITTEN).members) == 0


def test_a_qualified_lead_is_put_on_the_list_for_a_hand_written_mail_and_taken_off_it(world):
    carla, life = world.new_lead("carla", form="Pricing guide"), world.sandbox.hubspot.life
    world.pass_time(minutes=5)
    world.sync()
    assert world.stage(carla) == "qualified"
    members = world.sandbox.hubspot.lists.named(HAND_WRITTEN).members
    assert [str(id_) for id_ in members] == [world.hubspot(carla)["hs_object_id"]]
    assert not world.hubspot(carla).get("trellis_enrolled")  # nobody listens: no episode is used up
    life.win_deal(carla)
    world.pass_time(minutes=5)
    world.sync()
    assert len(members) == 0


def test_with_mailchimp_alone_people_are_scored_enrolled_and_taken_out_again(make_world):
    world = make_world(hubspot=False)
    dora = world.new_member("dora")
    world.pass_time(minutes=5)
    world.sync()
    assert world.member(dora)["merge_fields"]["LEADSTAGE"] == "nurture"
    assert [one.flow_name for one in world.entered()] == [FINANCE_FLOW]
    assert [tag["name"] for tag in world.member(dora)["tags"]] == ["trellis:track:finance-consideration"]
    world.pass_time(days=21)  # that long the track lasts
    world.sync()
    assert world.member(dora)["tags"] == []
    assert world.intents(dora, "leave") == [("accepted", "")]
    assert world.rows("SELECT left_at FROM episode WHERE contact = :id", id=world.contact(dora))[0].left_at is not None
    assert world.calls()["hubspot"] == {}


def test_who_is_on_a_list_that_nobody_listens_to_is_not_judged_day_by_day(world):
    carla = world.new_lead("carla", form="Pricing guide")
    for _ in range(2):
        world.pass_time(minutes=5)
        world.sync()
    judged = []
    for _ in range(10):
        world.pass_time(days=1)
        world.sync()
        judged += world.rows("SELECT day FROM verdict WHERE contact = :id", id=world.contact(carla))
    assert world.stage(carla) == "qualified"
    assert len(set(judged)) <= 6
