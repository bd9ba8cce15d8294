"""What goes wrong on the way to HubSpot: the right kind of error, few calls, nothing lost, nothing written twice.

Faults are injected by the sandbox's server, over real sockets, in both API versions. Waiting costs no time: the clock of
client and budget is a pretend one, but where a test is about bytes that come too late.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Lock

import pytest

from adapters.budget import RateBudget
from adapters.hubspot import HubSpotClient, HubSpotPlatform, Version
from adapters.ports import (
    Change,
    CredentialsRefused,
    Deadline,
    DeadlinePassed,
    Enrollment,
    Outcome,
    Page,
    PlatformBusy,
    PlatformError,
    PlatformUnreachable,
    ScopeMissing,
)
from adapters.sandbox import Clock, Fault, Sandbox
from adapters.sandbox.hubspot import Portal
from adapters.sandbox.hubspot.crowd import add_many

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
PEOPLE = 250
LIST, READ, SEARCH, UPDATE = r"contacts\?", "batch/read", "contacts/search", "batch/update"
HTML = "<html><body>Bad gateway</body></html>"
ROLLING = {"policyName": "TEN_SECONDLY_ROLLING", "message": "You have reached your ten_secondly_rolling limit."}
DAILY = {"policyName": "DAILY", "message": "You have reached your daily limit."}
#: Answers that did not reach us, or said nothing.
LOST = (
    Fault(status=502, body=HTML),
    Fault(status=503, body={"message": "unavailable"}),
    Fault(status=503),
    Fault(status=524, body=HTML),
    Fault(status=200),
    Fault(status=200, body=HTML),
    Fault(status=204),
    Fault(status=200, body=[]),
    Fault(ending="truncate"),
    Fault(ending="reset"),
    Fault(ending="drop"),
)
#: Answers that ask to wait a little.
BUSY = (
    Fault(status=429, body=ROLLING),
    Fault(status=429, body=ROLLING, headers={"Retry-After": "2"}),
    Fault(status=429, body=HTML),
    Fault(status=429),
    Fault(status=423, body={"message": "locked"}),
)


class Waits:
    """A clock that moves only by being slept on."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept = 0.0
        self._lock = Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds
            self.slept += seconds


class World:
    """A portal of some people, its faults, and our adapter on it."""

    def __init__(self, sandbox: Sandbox, version: Version) -> None:
        self.server = sandbox.hubspot_server
        self.url = sandbox.hubspot_url
        self.portal: Portal = sandbox.hubspot
        self.version = version
        self.waits = Waits()
        self.client = self.connect(self.waits, self.waits.sleep)
        self.hubspot = HubSpotPlatform(self.client, properties=["firstname", "jobtitle"])
        self.ids = [
            self.portal.life.add_contact({"email": f"p{i}@acme.example", "firstname": f"P{i}"}) for i in range(PEOPLE)
        ]

    def connect(
        self, monotonic: Callable[[], float], sleep: Callable[[float], None], deadline_s: float = 30.0
    ) -> HubSpotClient:
        def budget() -> RateBudget:
            return RateBudget(10_000, 1.0, burst=1000, monotonic=monotonic, sleep=sleep)

        return HubSpotClient(
            "sandbox-token",
            base_url=self.url,
            version=self.version,
            budget=budget(),
            search_budget=budget(),
            deadline_s=deadline_s,
            sleep=sleep,
            monotonic=monotonic,
            now=lambda: NOW,
        )

    def fault(self, fault: Fault, path: str, **changes: object) -> Fault:
        """Inject a copy of a fault into calls of `path`."""
        values = {name: getattr(fault, name) for name in ("status", "body", "headers", "ending", "times")}
        return self.server.faults.add(Fault(path=path, **{**values, **changes}))

    def reads(self) -> dict[str, Callable[[], list[str]]]:
        """Each way of reading everybody, giving ids."""
        return {
            LIST: lambda: ids_of(self.hubspot.all()),
            READ: lambda: [each.id for each in self.hubspot.by_ids(self.ids).records],
            SEARCH: lambda: ids_of(self.hubspot.changed(LONG_AGO, LATER)),
        }

    def titled(self, title: str = "CFO") -> list[Change]:
        return [Change(id_, {"jobtitle": title}) for id_ in self.ids]

    def titles_written(self) -> list[int]:
        """How many times each person's title was written."""
        return [len(self.portal.contacts.records[int(id_)].past("jobtitle")) for id_ in self.ids]

    @property
    def calls(self) -> int:
        return self.server.calls.total


def ids_of(pages: Iterable[Page]) -> list[str]:
    return [record.id for page in pages for record in page.records]


def until_error(pages: Iterable[Page]) -> tuple[list[Page], PlatformError | None]:
    """The pages that came, and the error with which they ended."""
    came: list[Page] = []
    try:
        came.extend(pages)
    except PlatformError as error:
        return came, error
    return came, None


@pytest.fixture(params=["v3", "2026-09"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with Sandbox(Clock(NOW), mailchimp=False) as sandbox:
        sandbox.hubspot.settings.limits_on = False
        sandbox.hubspot.settings.search_lag = 0
        yield World(sandbox, request.param)


def named(fault: Fault) -> str:
    kind = {str: "html", dict: "json", list: "list", type(None): "empty"}[type(fault.body)]
    waits = f"-after-{fault.headers['Retry-After']}" if fault.headers else ""
    return f"{fault.status}-{kind}{waits}" if fault.status else fault.ending


class TestReads:
    @pytest.mark.parametrize("way", [LIST, READ, SEARCH])
    @pytest.mark.parametrize("fault", [*LOST, *BUSY], ids=named)
    def test_what_passes_is_survived_and_nobody_is_missing(self, world: World, way: str, fault: Fault) -> None:
        read = world.reads()[way]
        read()
        undisturbed = world.calls
        world.server.calls.reset()
        injected = world.fault(fault, way, after=1)
        assert set(read()) == set(world.ids)
        assert injected.hits == 1
        assert world.calls <= undisturbed + 2, "one is asked again; a slow one may lead to another look at the extent"

    @pytest.mark.parametrize("way", [LIST, READ, SEARCH])
    @pytest.mark.parametrize("fault", LOST, ids=named)
    def test_what_stays_is_given_up_after_a_few_tries(self, world: World, way: str, fault: Fault) -> None:
        world.fault(fault, way, times=None)
        with pytest.raises(PlatformUnreachable) as caught:
            world.reads()[way]()
        assert not caught.value.maybe_applied
        assert world.calls <= 5
        assert 0 < world.waits.slept < 30

    @pytest.mark.parametrize("fault", [Fault(status=502, body=HTML), Fault(ending="reset")], ids=named)
    def test_a_read_that_broke_off_goes_on_where_it_was(self, world: World, fault: Fault) -> None:
        world.fault(fault, LIST, after=1, times=None)
        pages, error = until_error(world.hubspot.all())
        assert isinstance(error, PlatformUnreachable)
        world.server.faults.clear()
        rest = ids_of(world.hubspot.all(pages[-1].next))
        assert sorted([*ids_of(pages), *rest]) == sorted(world.ids), "nobody is missing, nobody is read twice"

    def test_a_token_that_is_withdrawn_in_the_middle_ends_the_read_at_once(self, world: World) -> None:
        world.fault(Fault(status=401, body={"category": "INVALID_AUTHENTICATION"}), LIST, after=1, times=None)
        pages, error = until_error(world.hubspot.all())
        assert isinstance(error, CredentialsRefused)
        assert len(pages) == 1
        assert world.calls <= 3
        world.server.faults.clear()
        assert len(ids_of(pages)) + len(ids_of(world.hubspot.all(pages[-1].next))) == PEOPLE

    @pytest.mark.parametrize("breaks", [False, True])
    def test_chains_side_by_side_lose_nobody(self, world: World, breaks: bool) -> None:
        add_many(world.portal, 3_000)
        everybody = {str(record.id) for record in world.portal.contacts}
        world.server.latency = 0.02
        hubspot = HubSpotPlatform(world.connect(time.monotonic, lambda _seconds: None), properties=["firstname"])
        world.fault(Fault(status=502, body=HTML), LIST, times=None, probability=0.1)
        pages: list[Page] = []
        if breaks:
            world.fault(Fault(status=401, body={}), LIST, after=12, times=None)
            pages, error = until_error(hubspot.all())
            assert isinstance(error, CredentialsRefused)
            world.server.faults.clear()
        rest = ids_of(hubspot.all(pages[-1].next if pages else None))
        assert set(ids_of(pages)) | set(rest) == everybody
        assert len(ids_of(pages)) + len(rest) == len(everybody)

    def test_a_scope_that_is_withdrawn_in_the_middle_is_named(self, world: World) -> None:
        pages = world.hubspot.changed(LONG_AGO, LATER)
        next(pages)
        world.portal.settings.scopes -= {"crm.objects.contacts.read"}
        with pytest.raises(ScopeMissing) as caught:
            next(pages)
        assert caught.value.scopes == ("crm.objects.contacts.read",)

    @pytest.mark.parametrize("way", [LIST, SEARCH, "memberships", "submissions"])
    def test_a_page_that_repeats_for_ever_ends(self, world: World, way: str) -> None:
        moment = "2026-11-21T12:00:00.000Z"
        row = {"id": "501", "recordId": "501", "properties": {"lastmodifieddate": moment}, "updatedAt": moment}
        row["submittedAt"] = 1_795_000_000_000
        again = {"total": 1_000, "results": [row] * 200, "paging": {"next": {"after": "502"}}}
        world.fault(Fault(status=200, body=again), way, times=None)
        reads: dict[str, Callable[[], object]] = {
            **world.reads(),
            "memberships": lambda: list(world.hubspot.list_members("1")),
            "submissions": lambda: list(world.hubspot.submissions("f", "Form", None)),
        }
        with pytest.raises(PlatformUnreachable):
            reads[way]()
        assert world.calls <= 6

    def test_any_other_good_status_is_as_good(self, world: World) -> None:
        row = {"id": "501", "properties": {"lastmodifieddate": "2026-11-21T12:00:00.000Z"}, "archived": False}
        for status in (201, 202, 207):
            world.fault(Fault(status=status, body={"results": [row]}), LIST)
            assert ids_of(world.hubspot.all()) == ["501"]


class TestWaits:
    @pytest.mark.parametrize(
        ("told", "least", "most"),
        [
            ("3", 3, 5),
            ("2.5", 2.5, 5),
            (format_datetime(NOW + timedelta(seconds=4), usegmt=True), 4, 6),
            (format_datetime(NOW - timedelta(hours=1), usegmt=True), 1, 3),
            ("0", 1, 3),
            ("-7", 1, 20),
            ("soon", 1, 20),
            (None, 1, 20),
        ],
    )
    def test_a_429_is_waited_for_as_told_and_never_asked_again_at_once(
        self, world: World, told: str | None, least: float, most: float
    ) -> None:
        world.fault(Fault(status=429, body=ROLLING, headers={"Retry-After": told} if told else {}), LIST)
        assert len(ids_of(world.hubspot.all())) == PEOPLE
        assert least <= world.waits.slept <= most

    @pytest.mark.parametrize("told", ["31536000", format_datetime(NOW + timedelta(days=400), usegmt=True)])
    def test_an_absurd_wait_is_cut_and_left_to_the_caller(self, world: World, told: str) -> None:
        world.fault(Fault(status=429, body=ROLLING, headers={"Retry-After": told}), LIST, times=None)
        with pytest.raises(PlatformBusy) as caught:
            ids_of(world.hubspot.all())
        assert caught.value.retry_after <= 120
        assert (world.calls, world.waits.slept) == (1, 0)

    def test_the_day_is_over(self, world: World) -> None:
        world.fault(Fault(status=429, body=DAILY, headers={"Retry-After": "1"}), "", times=None)
        with pytest.raises(PlatformBusy) as caught:
            ids_of(world.hubspot.all())
        assert caught.value.daily
        assert caught.value.retry_after >= 600
        assert world.calls == 1
        outcomes = world.hubspot.write(world.titled())
        assert {each.outcome for each in outcomes} == {Outcome.LATER}
        assert len(outcomes) == PEOPLE
        assert world.calls <= 2, "the other batches are not even tried"

    def test_the_limit_of_search_does_not_slow_the_rest(self, world: World) -> None:
        world.fault(Fault(status=429, body={"policyName": "SECONDLY"}), SEARCH, times=2)
        assert set(ids_of(world.hubspot.changed(LONG_AGO, LATER))) == set(world.ids)
        assert world.waits.slept >= 2
        before = world.waits.slept
        assert len(ids_of(world.hubspot.all())) == PEOPLE
        assert world.waits.slept == before

    def test_a_429_without_end_is_left_to_the_caller(self, world: World) -> None:
        world.fault(Fault(status=429, body=ROLLING, headers={"Retry-After": "1"}), LIST, times=None)
        with pytest.raises(PlatformBusy) as caught:
            ids_of(world.hubspot.all())
        assert caught.value.retry_after >= 1
        assert world.calls <= 5

    @pytest.mark.parametrize("told", [None, "1"])
    def test_a_lock_is_given_two_seconds_at_least(self, world: World, told: str | None) -> None:
        headers = {"Retry-After": told} if told else {}
        world.fault(Fault(status=423, body={"message": "locked"}, headers=headers), UPDATE)
        assert {each.outcome for each in world.hubspot.write(world.titled())} == {Outcome.DONE}
        assert world.waits.slept >= 2
        assert world.titles_written() == [1] * PEOPLE

    @pytest.mark.parametrize(
        ("told", "least", "most"), [("7200", 7200, 7200), (None, 60, 600), ("999999", 86400, 86400)]
    )
    def test_an_account_on_the_move_is_left_alone(
        self, world: World, told: str | None, least: float, most: float
    ) -> None:
        world.fault(Fault(status=477, body={}, headers={"Retry-After": told} if told else {}), "", times=None)
        with pytest.raises(PlatformBusy) as caught:
            ids_of(world.hubspot.all())
        assert least <= caught.value.retry_after <= most
        assert world.calls == 1


class TestWrites:
    @pytest.mark.parametrize("fault", BUSY, ids=named)
    def test_a_busy_platform_took_nothing_so_it_is_asked_again(self, world: World, fault: Fault) -> None:
        world.fault(fault, UPDATE)
        assert {each.outcome for each in world.hubspot.write(world.titled())} == {Outcome.DONE}
        assert world.titles_written() == [1] * PEOPLE
        assert world.calls == 4

    @pytest.mark.parametrize("applied", [False, True])
    @pytest.mark.parametrize("fault", [each for each in LOST if each.status], ids=named)
    def test_an_answer_that_says_nothing_leaves_its_rows_unknown(
        self, world: World, fault: Fault, applied: bool
    ) -> None:
        world.portal.clock.advance(timedelta(minutes=1))
        world.fault(fault, UPDATE, apply=applied)
        outcomes = world.hubspot.write(world.titled())
        unknown = [each for each in outcomes if each.outcome is Outcome.UNKNOWN]
        assert (len(unknown), len(outcomes)) == (100, PEOPLE)
        assert all(isinstance(each.error, PlatformUnreachable) and each.error.maybe_applied for each in unknown)
        assert {each.outcome for each in outcomes if each not in unknown} == {Outcome.DONE}
        assert world.calls == 3
        assert sum(world.titles_written()) == (PEOPLE if applied else PEOPLE - 100)
        again = world.hubspot.write([Change(each.id, {"jobtitle": "CFO"}) for each in unknown])
        assert {each.outcome for each in again} == {Outcome.DONE}
        assert world.titles_written() == [1] * PEOPLE

    @pytest.mark.parametrize("ending", ["drop", "truncate", "reset"])
    def test_an_answer_that_breaks_off_leaves_its_rows_unknown_and_is_not_asked_for_again(
        self, world: World, ending: str
    ) -> None:
        injected = world.fault(Fault(ending=ending), UPDATE)  # type: ignore[arg-type]
        outcomes = world.hubspot.write(world.titled())
        assert [each.outcome for each in outcomes].count(Outcome.UNKNOWN) == 100
        assert (injected.hits, world.calls) == (1, 3)
        assert world.titles_written() == [1] * PEOPLE

    @pytest.mark.parametrize("status", [400, 409])
    def test_a_refusal_without_a_name_finds_its_rows_in_few_calls(self, world: World, status: int) -> None:
        """Only the row of one person is refused, whatever the batch; the others are written."""
        victim = world.ids[137]
        matching = Fault(path=UPDATE, status=status, body={"message": "no"}, times=None)
        matching.fits = lambda request: UPDATE in request.target and f'"{victim}"'.encode() in request.body  # type: ignore[method-assign]
        world.server.faults.add(matching)
        outcomes = {each.id: each.outcome for each in world.hubspot.write(world.titled())}
        assert outcomes.pop(victim) is Outcome.REFUSED
        assert set(outcomes.values()) == {Outcome.DONE}
        assert world.calls <= 3 + 2 * 7

    def test_a_partial_answer_ends_each_row_by_itself(self, world: World) -> None:
        rows = [
            Change(id_, {"jobtitle": "CFO", **({"nope": "1"} if i == 3 else {})}) for i, id_ in enumerate(world.ids)
        ]
        outcomes = world.hubspot.write([*rows, Change("999999", {"jobtitle": "CFO"})])
        bad = [each.id for each in outcomes if each.outcome is not Outcome.DONE]
        assert bad == [world.ids[3], "999999"]
        assert {each.outcome for each in outcomes if each.id in bad} == {Outcome.REFUSED}
        assert sum(world.titles_written()) == PEOPLE - 1

    def test_rows_that_a_partial_answer_puts_off_may_be_tried_again(self, world: World) -> None:
        late, done = world.ids[:2]
        answer = {
            "status": "COMPLETE",
            "results": [{"id": done, "properties": {}, "objectWriteTraceId": done}],
            "numErrors": 1,
            "errors": [{"category": "RATE_LIMITS", "message": "busy", "context": {"objectWriteTraceId": [late]}}],
        }
        world.fault(Fault(status=207, body=answer), UPDATE)
        outcomes = {
            each.id: each.outcome for each in world.hubspot.write([Change(i, {"jobtitle": "x"}) for i in (late, done)])
        }
        assert outcomes == {late: Outcome.LATER, done: Outcome.DONE}

    def test_created_instead_of_ok_is_done(self, world: World) -> None:
        maria = world.ids[0]
        answer = {"status": "COMPLETE", "results": [{"id": maria, "properties": {"jobtitle": "CFO"}}]}
        world.fault(Fault(status=201, body=answer), UPDATE)
        (outcome,) = world.hubspot.write([Change(maria, {"jobtitle": "CFO"})])
        assert outcome.outcome is Outcome.DONE

    def test_a_refused_token_stops_all_rows_and_speaks_against_none(self, world: World) -> None:
        world.fault(Fault(status=401, body={"category": "EXPIRED_AUTHENTICATION"}), UPDATE, after=1, times=None)
        outcomes = world.hubspot.write(world.titled())
        assert [each.outcome for each in outcomes].count(Outcome.DONE) == 100
        assert [each.outcome for each in outcomes].count(Outcome.LATER) == PEOPLE - 100
        assert world.calls <= 3

    def test_an_enrollment_whose_answer_is_lost_is_looked_up_before_anything_else(self, world: World) -> None:
        world.portal.definitions["contacts"].create(TRACK, dated=False, limit=100)
        world.portal.definitions["contacts"].create(ENROLLED, dated=False, limit=100)
        channel = world.hubspot.property_channel("trellis_track")
        row = Enrollment(world.ids[0], "finance", "finance:1")
        world.server.faults.add(Fault(path=UPDATE, ending="reset"))
        (outcome,) = channel.enroll([row], Deadline.after(20))
        assert outcome.outcome is Outcome.UNKNOWN
        assert channel.entered([row]) == {row.id: True}
        assert len(world.portal.contacts.records[int(row.id)].past("trellis_track")) == 1


class TestBytesThatComeTooLate:
    """On the real clock: a deadline of half a second, bytes that trickle for longer, within any timeout of a read."""

    @pytest.fixture
    def hurried(self, world: World) -> HubSpotPlatform:
        client = world.connect(time.monotonic, time.sleep, deadline_s=0.5)
        return HubSpotPlatform(client, properties=["firstname", "jobtitle"])

    def test_a_trickling_read_ends_at_its_deadline(self, world: World, hurried: HubSpotPlatform) -> None:
        world.fault(Fault(ending="trickle"), READ, pause=0.4, times=None)  # 8 s in all
        begin = time.monotonic()
        with pytest.raises((PlatformUnreachable, DeadlinePassed)):
            hurried.by_ids(world.ids[:10])
        assert time.monotonic() - begin < 5
        assert world.calls <= 2

    def test_a_trickling_write_is_unknown_and_the_other_batches_go_on(
        self, world: World, hurried: HubSpotPlatform
    ) -> None:
        world.fault(Fault(ending="trickle"), UPDATE, pause=0.1)
        outcomes = [each.outcome for each in hurried.write(world.titled())]
        assert (outcomes.count(Outcome.UNKNOWN), outcomes.count(Outcome.DONE)) == (100, 150)
        assert world.titles_written() == [1] * PEOPLE

    def test_a_trickle_within_the_deadline_is_an_answer(self, world: World, hurried: HubSpotPlatform) -> None:
        world.fault(Fault(ending="trickle"), READ, pause=0.005)
        assert len(hurried.by_ids(world.ids[:10]).records) == 10


def test_no_error_names_a_person(world: World) -> None:
    body = {"message": "maria@acme.example is not welcome", "category": "VALIDATION_ERROR"}
    world.fault(Fault(status=400, body=body), "", times=None)
    errors: list[PlatformError] = []
    for read in world.reads().values():
        with pytest.raises(PlatformError) as caught:
            read()
        errors.append(caught.value)
    errors += [each.error for each in world.hubspot.write(world.titled()[:1]) if each.error]
    assert len(errors) == 4
    for error in errors:
        assert "maria" not in f"{error} {error!r}"


TRACK = {
    "name": "trellis_track",
    "label": "Track",
    "type": "enumeration",
    "fieldType": "select",
    "groupName": "contactinformation",
    "options": [{"label": "Finance", "value": "finance"}],
}
ENROLLED = {**TRACK, "name": "trellis_enrolled", "type": "string", "fieldType": "textarea", "options": []}
