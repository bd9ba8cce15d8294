"""`trellis check` says which event sources the token may not read, and ends as `trellis sync` does; nothing stops for them."""

from connector.cli.exits import Exit

DEALS = "  unsubscribe: {mailchimp: activity.unsub}\n"


def errors(town):
    """What it says of the portal, beside what is to be watched."""
    ran = town.trellis("check")
    found = [line for line in ran.out.splitlines() if line.startswith("error: HubSpot")]
    assert ran.code == (Exit.REFUSED if found else Exit.DONE)
    return found


def test_forms_that_may_not_be_read_are_an_error(settled):
    settings = settled.sandbox.hubspot.settings
    settings.scopes = settings.scopes - {"forms"}
    assert errors(settled) == [
        (
            "error: HubSpot's forms cannot be read for lack of a scope: forms."
            " Add it to the app or key, or take `submissions` out of fields.yaml."
        )
    ]


def test_deals_are_asked_for_only_where_they_are_mapped(settled):
    settings = settled.sandbox.hubspot.settings
    settings.scopes = settings.scopes - {"crm.objects.deals.read"}
    assert errors(settled) == []
    settled.edit("fields.yaml", DEALS, f"{DEALS}  deal_won: {{hubspot: {{deals: won}}}}\n")
    assert errors(settled) == [
        (
            "error: HubSpot's deals cannot be read for lack of a scope: crm.objects.deals.read."
            " Add it to the app or key, or take `deals` out of fields.yaml."
        )
    ]
