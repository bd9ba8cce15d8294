"""What people do by themselves between passes, by lot: two worlds with the same lot live the same."""

from __future__ import annotations

PRICING = "https://www.brightledger.example/pricing"
FORMS = ("Pricing guide", "Newsletter", "Demo request", "Webinar")
#: What becomes of a contact's properties.
VALUES = {
    "jobtitle": ("CFO", "Estudiante", "Directora financiera", "Controller", ""),
    "lifecyclestage": ("subscriber", "lead", "opportunity", "customer"),
    "country": ("Spain", "France", ""),
    "trellis_exclude": ("true", "false"),
}


def live(world, lot, number, *, acts, leads, values=VALUES):
    """So many acts; every third time somebody unsubscribes too, and so many leads come. `number` is in their names."""
    life, members = world.sandbox.hubspot.life, world.sandbox.mailchimp.life
    known = sorted(email for record in world.sandbox.hubspot.contacts if (email := record.values.get("email")))
    for _ in range(acts):
        email, name = lot.choice(known), lot.choice([*values, "page", "form", "click"])
        if name in values:
            life.set_property(email, name, lot.choice(values[name]))
        elif name == "page":
            life.visit_page(email, PRICING)
        elif name == "form":
            life.fill_form(email, lot.choice(FORMS), {}, PRICING)
        else:
            life.click_mail(email, "[FIN] 1", PRICING)
    if number % 3 == 0:
        life.unsubscribe(lot.choice(known))
        for one in range(leads):
            world.new_lead(f"new{number}{'abcdefgh'[one]}", form=lot.choice(FORMS))
    member = lot.choice(sorted(one["email_address"] for one in world.members().values()))
    members.edit_profile(member, {"JOBTITLE": lot.choice(VALUES["jobtitle"])})
