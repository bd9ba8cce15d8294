"""`trellis check` says which event sources the token may not read; nothing else stops for them."""

from connector.cli.exits import Exit

DEALS = "  unsubscribe: {mailchimp: activity.unsub}\n"


def warnings(town):
    """What it warns of beside tracks."""
    ran = town.trellis("check")
    assert ran.code == Exit.DONE
    return [line for line in ran.out.splitlines() if line.startswith("warning: HubSpot")]


def test_forms_that_may_not_be_read_are_a_warning(settled):
    settings = settled.sandbox.hubspot.settings
    settings.scopes = settings.scopes - {"forms"}
    assert warnings(settled) == [
        (
            "warning: HubSpot's forms cannot be read for lack of a scope: forms."
            " Add it to the app or key, or take `submissions` out of fields.yaml."
        )
    ]


def test_deals_are_asked_for_only_where_they_are_mapped(settled):
    settings = settled.sandbox.hubspot.settings
    settings.scopes = settings.scopes - {"crm.objects.deals.read"}
    assert warnings(settled) == []
    settled.edit("fields.yaml", DEALS, f"{DEALS}  deal_won: {{hubspot: {{deals: won}}}}\n")
    assert warnings(settled) == [
        (
            "warning: HubSpot's deals cannot be read for lack of a scope: crm.objects.deals.read."
            " Add it to the app or key, or take `deals` out of fields.yaml."
        )
    ]
