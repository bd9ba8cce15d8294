"""What the token may not read is said by `sync` in one line with its cure, for as long as it lasts; all else is read."""

import json

import psycopg

from connector.cli.exits import Exit

MAPPED = "  unsubscribe: {mailchimp: activity.unsub}\n"
NO_LISTS = '  # list_joined: {hubspot: {lists: ["Visited pricing"]}}'
FAIR = '  list_joined: {hubspot: {lists: ["Came to the fair"]}}'


def without(town, *scopes):
    settings = town.sandbox.hubspot.settings
    settings.scopes = settings.scopes - set(scopes)


def unread(ran):
    return [line for line in ran.out.splitlines() if line.startswith("Not read:")]


def test_deals_and_forms_that_may_not_be_read_are_said_until_they_can_be_or_are_no_longer_asked_for(settled):
    every = settled.sandbox.hubspot.settings.scopes
    settled.edit("fields.yaml", MAPPED, f"{MAPPED}  deal_won: {{hubspot: {{deals: won}}}}\n")
    assert settled.trellis("apply").code == Exit.DONE
    without(settled, "crm.objects.deals.read", "forms")
    maria = settled.email("maria")
    settled.sandbox.hubspot.life.fill_form(maria, "Newsletter", {"jobtitle": "CFO"}, "https://www.example.com/blog")
    deals = (
        "Not read: HubSpot's deals; the token lacks the scope crm.objects.deals.read:"
        " add it to the app or key, or take `deals` out of fields.yaml."
    )
    forms = (
        "Not read: HubSpot's forms; the token lacks the scope forms:"
        " add it to the app or key, or take `submissions` out of fields.yaml."
    )
    for _ in range(2):
        ran = settled.trellis("sync")
        assert (sorted(unread(ran)), ran.code) == ([deals, forms], Exit.REFUSED)
    told = json.loads(settled.trellis("sync", "--json").out)["unread"]
    assert sorted(one["stream"] for one in told) == ["deals", "forms"]
    checked = settled.trellis("check")
    assert checked.code == Exit.REFUSED, "as sync ends"
    settled.sandbox.hubspot.settings.scopes = every - {"crm.objects.deals.read"}
    assert unread(settled.trellis("sync")) == [deals], "forms are asked for again although no bell rings"
    settled.edit("fields.yaml", "  deal_won: {hubspot: {deals: won}}\n", "")
    assert settled.trellis("apply").code == Exit.DONE
    ran = settled.trellis("sync")
    assert (unread(ran), ran.code) == ([], Exit.DONE)


def test_without_the_scope_of_lists_all_else_is_read(settled):
    settled.sandbox.hubspot.life.join_list(settled.email("maria"), "Came to the fair")
    settled.edit("fields.yaml", NO_LISTS, FAIR)
    assert settled.trellis("apply").code == Exit.DONE
    assert settled.trellis("sync").code == Exit.DONE
    every = settled.sandbox.hubspot.settings.scopes
    without(settled, "crm.lists.read")
    assert settled.trellis("sync", "--full", "--dry-run").code == Exit.DONE
    maria = settled.email("maria")
    settled.sandbox.hubspot.life.fill_form(maria, "Newsletter", {"jobtitle": "CFO"}, "https://www.example.com/blog")
    with_lists_forgotten(settled)
    ran = settled.trellis("sync")
    lists = "Not read: HubSpot's lists; the token lacks the scope crm.lists.read:"
    assert unread(ran) == [f"{lists} add it to the app or key, or take `lists` out of fields.yaml."]
    assert ran.code == Exit.REFUSED
    assert "Read 0 records" not in ran.out
    assert settled.trellis("check").code == Exit.REFUSED
    settled.sandbox.hubspot.settings.scopes = every
    assert settled.trellis("sync").code == Exit.DONE


def with_lists_forgotten(town):
    """An hour goes by: what was kept of the portal's lists is asked for again."""
    with psycopg.connect(town.database.replace("+psycopg", "", 1)) as connection:
        connection.execute("DELETE FROM portal_cache WHERE key = 'hubspot:lists'")
