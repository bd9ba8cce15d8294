"""Whoever is ahead stays ahead: customers are not won again, and the lifecycle only moves forward, after the baseline."""

from dataclasses import replace

from adapters.sandbox.hubspot.definitions import Option

MQL = "marketingqualifiedlead"
PRICING = "https://www.brightledger.example/pricing"


def lifecycle_writes(world, email):
    """The lifecycle stages that Trellis asked HubSpot to set."""
    rows = world.rows(
        "SELECT payload FROM intent WHERE kind = 'write' AND source = 'hubspot' AND contact = :id ORDER BY id",
        id=world.contact(email),
    )
    return [row.payload["values"]["lifecyclestage"] for row in rows if "lifecyclestage" in row.payload["values"]]


def known_lead(sandbox, key, lifecycle):
    """A finance lead whom HubSpot has known for a month."""
    email = f"{key}@{key}works.example"
    values = {
        "email": email,
        "jobtitle": "CFO",
        "company": f"{key} works",
        "country": "Spain",
        "numemployees": "100-500",
    }
    sandbox.hubspot.life.add_contact({**values, "lifecyclestage": lifecycle})
    return email


def test_a_customer_is_in_no_track_and_is_never_demoted(world):
    brian, life = world.email("brian"), world.sandbox.hubspot.life
    life.fill_form(brian, "Demo request", {}, PRICING)
    life.visit_page(brian, PRICING)
    world.sandbox.mailchimp.life.tag(brian, "reads us")
    for _ in range(2):
        world.flush()
        world.work()
        world.pass_time(minutes=5)
        world.sync()
    assert world.stage(brian) == "customer"
    shown = world.hubspot(brian)
    assert (shown["lifecyclestage"], shown["trellis_stage"]) == ("customer", "customer")
    assert (shown["trellis_score"], shown["trellis_score_customers"]) == ("70", "70")  # of the model for customers
    assert not shown.get("trellis_score_acquisition")
    assert lifecycle_writes(world, brian) == []
    assert world.entered(brian) == []
    assert world.intents(brian) == []


def test_the_lifecycle_follows_a_rise_after_the_baseline_and_nothing_else(make_world):
    def qualified_already(sandbox, _population):
        email = known_lead(sandbox, "rita", "lead")
        sandbox.hubspot.life.fill_form(email, "Pricing guide", {}, PRICING)

    world = make_world(before=qualified_already)
    rita, life = "rita@ritaworks.example", world.sandbox.hubspot.life
    assert world.stage(rita) == "qualified"
    assert world.hubspot(rita)["lifecyclestage"] == "lead"

    carla, olga = world.new_lead("carla"), world.new_lead("olga")
    life.set_property(olga, "lifecyclestage", "opportunity")
    world.pass_time(minutes=5)
    world.sync()
    assert [world.stage(each) for each in (carla, olga)] == ["nurture", "nurture"]
    assert world.hubspot(carla)["lifecyclestage"] == "lead"
    for email in (rita, carla, olga):
        life.visit_page(email, PRICING)
    world.pass_time(minutes=5)
    world.sync()
    assert [world.stage(each) for each in (rita, carla, olga)] == ["qualified"] * 3
    assert [world.hubspot(each)["lifecyclestage"] for each in (rita, carla, olga)] == ["lead", MQL, "opportunity"]
    assert [lifecycle_writes(world, each) for each in (rita, carla, olga)] == [[], [MQL], []]

    life.set_property(carla, "lifecyclestage", "lead")  # a person knows better: it is not written again
    for _ in range(2):
        world.pass_time(days=1)
        world.sync()
    assert world.hubspot(carla)["lifecyclestage"] == "lead"


def test_a_fall_to_a_stage_is_no_reason_to_write_its_lifecycle(world):
    biel = world.email("biel")
    assert (world.stage(biel), world.hubspot(biel)["lifecyclestage"]) == ("hot", "lead")
    for _ in range(8):
        world.pass_time(days=7)
        world.sync()
        if world.stage(biel) != "hot":
            break
    assert world.stage(biel) == "qualified"
    assert lifecycle_writes(world, biel) == []


def test_forward_is_the_portals_own_order(make_world):
    """Stage 8812 stands before, "opportunity" now before, 9921 after marketingqualifiedlead; HubSpot lists them anyhow."""
    order = [
        "subscriber",
        "lead",
        "8812",
        "opportunity",
        MQL,
        "9921",
        "salesqualifiedlead",
        "customer",
        "evangelist",
        "other",
    ]

    def reorder(sandbox, _population):
        definitions = sandbox.hubspot.definitions["contacts"]
        options = [Option(stage, stage.capitalize(), order.index(stage)) for stage in sorted(order)]
        definitions.put(replace(definitions.get("lifecyclestage"), options=tuple(options)))

    world = make_world(before=reorder)
    present = {"carla": "8812", "olga": "opportunity", "rita": "9921", "sara": "salesqualifiedlead"}
    leads = {key: world.new_lead(key) for key in present}
    for key, stage in present.items():
        world.sandbox.hubspot.life.set_property(leads[key], "lifecyclestage", stage)
    world.pass_time(minutes=5)
    world.sync()
    for email in leads.values():
        world.sandbox.hubspot.life.visit_page(email, PRICING)
    world.pass_time(minutes=5)
    world.sync()
    assert {world.stage(email) for email in leads.values()} == {"qualified"}
    assert {key: lifecycle_writes(world, email) for key, email in leads.items()} == {
        "carla": [MQL],
        "olga": [MQL],
        "rita": [],
        "sara": [],
    }
    assert [world.hubspot(leads[key])["lifecyclestage"] for key in present] == [MQL, MQL, "9921", "salesqualifiedlead"]


def falling(make_world):
    """A world whose admin lets Trellis move the lifecycle back, and carla, whom it made a marketing qualified lead."""
    world = make_world(
        edits={
            "fields.yaml": ("when: forward, owner: platform", "when: both, owner: trellis"),
            "stages.yaml": ("leave_below: 14", "leave_below: 14\n    lifecycle: lead"),
        }
    )
    carla = world.new_lead("carla")
    world.pass_time(minutes=5)
    world.sync()
    world.sandbox.hubspot.life.visit_page(carla, PRICING)
    world.pass_time(minutes=5)
    world.sync()
    assert (world.stage(carla), world.hubspot(carla)["lifecyclestage"]) == ("qualified", MQL)
    return world, carla


def let_fall(world, email):
    for _ in range(20):
        world.pass_time(days=7)
        world.sync()
        if world.stage(email) != "qualified":
            break
    world.sync()
    assert world.stage(email) == "nurture"


def test_the_lifecycle_follows_a_fall_where_the_admin_says_so(make_world):
    world, carla = falling(make_world)
    let_fall(world, carla)
    assert world.hubspot(carla)["lifecyclestage"] == "lead"
    assert lifecycle_writes(world, carla) == [MQL, "lead"]
    world.settle()
    assert lifecycle_writes(world, carla) == [MQL, "lead"]


def test_what_a_person_set_since_is_not_moved_back(make_world):
    world, carla = falling(make_world)
    world.sandbox.hubspot.life.set_property(carla, "lifecyclestage", "opportunity")
    world.pass_time(minutes=5)
    world.sync()
    let_fall(world, carla)
    assert world.hubspot(carla)["lifecyclestage"] == "opportunity"
    assert lifecycle_writes(world, carla) == [MQL]
