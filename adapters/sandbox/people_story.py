"""The demo's story: who its five people are, and what happens to each on which day of four weeks. Data alone."""

from dataclasses import dataclass, field
from typing import Literal

from adapters.sandbox.people_cast import Person, cast, person_at
from adapters.sandbox.people_places import BLOG, DEMO, DEMO_REQUEST, NEWSLETTER, PRICING, PRICING_GUIDE, WEBINAR

FIVE = ("maria", "laia", "joan", "brian", "noor")
WELCOME = "Welcome"
_MONTH_END, _CASH = BLOG[0], BLOG[1]

Does = Literal["form", "page", "sign_up", "click", "click_welcome", "edit", "buy"]


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that happens to one of the five.

    Attributes:
        week, day: of the story: 1 to 4, 1 (Monday) to 7.
        who: key of the person.
        does: form (`what`: its name), page (`what`: its address), sign_up at Mailchimp (`what`: the first link clicked in
            the welcome mail), click (`what`: a mail of a HubSpot workflow), click_welcome (`what`: one more link of that
            mail), edit of the record by a colleague, buy (`what`: the deal's name).
        told: the same for people, in a few words.
        page: on which page the form stands, or the click ends.
        values: what she tells the form, or the colleague writes.

    """

    week: int
    day: int
    who: str
    does: Does
    what: str
    told: str
    page: str = ""
    values: dict[str, str] = field(default_factory=dict)


def story_cast() -> list[Person]:
    """The named people as they are before the story begins: of the five only noor is there; the others have yet to come."""
    others = [person for person in cast() if person.key not in FIVE or person.key == "noor"]
    newcomers = [
        person_at("maria", "Maria", "Soler", "Finance Manager", "Llobera Alimentació"),
        person_at("laia", "Laia", "Camps", "Controller financiera", "Tèxtil Vapor Nou"),
        person_at("joan", "Joan", "Riera", "Operations Manager", "Transportes Ebro"),
        person_at("brian", "Brian", "Walsh", "CFO", "Kestrel Payroll"),
    ]
    for person in newcomers:
        person.on_hubspot = person.on_mailchimp = False
    return [*newcomers, *others]


STORY = (
    # maria: captured, held, reminded, nurtured, handed over, accepted
    Deed(1, 1, "maria", "form", NEWSLETTER, 'fills in "Newsletter", her name only', BLOG[4], {"firstname": "Maria"}),
    Deed(
        1,
        2,
        "maria",
        "edit",
        "",
        "marketing adds her title and company to the record",
        values={"jobtitle": "Finance Manager", "company": "Llobera Alimentació", "phone": "+34 600 100 001"},
    ),
    Deed(1, 3, "maria", "page", PRICING, "reads the prices"),
    Deed(1, 4, "maria", "page", PRICING, "reads the prices again"),
    Deed(2, 4, "maria", "click", "[FIN] 1 Month-end in three days", "clicks in [FIN] 1", _MONTH_END),
    Deed(3, 1, "maria", "form", DEMO_REQUEST, 'fills in "Demo request"', DEMO, {"firstname": "Maria"}),
    Deed(
        3,
        2,
        "maria",
        "edit",
        "",
        "sales accepts her (trellis_sales_verdict)",
        values={"trellis_sales_verdict": "accepted"},
    ),
    # laia: known to Mailchimp alone at first; another job, then another interest
    Deed(
        1,
        2,
        "laia",
        "sign_up",
        _CASH,
        "signs up at Mailchimp, clicks in the welcome mail",
        values={"FNAME": "Laia", "LNAME": "Camps", "JOBTITLE": "Administrativa"},
    ),
    Deed(1, 3, "laia", "click_welcome", BLOG[4], "clicks there once more"),
    Deed(
        2,
        1,
        "laia",
        "form",
        NEWSLETTER,
        "has a new job, and tells a form at HubSpot: controller",
        _CASH,
        {"firstname": "Laia", "jobtitle": "Controller financiera", "company": "Tèxtil Vapor Nou", "country": "España"},
    ),
    Deed(3, 3, "laia", "page", _MONTH_END, "reads of the month-end, no more of cash"),
    Deed(3, 4, "laia", "page", _MONTH_END, "again"),
    Deed(3, 5, "laia", "page", _MONTH_END, "and again"),
    # joan: never answers
    Deed(
        1,
        1,
        "joan",
        "form",
        WEBINAR,
        "registers for a webinar",
        f"{PRICING.rpartition('/')[0]}/webinars/closing-the-books",
        {"firstname": "Joan", "jobtitle": "Operations Manager", "company": "Transportes Ebro", "country": "España"},
    ),
    # brian: buys
    Deed(
        1,
        1,
        "brian",
        "form",
        NEWSLETTER,
        'fills in "Newsletter"',
        BLOG[4],
        {
            "firstname": "Brian",
            "jobtitle": "CFO",
            "company": "Kestrel Payroll",
            "country": "United Kingdom",
            "numemployees": "100-500",
        },
    ),
    Deed(2, 2, "brian", "buy", "Walsh: yearly plan", "buys: his deal is won"),
    Deed(
        3, 4, "brian", "form", DEMO_REQUEST, 'fills in "Demo request", as any lead might', DEMO, {"firstname": "Brian"}
    ),
    # noor: left Mailchimp long ago
    Deed(1, 3, "noor", "form", PRICING_GUIDE, 'fills in "Pricing guide"', PRICING, {"firstname": "Noor"}),
    Deed(3, 2, "noor", "page", PRICING, "reads the prices"),
)
