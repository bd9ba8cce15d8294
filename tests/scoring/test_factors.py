"""What each factor means, by small examples."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest

from connector.facts import Contact, Episode, Trust
from connector.scoring.rules import CEILING, FLOOR
from connector.scoring.score import judge
from connector.scoring.verdict import ANY_ACT, NO_MODEL

TODAY = date(2026, 11, 20)


def lead(*events, **fields):
    return Contact(7, fields={"company": "Acme", "job_title": "Poet", **fields}, events=events)


def line(verdict, rule):
    return next(line for line in verdict.lines if line.rule == rule)


# ------------------------------------------------------------------ model and evidence


def test_a_customer_has_no_acquisition_score(brian, rulebook):
    verdict = judge(brian, rulebook, TODAY)
    assert (verdict.model, verdict.score, verdict.missing) == ("", None, (NO_MODEL,))


def test_an_unknown_lifecycle_is_not_that_of_a_customer(maria, rulebook):
    assert judge(maria, rulebook, TODAY).model == "acquisition"


def test_the_first_model_that_applies_judges(rulebook, rulebook_with, brian):
    customers = rulebook_with(
        lambda files: files["model"].update(model="loyalty", applies_to={"lifecycle": "customer"})
    )
    both = rulebook.model_copy(update={"models": (*rulebook.models, *customers.models)})
    assert judge(brian, both, TODAY).model == "loyalty"


def test_too_little_evidence_is_no_score_of_zero(rulebook, act):
    verdict = judge(Contact(7, fields={"company": "Acme"}, events=(act("email_open"),)), rulebook, TODAY)
    assert (verdict.enough, verdict.score, verdict.lines) == (False, None, ())
    assert verdict.missing == ("job_title", "employees", ANY_ACT)


def test_what_a_machine_did_is_no_evidence(rulebook, act):
    machine = Contact(7, events=(act("email_click", trust=Trust.MACHINE),))
    assert not judge(machine, rulebook, TODAY).enough
    assert judge(dataclasses.replace(machine, events=(act("email_click", trust=Trust.UNSURE),)), rulebook, TODAY).enough


# ------------------------------------------------------------------ fit


def test_the_persona_with_most_points_wins_and_the_other_leaves_no_line(rulebook):
    verdict = judge(lead(job_title="Head of operations", employees=200), rulebook, TODAY)
    assert (verdict.persona, verdict.similarity, verdict.parts["fit"]) == ("operations_lead", 100, 30000)
    assert [one.rule for one in verdict.lines if one.part == "fit"] == ["operations-title", "any-size"]


def test_on_a_tie_the_first_persona_of_the_file_wins(rulebook_with):
    def level(files):
        files["model"]["factors"]["fit"]["personas"]["operations_lead"]["traits"][1]["points"] = 12

    verdict = judge(lead(employees=200), rulebook_with(level), TODAY)
    assert (verdict.persona, verdict.similarity) == ("finance_lead", 40)


def test_below_the_minimum_there_is_no_persona_and_its_traits_do_not_count(rulebook_with):
    def raise_minimum(files):
        files["model"]["factors"]["fit"]["persona_minimum"] = 13

    verdict = judge(lead(employees=200), rulebook_with(raise_minimum), TODAY)
    assert (verdict.persona, verdict.similarity, verdict.parts["fit"]) == (None, 0, 0)


def test_nobody_is_like_a_persona_with_nothing_in_common(rulebook_with):
    rulebook = rulebook_with(lambda files: files["model"]["factors"]["fit"].update(persona_minimum=0))
    assert judge(lead(), rulebook, TODAY).persona is None


def test_fit_does_not_fall_below_zero_and_says_so(rulebook):
    verdict = judge(lead(job_title="Estudiante de finance"), rulebook, TODAY)
    assert verdict.parts["fit"] == 0
    assert (line(verdict, "student").points, line(verdict, "student").capped) == (-18000, 12000)


# ------------------------------------------------------------------ phase


def test_the_phase_fades_from_its_newest_signal(rulebook, act):
    verdict = judge(lead(act("form_submit", 200, "Demo"), act("form_submit", 45, "Book a demo")), rulebook, TODAY)
    assert (verdict.phase, verdict.parts["phase"]) == ("decision", 12500)
    decision = line(verdict, "decision")
    assert (decision.faded, decision.day, decision.asset) == (12500, TODAY - timedelta(days=45), "Book a demo")


def test_the_phase_goes_back_when_an_old_interest_is_worth_less_than_a_new_one(rulebook, act):
    acts = act("form_submit", 120, "Demo"), act("page_view", 0, "https://acme.example/blog/vat")
    assert judge(lead(*acts), rulebook, TODAY - timedelta(days=1)).phase == "decision"
    assert judge(lead(*acts), rulebook, TODAY).phase == "awareness"


def test_a_tie_goes_to_the_later_phase(rulebook_with, act):
    rulebook = rulebook_with(lambda files: files["model"]["factors"]["phase"]["phases"]["awareness"].update(points=15))
    assert (
        judge(lead(act("email_click"), act("list_joined", 0, "Visited pricing")), rulebook, TODAY).phase
        == "consideration"
    )


def test_below_half_a_point_a_phase_is_over(rulebook, act):
    click = lead(act("email_click"))
    assert judge(click, rulebook, TODAY + timedelta(days=149)).parts["phase"] == 503
    over = judge(click, rulebook, TODAY + timedelta(days=150))
    assert (over.phase, over.parts["phase"]) == (None, 0)


def test_a_doubtful_signal_gives_half_and_a_machine_none(rulebook, act):
    unsure = judge(lead(act("form_submit", 0, "demo", Trust.UNSURE)), rulebook, TODAY)
    assert (unsure.parts["phase"], line(unsure, "decision").withheld) == (12500, 12500)
    assert judge(lead(act("form_submit", 0, "demo", Trust.MACHINE)), rulebook, TODAY).phase is None


# ------------------------------------------------------------------ engagement


def test_an_act_fades_by_the_curve_of_its_group(rulebook, act):
    acts = act("form_submit", 21), act("email_click", 15), act("email_open", 14), act("email_open", 15)
    verdict = judge(lead(*acts), rulebook, TODAY)
    assert [(one.rule, one.points) for one in verdict.lines if one.part == "engagement"] == [
        ("forms", 4500),
        ("clicks", 1500),
        ("opens", 200),
    ]


def test_only_the_newest_max_times_acts_count(rulebook, act):
    verdict = judge(lead(*(act("form_submit", days) for days in (84, 63, 42, 21))), rulebook, TODAY)
    forms = line(verdict, "forms")
    assert (forms.times, forms.gross, forms.points, forms.day) == (
        3,
        27000,
        4500 + 2250 + 1125,
        TODAY - timedelta(days=21),
    )


def test_an_act_counts_within_its_window_only(rulebook, act):
    verdict = judge(lead(act("page_view", 30), act("page_view", 31)), rulebook, TODAY)
    assert line(verdict, "pages").times == 1


def test_a_cap_comes_after_decay_and_cuts_the_smallest_line(rulebook, act):
    clicks = [act("email_click", 0) for _ in range(2)]
    pages = [act("page_view", 0) for _ in range(3)]
    verdict = judge(lead(*clicks, *pages, *(act("form_submit") for _ in range(3))), rulebook, TODAY)
    assert (line(verdict, "forms").points, line(verdict, "forms").capped) == (17000, 10000)
    assert (line(verdict, "clicks").points, line(verdict, "clicks").capped) == (4000, 0)
    assert (line(verdict, "pages").points, line(verdict, "pages").capped) == (2000, 1000)


def test_the_caps_of_groups_do_not_add_up_to_more_than_the_factors(rulebook_with, act):
    rulebook = rulebook_with(lambda files: files["model"]["factors"]["engagement"]["groups"]["intent"].update(max=24))
    acts = [act("form_submit") for _ in range(3)] + [act("email_click") for _ in range(3)]
    verdict = judge(lead(*acts), rulebook, TODAY)
    assert verdict.parts["engagement"] == 25000
    assert (line(verdict, "forms").points, line(verdict, "clicks").points) == (24000, 1000)


def test_trust_is_withheld_before_fading_and_shown(rulebook, act):
    forms = line(judge(lead(act("form_submit", 21, trust=Trust.UNSURE)), rulebook, TODAY), "forms")
    assert (forms.gross, forms.withheld, forms.faded, forms.points) == (9000, 4500, 2250, 2250)


def test_a_negative_rule_takes_away_but_no_more_than_engagement_has(rulebook_with, act):
    def careers(files):
        rule = {"id": "careers", "event": "page_view", "asset": {"contains": "/careers"}, "points": -8}
        files["model"]["factors"]["engagement"]["groups"]["intent"]["rules"].append(rule)

    verdict = judge(lead(act("form_submit", 21), act("page_view", 21, "/careers")), rulebook_with(careers), TODAY)
    careers_line = line(verdict, "careers")
    assert (careers_line.gross, careers_line.faded, careers_line.points) == (-8000, 4000, -4000)
    alone = judge(lead(act("page_view", 0, "/careers")), rulebook_with(careers), TODAY)
    assert (line(alone, "careers").points, line(alone, "careers").capped) == (-1000, 7000)


def test_an_act_belongs_to_the_teams_day(rulebook, act):
    evening = act("email_click")
    evening = dataclasses.replace(evening, happened_at=datetime(2026, 11, 19, 23, 30, tzinfo=UTC))
    verdict = judge(lead(evening), rulebook, TODAY)
    assert line(verdict, "clicks").day == TODAY
    assert judge(lead(evening), rulebook, TODAY - timedelta(days=1)).parts["engagement"] == 0


def test_an_act_told_days_later_is_marked(rulebook, act):
    click = act("email_click", 10)
    late = dataclasses.replace(click, known_at=click.happened_at + timedelta(days=3))
    assert line(judge(lead(late), rulebook, TODAY), "clicks").late
    assert not line(judge(lead(click), rulebook, TODAY), "clicks").late


# ------------------------------------------------------------------ reaction


def on_track(*events, entered=20, left=None, channel="hubspot:property:trellis_track"):
    moments = [
        None if ago is None else datetime(2026, 11, 20, 9, tzinfo=UTC) - timedelta(days=ago) for ago in (entered, left)
    ]
    return dataclasses.replace(lead(*events), episodes=(Episode("finance", 1, channel, *moments),))


@pytest.mark.parametrize(
    ("acts", "answer", "points"),
    [
        ([("email_click", 5, "[FIN] Close faster")], "clicked", 6000),
        ([("email_click", 5, "[FIN] 2"), ("email_reply", 4, "[FIN] 2")], "replied", 12000),
        ([("email_click", 5, "[FIN] 2"), ("form_submit", 4, "Demo request")], "asked", 15000),
        ([("form_submit", 4, "Demo request"), ("unsubscribe", 3, "")], "unsubscribed", -15000),
        ([], "silent", -5000),
        ([("email_click", 30, "[FIN] 1")], "silent", -5000),
        ([("email_click", 5, "")], None, 0),
        ([("email_click", 5, "[OPS] 1")], None, 0),
    ],
)
def test_the_answer_to_the_latest_episode(acts, answer, points, rulebook, act):
    verdict = judge(on_track(*(act(*one) for one in acts)), rulebook, TODAY)
    assert (verdict.answer, verdict.parts["reaction"]) == (answer, points)


def test_silence_needs_time_and_mails(rulebook, rulebook_with, act):
    assert judge(on_track(entered=13), rulebook, TODAY).answer is None
    assert judge(on_track(entered=20, left=5), rulebook, TODAY).answer is None  # three of four mails take 16 days
    sent = {"hubspot": {"count": "hs_email_delivered", "last": "hs_email_last_send_date"}, "mailchimp": "activity.sent"}
    told = rulebook_with(lambda files: files["fields"]["events"].update(email_sent=sent))
    assert judge(on_track(), told, TODAY).answer is None
    mails = [act("email_sent", 15 - day, f"[FIN] {day}") for day in range(3)]
    assert judge(on_track(*mails), told, TODAY).answer == "silent"


def test_mailchimp_tells_of_campaigns_not_of_the_mails_of_a_flow(rulebook_with):
    only_there = rulebook_with(
        lambda files: files["fields"]["events"].update(email_sent={"mailchimp": "activity.sent"})
    )
    assert judge(on_track(), only_there, TODAY).answer == "silent"
    both = rulebook_with(
        lambda files: files["fields"]["events"].update(
            email_sent={"hubspot": {"count": "hs_email_delivered", "last": "hs_email_last_send_date"}}
        )
    )
    assert judge(on_track(channel="mailchimp:main:a-tag"), both, TODAY).answer == "silent"


def test_an_older_episode_does_not_speak_any_more(rulebook, act):
    again = on_track(act("email_click", 15, "[FIN] 1"), entered=20)
    newer = dataclasses.replace(again.episodes[0], number=2, entered_at=datetime(2026, 11, 18, tzinfo=UTC))
    assert judge(dataclasses.replace(again, episodes=(newer, *again.episodes)), rulebook, TODAY).answer is None


def test_a_segment_sends_no_mail_to_answer(rulebook_with, act):
    def add_list(files):
        files["tracks"]["tracks"]["finance"]["enroll"].append({"hubspot": {"list": "By hand"}})

    rulebook = rulebook_with(add_list)
    assert judge(on_track(channel="hubspot:list:By hand"), rulebook, TODAY).answer is None
    assert judge(on_track(), rulebook, TODAY).answer == "silent"


def test_answers_can_be_summed_within_the_maximum(rulebook_with, act):
    rulebook = rulebook_with(lambda files: files["model"]["factors"]["reaction"].update(take="sum"))
    verdict = judge(on_track(act("email_click", 5, "[FIN] 2"), act("email_reply", 4, "[FIN] 2")), rulebook, TODAY)
    assert verdict.parts["reaction"] == 15000
    assert (line(verdict, "replied").points, line(verdict, "clicked").points, line(verdict, "clicked").capped) == (
        12000,
        3000,
        3000,
    )


# ------------------------------------------------------------------ profile


def test_a_known_field_fades_with_the_age_of_its_value(rulebook):
    contact = dataclasses.replace(lead(phone="600"), changed={"company": TODAY - timedelta(days=365), "phone": TODAY})
    verdict = judge(contact, rulebook, TODAY)
    assert [(one.rule, one.points, one.faded) for one in verdict.lines if one.part == "profile"] == [
        ("company", 1000, 1000),
        ("job_title", 2000, 0),
        ("phone", 1000, 0),
    ]


# ------------------------------------------------------------------ overrides


def with_overrides(rulebook_with, *overrides):
    return rulebook_with(lambda files: files["model"].update(overrides=list(overrides)))


def test_overrides_apply_in_order_and_each_sees_the_score_so_far(rulebook_with, maria):
    anyone = {"company": {"known": True}}
    rulebook = with_overrides(
        rulebook_with,
        {"id": "double", "when": anyone, "add": 20},
        {"id": "cool-down", "when": {"score": {"at_least": 80}}, "at_most": 40, "why": "Too hot"},
        {"id": "floor-of-30", "when": anyone, "at_least": 30},
    )
    verdict = judge(maria, rulebook, TODAY)
    assert [(one.rule, one.points) for one in verdict.lines if one.part == "override"] == [
        ("double", 20000),
        ("cool-down", -40290),
        ("floor-of-30", 0),
    ]
    assert verdict.score == 40


@pytest.mark.parametrize(("add", "score", "rule", "points"), [(90, 100, CEILING, -50290), (-90, 0, FLOOR, 29710)])
def test_the_score_stays_between_0_and_100_by_a_line(add, score, rule, points, rulebook_with, maria):
    rulebook = with_overrides(rulebook_with, {"id": "much", "when": {"company": {"known": True}}, "add": add})
    verdict = judge(maria, rulebook, TODAY)
    assert (verdict.score, line(verdict, rule).points) == (score, points)


def test_an_override_may_ask_for_acts_fit_persona_and_phase(rulebook_with, maria):
    when = {"persona": "finance_lead", "phase": "decision", "fit": {"between": [30, 30]}}
    rulebook = with_overrides(rulebook_with, {"id": "all", "when": when, "set": 77})
    assert judge(maria, rulebook, TODAY).score == 77


@pytest.mark.parametrize(("points", "score"), [(74.499, 74), (74.5, 75), (0.5, 1), (0.499, 0)])
def test_a_score_rounds_half_up(points, score, rulebook_with, maria):
    rulebook = with_overrides(rulebook_with, {"id": "set", "when": {"company": {"known": True}}, "set": points})
    assert judge(maria, rulebook, TODAY).score == score


def test_a_small_change_of_the_rulebook_is_a_new_judge(rulebook, rulebook_with, maria):
    assert judge(maria, rulebook, TODAY).score == 60
    rulebook_2 = with_overrides(rulebook_with, {"id": "set", "when": {"company": {"known": True}}, "set": 5})
    assert rulebook_2.hash == rulebook.hash
    assert judge(maria, rulebook_2, TODAY).score == 5
