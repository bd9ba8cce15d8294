"""Broken portals: the very lines that `trellis check` shows, and no others than in a portal that is in order."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from adapters.hubspot.client import HubSpotClient
from adapters.ports import PlatformBusy
from adapters.sandbox.faults import Fault
from adapters.sandbox.hubspot.definitions import Option
from connector.steps.checkup.looks import HUBSPOT, MAILCHIMP, asked

CERTIFICATE = Path(__file__).parent / "self_signed.pem"


@contextmanager
def without_scope(portal, scope: str) -> Iterator[None]:
    settings = portal.sandbox.hubspot.settings
    before = settings.scopes
    settings.scopes = before - {scope}
    yield
    settings.scopes = before


@contextmanager
def redefined(portal, name: str, **changes: object) -> Iterator[None]:
    contacts = portal.sandbox.hubspot.definitions["contacts"]
    before = contacts.get(name)
    contacts.put(replace(before, **changes))
    yield
    contacts.put(before)


@contextmanager
def deleted(portal, name: str) -> Iterator[None]:
    contacts = portal.sandbox.hubspot.definitions["contacts"]
    before = contacts.get(name)
    contacts.archive(name)
    yield
    contacts.put(before)


@contextmanager
def full(portal, name: str) -> Iterator[None]:
    """Somebody deleted a property of ours, and made so many others that it finds no room."""
    settings = portal.sandbox.hubspot.settings
    before, settings.custom_property_limit = settings.custom_property_limit, 12
    with deleted(portal, name):
        yield
    settings.custom_property_limit = before


@contextmanager
def renamed_list(portal) -> Iterator[None]:
    ours = portal.sandbox.hubspot.lists.named("Trellis: Only readers")
    ours.name = "Readers"
    yield
    ours.name = "Trellis: Only readers"


@contextmanager
def switched_off(portal) -> Iterator[None]:
    flow = next(one for one in portal.sandbox.hubspot.workflows if one.name == "Closing")
    flow.enabled = False
    yield
    flow.enabled = True


@contextmanager
def without_audience(portal) -> Iterator[None]:
    audiences = portal.sandbox.mailchimp.audiences
    gone = audiences.pop("abc123")
    yield
    audiences["abc123"] = gone


@contextmanager
def moved_webhook(portal) -> Iterator[None]:
    hook = portal.sandbox.mailchimp.webhooks.hooks["1"]
    before = hook.url
    hook.url = "https://old.acme.example/webhooks/mailchimp/an-older-token-of-ours"
    yield
    hook.url = before


def custom_stages(portal):
    """Stages of the portal's own carry numbers for their internal values."""
    options = portal.sandbox.hubspot.definitions["contacts"].get("lifecyclestage").options
    numbers = {"customer": "20011", "marketingqualifiedlead": "20012"}
    own = tuple(Option(numbers.get(one.value, one.value), one.label) for one in options)
    return redefined(portal, "lifecyclestage", options=own)


@contextmanager
def away(portal) -> Iterator[None]:
    portal.sandbox.hubspot_server.faults.add(Fault(times=None, ending="drop"))
    yield
    portal.sandbox.hubspot_server.faults.clear()


BROKEN: dict[str, tuple[Callable, set[str]]] = {
    "a scope is missing": (
        lambda portal: without_scope(portal, "crm.lists.read"),
        {
            (
                "error: HubSpot refuses for lack of a scope: crm.lists.read; lists are neither ways into tracks nor sources of"
                " acts. Add it to the app or key."
            )
        },
    ),
    "contacts may not be read": (
        lambda portal: without_scope(portal, "crm.objects.contacts.read"),
        {
            (
                "error: HubSpot refuses for lack of a scope: crm.objects.contacts.read; nobody can be read."
                " Add it to the app or key."
            )
        },
    ),
    "owners may not be read": (
        lambda portal: without_scope(portal, "crm.objects.owners.read"),
        {
            (
                "error: HubSpot refuses for lack of a scope: crm.objects.owners.read; nobody is handed over to sales, nor told"
                " what is held. Add it to the app or key."
            )
        },
    ),
    "companies may not be read": (
        lambda portal: without_scope(portal, "crm.objects.companies.read"),
        {
            (
                "error: HubSpot refuses for lack of a scope: crm.objects.companies.read; fields of companies stay empty, and"
                " passes end with an error. Add it to the app or key."
            )
        },
    ),
    "a property was deleted": (
        lambda portal: deleted(portal, "trellis_why"),
        {'error: HubSpot has no property "trellis_why". Run `trellis provision`.'},
    ),
    "a property was deleted, and there is no room": (
        lambda portal: full(portal, "trellis_why"),
        {
            'error: HubSpot has no property "trellis_why". Run `trellis provision`.',
            (
                "error: 1 property is missing, and the portal holds 12 of 12 custom ones. Archive some, then run"
                " `trellis provision`."
            ),
        },
    ),
    "a property is of another type": (
        lambda portal: redefined(portal, "trellis_score", type="string"),
        {
            (
                'error: property "trellis_score" is a string, not a number. Delete it and run `trellis provision`, or name'
                " another one in fields.yaml."
            )
        },
    ),
    "a property may only be read": (
        lambda portal: redefined(portal, "trellis_score", calculated=True),
        {
            (
                'error: property "trellis_score" is computed by HubSpot, and cannot be written. Name another one in fields.yaml'
                " or tracks.yaml."
            )
        },
    ),
    "a list was renamed": (
        renamed_list,
        {'error: HubSpot has no list "Trellis: Only readers". Run `trellis provision`.'},
    ),
    "a workflow was switched off": (
        switched_off,
        {
            'warning: track closing: what listens to trellis_track = closing is switched off, "Closing". Switch it on.',
        },
    ),
    "the audience is gone": (
        without_audience,
        {'error: Mailchimp has no audience "abc123". Correct `list` of audiences.main in fields.yaml.'},
    ),
    "the webhook leads elsewhere": (
        moved_webhook,
        {
            "warning: Mailchimp audience main has no webhook to PUBLIC_URL. Run `trellis provision`.",
            (
                "advice: Mailchimp audience main also has a webhook to another Trellis, or an older one, at old.acme.example."
                " Delete it in Mailchimp if nobody answers there any more."
            ),
        },
    ),
    "the lifecycle has stages of its own": (
        custom_stages,
        {
            (
                'error: stages.yaml, stage qualified: property "lifecyclestage" has no option "marketingqualifiedlead". Write'
                ' "20012", the internal value of the option "Marketing Qualified Lead".'
            ),
            *(
                f'warning: {where}: lifecycle is compared with "customer", and no option of it is called so. Write "20011",'
                ' the internal value of the option "Customer".'
                for where in (
                    "model acquisition, applies_to",
                    "model customers, applies_to",
                    "stages.yaml, state customer",
                )
            ),
        },
    ),
    "HubSpot is away": (
        away,
        {
            (
                "error: HubSpot cannot be asked: no answer from HubSpot (connection broken off). Try again, nothing is lost meanwhile; if"
                " it stays so, see that this machine may reach it."
            )
        },
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_each_breakage_is_told_with_its_cure_and_nothing_else_is(portal, what):
    break_it, lines = BROKEN[what]
    with break_it(portal):
        assert portal.news() == lines


def test_whatever_was_mended_is_in_order_again(portal):
    assert portal.news() == set()


def test_an_option_that_is_missing(portal):
    options = portal.sandbox.hubspot.definitions["contacts"].get("trellis_stage").options
    with redefined(portal, "trellis_stage", options=options[:-1]):
        assert portal.news() == {
            f'error: property "trellis_stage" lacks the options {options[-1].value}. Run `trellis provision`.'
        }


def test_a_token_that_was_withdrawn_costs_one_line_and_one_call(portal):
    log = portal.sandbox.hubspot_server.calls
    before = log.total
    (line,) = portal.calling(hubspot_access_token="withdrawn").news()
    assert line.startswith("error: HubSpot does not accept the token: HubSpot answered 401 to account: ")
    assert line.endswith(". Put a valid one into HUBSPOT_ACCESS_TOKEN.")
    assert log.total == before + 1
    (line,) = portal.calling(mailchimp_api_key="withdrawn-us19").news()
    assert line.startswith("error: Mailchimp does not accept the token: 401 API Key Invalid; ")
    assert line.endswith(". Put a valid one into MAILCHIMP_API_KEY.")


def test_a_proxy_that_opens_tls_is_told_with_the_files_that_make_it_trusted(portal):
    with tls_server() as url:
        changed = portal.calling(hubspot_base_url=url, mailchimp_base_url=f"{url}/3.0")
        cure = (
            "See that the machine's clock is right; if a proxy of your company stands in between, name the file of its"
            " certificates in SSL_CERT_FILE."
        )
        assert changed.news() == {
            f"error: {platform} cannot be asked: its certificate is not trusted here (self-signed certificate). {cure}"
            for platform in ("HubSpot", "Mailchimp")
        }


@pytest.mark.parametrize(
    ("platform", "error", "line"),
    [
        (
            HUBSPOT,
            PlatformBusy("hubspot", "You have reached your daily limit.", retry_after=3600, daily=True),
            (
                "error: HubSpot's calls of today are used up. They come back at midnight in the portal's time zone; see in its"
                " settings who else makes calls."
            ),
        ),
        (
            MAILCHIMP,
            PlatformBusy("mailchimp", "429 TooManyRequests", retry_after=2.0),
            (
                "error: Mailchimp cannot be asked: 429 TooManyRequests. Try again in 2 s; if it stays so, somebody else makes too"
                " many calls."
            ),
        ),
    ],
)
def test_a_platform_that_asks_to_wait(platform, error, line):
    def door() -> None:
        raise error

    (finding,) = asked(platform, door, [])
    assert (str(finding), finding.kind) == (line, "away")


def test_what_the_answers_tell_of_clock_and_quota(portal):
    assert portal.sandbox.hubspot.settings.rate_headers
    client: HubSpotClient = portal.parts.hubspot._client
    portal.found()
    quota = client.quota()
    assert (quota.calls, quota.seconds, quota.day) == (190, 10.0, 625_000)
    assert 0 < quota.day_left < quota.day
    assert client.clock.skew.certain_s < 1  # it is this very machine


class _Silent(WSGIRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


@contextmanager
def tls_server() -> Iterator[str]:
    """Somebody with a certificate that nobody trusts."""
    server = make_server(
        "127.0.0.1", 0, lambda _environ, start: (start("200 OK", []), [b"{}"])[1], handler_class=_Silent
    )
    server.handle_error = lambda *_: None  # each caller hangs up at the sight of it
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
