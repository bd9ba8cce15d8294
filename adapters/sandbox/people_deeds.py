"""How each deed of the story is done on the pretend platforms; webhooks, counters and workflows follow by themselves."""

from collections.abc import Callable, Mapping

from adapters.sandbox.people import Population
from adapters.sandbox.people_cast import Person
from adapters.sandbox.people_story import WELCOME, Deed, Does
from adapters.sandbox.world import Sandbox


def do(sandbox: Sandbox, population: Population, deed: Deed) -> None:
    """Let it happen now. Raises LookupError for somebody whom the platform does not know yet."""
    _DEEDS[deed.does](sandbox, population.person(deed.who), deed)


def _form(sandbox: Sandbox, person: Person, deed: Deed) -> None:
    sandbox.hubspot.life.fill_form(person.email, deed.what, deed.values, deed.page)


def _page(sandbox: Sandbox, person: Person, deed: Deed) -> None:
    sandbox.hubspot.life.visit_page(person.email, deed.what)


def _sign_up(sandbox: Sandbox, person: Person, deed: Deed) -> None:
    life = sandbox.mailchimp.life
    life.subscribe(person.address, merge_fields=deed.values)
    life.send_campaign(WELCOME, to=[person.address])
    _click_welcome(sandbox, person, deed)


def _click_welcome(sandbox: Sandbox, person: Person, deed: Deed) -> None:
    sandbox.mailchimp.life.open(person.address, WELCOME)
    sandbox.mailchimp.life.click(person.address, WELCOME, deed.what)


def _click(sandbox: Sandbox, person: Person, deed: Deed) -> None:
    sandbox.hubspot.life.click_mail(person.email, deed.what, deed.page)


def _edit(sandbox: Sandbox, person: Person, deed: Deed) -> None:
    for name, value in deed.values.items():
        sandbox.hubspot.life.set_property(person.email, name, value)


def _buy(sandbox: Sandbox, person: Person, deed: Deed) -> None:
    sandbox.hubspot.life.win_deal(person.email, deed.what)


_DEEDS: Mapping[Does, Callable[[Sandbox, Person, Deed], None]] = {
    "form": _form,
    "page": _page,
    "sign_up": _sign_up,
    "click_welcome": _click_welcome,
    "click": _click,
    "edit": _edit,
    "buy": _buy,
}
