"""The named people of the demo's world, each with a story that tests and the demo lean on."""

from dataclasses import dataclass, field

from adapters.sandbox.people_places import (
    BLOG,
    COMPANIES,
    DEMO_REQUEST,
    NEWSLETTER,
    PRICING,
    PRICING_GUIDE,
    WEBINAR,
    Company,
    slug,
)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing of a person's past at HubSpot: `do` is page or form, `what` its address or name."""

    days_ago: float
    do: str
    what: str


@dataclass(slots=True)
class Person:
    """One person before she is put on the platforms.

    Attributes:
        key: name in the cast, "" for the crowd.
        email: "" for somebody without one (at HubSpot).
        newsletter_email: her address at Mailchimp where it is spelled differently or is another one.
        lifecycle: HubSpot's lifecycle stage; "" leaves it to the forms.
        known_days: days since HubSpot knows her; subscribed_days: since she is in the audience.
        opens, clicks: chance that she opens, and having opened clicks, a mail.
        machine_opens: her mail program loads every picture.
        ending: how it ended at Mailchimp: unsubscribed, cleaned, complained, pending, archived, or "".
        opted_out: at HubSpot: "all", the id of a subscription type, or "".
        hard_bounced: at HubSpot.
        excluded: sales will tick the exclude box.

    """

    first: str
    last: str
    title: str
    company: Company | None
    email: str
    key: str = ""
    on_hubspot: bool = True
    on_mailchimp: bool = False
    newsletter_email: str = ""
    lifecycle: str = ""
    phone: str = ""
    known_days: float = 60
    subscribed_days: float = 60
    opens: float = 0.3
    clicks: float = 0.05
    machine_opens: bool = False
    ending: str = ""
    opted_out: str = ""
    hard_bounced: bool = False
    excluded: bool = False
    acts: list[Act] = field(default_factory=list)

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}"

    @property
    def address(self) -> str:
        """Her address at Mailchimp."""
        return self.newsletter_email or self.email


def _at(name: str) -> Company:
    return next(company for company in COMPANIES if company.name == name)


def person_at(key: str, first: str, last: str, title: str, company: str, **more: object) -> Person:
    """A named person of one of the companies, by default known to both platforms; `more` are settings of Person."""
    place = _at(company)
    person = Person(first, last, title, place, f"{slug(first)}@{place.domain}", key=key)
    person.on_mailchimp = True
    for name, value in more.items():
        setattr(person, name, value)
    return person


def _read(*days: float) -> list[Act]:
    return [Act(day, "page", BLOG[number % len(BLOG)]) for number, day in enumerate(days)]


def cast() -> list[Person]:
    """The named people, new objects on every call."""
    return [
        # maria: new lead; will ask for a demo
        person_at(
            "maria",
            "Maria",
            "Soler",
            "Finance Manager",
            "Llobera Alimentació",
            phone="+34 600 100 001",
            known_days=9,
            subscribed_days=9,
            acts=[Act(9, "form", NEWSLETTER), *_read(6, 3)],
        ),
        # brian: customer; goes on reading, must never be demoted
        person_at(
            "brian",
            "Brian",
            "Walsh",
            "CFO",
            "Harrow Bridge Foods",
            lifecycle="customer",
            known_days=210,
            subscribed_days=200,
            opens=0.8,
            clicks=0.5,
            acts=[Act(110, "form", DEMO_REQUEST), Act(100, "page", PRICING), *_read(40, 12)],
        ),
        # noor: unsubscribed at Mailchimp, subscribed at HubSpot, would match otherwise
        person_at(
            "noor",
            "Noor",
            "Haddad",
            "Head of Finance",
            "Tecnologies Montseny",
            known_days=90,
            subscribed_days=90,
            ending="unsubscribed",
            acts=[Act(45, "form", WEBINAR), *_read(44, 18), Act(16, "page", PRICING)],
        ),
        # sofia: opted out at HubSpot, subscribed at Mailchimp
        person_at(
            "sofia",
            "Sofia",
            "Marín",
            "Directora financiera",
            "Cerámicas Levante",
            known_days=100,
            subscribed_days=100,
            opted_out="all",
            opens=0.7,
            clicks=0.4,
            acts=[Act(60, "form", WEBINAR), *_read(59, 20, 15)],
        ),
        # pau: sales asks to keep away
        person_at(
            "pau",
            "Pau",
            "Ferrer",
            "Operations Manager",
            "Logística Mediterrània",
            known_days=80,
            subscribed_days=80,
            excluded=True,
            acts=[Act(30, "form", PRICING_GUIDE), Act(29, "page", PRICING), *_read(20)],
        ),
        # emma: loves the content, never buys
        person_at(
            "emma",
            "Emma",
            "Clarke",
            "Student",
            "Escola Superior del Vallès",
            known_days=110,
            subscribed_days=110,
            opens=0.95,
            clicks=0.6,
            acts=[Act(70, "form", WEBINAR), Act(30, "form", PRICING_GUIDE), *_read(65, 50, 40, 31, 22, 14, 9, 5, 2)],
        ),
        # biel: hot by what he does
        person_at(
            "biel",
            "Biel",
            "Roca",
            "Director de operaciones",
            "Hoteles Tramuntana",
            phone="+34 600 100 002",
            known_days=50,
            subscribed_days=50,
            opens=0.9,
            clicks=0.7,
            acts=[
                Act(40, "form", WEBINAR),
                *_read(39, 25),
                Act(12, "form", PRICING_GUIDE),
                Act(11, "page", PRICING),
                Act(4, "form", DEMO_REQUEST),
                Act(3, "page", PRICING),
            ],
        ),
        # quim: his mailbox is gone
        person_at(
            "quim",
            "Quim",
            "Vidal",
            "Financial Controller",
            "Paper del Ter",
            known_days=115,
            subscribed_days=115,
            ending="cleaned",
            hard_bounced=True,
            acts=[Act(90, "form", WEBINAR), *_read(88, 70)],
        ),
        # aina: only at Mailchimp
        person_at(
            "aina",
            "Aina",
            "Mas",
            "Cap de finances",
            "Assegurances Pirineu",
            on_hubspot=False,
            subscribed_days=75,
            opens=0.9,
            clicks=0.8,
        ),
        # teo: no e-mail address
        person_at(
            "teo",
            "Teo",
            "Blanco",
            "Responsable de operaciones",
            "Aceros Nervión",
            email="",
            on_mailchimp=False,
            phone="+34 600 100 003",
            known_days=35,
        ),
        # laia and jordi: read pricing when life happens
        person_at(
            "laia",
            "Laia",
            "Camps",
            "Cap d'operacions",
            "Tèxtil Vapor Nou",
            known_days=40,
            subscribed_days=40,
            opens=0.6,
            clicks=0.3,
            acts=[Act(40, "form", NEWSLETTER), *_read(38, 21)],
        ),
        person_at(
            "jordi",
            "Jordi",
            "Pons",
            "Responsable financiero",
            "Maquinaria Aragonesa",
            known_days=33,
            subscribed_days=33,
            opens=0.6,
            clicks=0.3,
            acts=[Act(33, "form", WEBINAR), *_read(20)],
        ),
        # marta: unsubscribes when life happens
        person_at(
            "marta",
            "Marta",
            "Ribas",
            "Treasury Manager",
            "Seguros Cibeles",
            known_days=65,
            subscribed_days=65,
            acts=[Act(65, "form", WEBINAR), *_read(30), Act(25, "form", PRICING_GUIDE)],
        ),
    ]
