"""Promise 1: nobody is enrolled wrongly, whatever they do and whenever they say no."""

from collections import Counter

import pytest

from adapters.sandbox.faults import Fault
from adapters.sandbox.mailchimp import writing

SUBSCRIPTION = "4711"


def ask_again(world, email):
    """A marketer sends the confirmation mail once more: until she confirms, she is pending."""
    account = world.sandbox.mailchimp
    with account.lock:
        audience = account.audience(world.population.audience)
        writing.update(account, audience, audience.get(email), {"status": "pending"}, source="admin")


def test_who_said_no_anywhere_before_is_never_enrolled_whatever_she_does(world):
    hubspot, mailchimp = world.sandbox.hubspot.life, world.sandbox.mailchimp.life

    no = {
        "opted out at HubSpot": world.new_lead("abril"),
        "opted out of this mail at HubSpot": world.new_lead("bruna"),
        "excluded by sales": world.new_lead("celia"),
        "bounced at HubSpot": world.new_lead("dalia"),
        "unsubscribed at Mailchimp": world.new_lead("elena"),
        "cleaned at Mailchimp": world.new_lead("fanny"),
        "complained at Mailchimp": world.new_lead("gina"),
        "archived, only at Mailchimp": world.new_member("helga"),
        "unsubscribed, only at Mailchimp": world.new_member("ines"),
        "opted out of this mail at HubSpot, subscribed at Mailchimp": world.new_lead("julia"),
        "asked again for her consent, only at Mailchimp": world.new_member("karla"),
    }
    hubspot.unsubscribe(no["opted out at HubSpot"])
    hubspot.unsubscribe(no["opted out of this mail at HubSpot"], SUBSCRIPTION)
    hubspot.set_property(no["excluded by sales"], "trellis_exclude", "true")
    hubspot.hard_bounce(no["bounced at HubSpot"])
    for key in ("elena", "fanny", "gina", "julia"):
        world.new_member(key)
    mailchimp.unsubscribe(no["unsubscribed at Mailchimp"])
    mailchimp.bounce(no["cleaned at Mailchimp"], "Hello fanny")
    mailchimp.complain(no["complained at Mailchimp"], "Hello gina")
    mailchimp.archive(no["archived, only at Mailchimp"])
    mailchimp.unsubscribe(no["unsubscribed, only at Mailchimp"])
    hubspot.unsubscribe(no["opted out of this mail at HubSpot, subscribed at Mailchimp"], SUBSCRIPTION)
    ask_again(world, no["asked again for her consent, only at Mailchimp"])
    for key in ("noor", "sofia", "pau", "quim"):
        hubspot.fill_form(world.email(key), "Newsletter", {}, "https://www.brightledger.example/blog")
    yes = world.new_lead("clara")

    for _ in range(3):
        world.flush()
        world.work()
        world.pass_time(minutes=5)
        world.sync()

    assert {one.email for one in world.entered()} == {yes}
    marked = {id_ for id_, values in world.portal().items() if values.get("trellis_enrolled")}
    assert marked == {world.hubspot(yes)["hs_object_id"]}


def test_a_no_between_judging_and_the_call_is_respected(world):
    hubspot, mailchimp = world.sandbox.hubspot.life, world.sandbox.mailchimp.life
    leads = {
        key: world.new_lead(key) for key in ("abril", "bruna", "celia", "dalia", "elena", "fanny", "gina", "clara")
    }
    world.new_member("elena")
    helga, irene = world.new_member("helga"), world.new_member("irene")
    tally = world.judge()
    assert len(world.rows("SELECT id FROM intent WHERE kind = 'enroll' AND state = 'pending'")) == tally["judged"] == 10

    hubspot.unsubscribe(leads["abril"])
    hubspot.unsubscribe(leads["bruna"], SUBSCRIPTION)
    hubspot.set_property(leads["celia"], "trellis_exclude", "true")
    hubspot.hard_bounce(leads["dalia"])
    mailchimp.unsubscribe(leads["elena"])
    mailchimp.subscribe(leads["fanny"])  # a member whom we have not met
    mailchimp.unsubscribe(leads["fanny"])
    hubspot.archive(leads["gina"])
    mailchimp.unsubscribe(helga)
    tally = world.deliver()

    assert (tally["enrolled"], tally["not enrolled"]) == (2, 8)
    assert {one.email for one in world.entered()} == {leads["clara"], irene}
    said = {key: world.intents(leads[key])[0] for key in leads}
    assert said["abril"] == said["elena"] == said["fanny"] == ("refused", "opted_out")
    assert said["bruna"] == ("refused", "opted_out: of this subscription type")
    assert said["celia"] == ("refused", "excluded")
    assert said["dalia"] == ("refused", "bounced")
    assert said["gina"] == ("pending", "unreadable: hubspot")  # asked again while her life of 24 h lasts
    assert world.intents(helga) == [("refused", "opted_out")]
    world.end_pauses()
    world.sync()
    world.pass_time(days=2)
    world.sync()
    assert {one.email for one in world.entered()} == {leads["clara"], irene}


@pytest.mark.parametrize(
    ("platform", "method", "path"),
    [("hubspot", "POST", "contacts/batch/read"), ("mailchimp", "GET", r"/members/\w{20}")],
    ids=["hubspot", "mailchimp"],
)
def test_a_platform_that_does_not_say_whether_she_may_be_mailed_means_not_now(world, platform, method, path):
    server = getattr(world.sandbox, f"{platform}_server")
    carla = world.new_lead("carla")
    world.new_member("carla")
    world.judge()
    silence = Fault(method=method, path=path, times=None, status=403, body={"message": "no", "title": "Forbidden"})
    server.faults.add(silence)
    tally = world.deliver()
    assert silence.hits >= 1
    assert (tally["enrolled"], tally["not enrolled"]) == (0, 1)
    assert world.intents(carla)[0][1].startswith("unreadable")

    server.faults.clear()
    world.end_pauses()
    world.sync()
    assert [one.email for one in world.entered()] == [carla]
    assert Counter(state for state, _ in world.intents(carla)) == {"accepted": 1}
