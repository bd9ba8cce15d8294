"""Workflows and the effect ledger (facts/hubspot.md §5, §11.17)."""

import pytest

V3 = "/crm/v3/objects/contacts"

MAILS = ("[FIN] 1", "[FIN] 2")


@pytest.fixture
def flow(hub):
    return hub.portal.workflows.add("Finance", property="city", values=["fin", "fin2"], mails=MAILS, days_between=3)


def put(hub, contact_id: str, city: str) -> None:
    assert hub("PATCH", f"{V3}/{contact_id}", {"properties": {"city": city}}).status_code == 200


def kinds(hub, email: str) -> list[str]:
    hub("GET", V3)  # any call lets what is due happen
    return [e.kind if e.mail is None else f"{e.kind} {e.mail}" for e in hub.sandbox.effects.of(email=email)]


def test_taking_the_value_enters_and_mails_follow_in_time(hub, flow):
    maria = hub.make(email="maria@acme.example")
    put(hub, maria, "fin")
    assert kinds(hub, "maria@acme.example") == ["entered", "sent [FIN] 1"]
    hub.wait(days=3)
    assert kinds(hub, "maria@acme.example")[2:] == ["sent [FIN] 2", "left"]
    assert hub.read(maria, "hs_email_delivered")["hs_email_delivered"] == "2"
    assert hub.read(maria, "hs_email_last_email_name")["hs_email_last_email_name"] == "[FIN] 2"
    assert hub.sandbox.effects.of(flow="Finance", kind="entered")[0].why == "city became fin"


def test_writing_the_value_again_does_nothing(hub, flow):
    maria = hub.make(email="maria@acme.example", city="fin")
    put(hub, maria, "fin")
    put(hub, maria, "fin2")  # still matching
    assert kinds(hub, "maria@acme.example") == ["entered", "sent [FIN] 1"]


def test_ceasing_to_match_leaves_and_stops_the_mails(hub, flow):
    maria = hub.make(email="maria@acme.example", city="fin")
    put(hub, maria, "")
    hub.wait(days=4)
    assert kinds(hub, "maria@acme.example") == ["entered", "sent [FIN] 1", "left"]


def test_without_the_leaving_rule_the_mails_go_on(hub, flow):
    flow.leave = False
    maria = hub.make(email="maria@acme.example", city="fin")
    put(hub, maria, "")
    hub.wait(days=4)
    assert kinds(hub, "maria@acme.example") == ["entered", "sent [FIN] 1", "sent [FIN] 2", "left"]


@pytest.mark.parametrize(("reenroll", "again"), [(True, "entered"), (False, "refused")])
def test_re_enrollment_is_a_rule_of_the_workflow(hub, flow, reenroll, again):
    flow.reenroll = reenroll
    maria = hub.make(email="maria@acme.example", city="fin")
    put(hub, maria, "")
    put(hub, maria, "fin")
    assert kinds(hub, "maria@acme.example")[3] == again


def test_a_workflow_that_is_off_lets_nobody_in(hub, flow):
    flow.enabled = False
    hub.make(email="maria@acme.example", city="fin")
    assert kinds(hub, "maria@acme.example") == ["refused"]


@pytest.mark.parametrize("act", ["unsubscribe", "hard_bounce"])
def test_hubspot_itself_does_not_mail_those_it_must_not(hub, flow, act):
    noor = hub.make(email="noor@acme.example")
    getattr(hub.portal.life, act)("noor@acme.example")
    put(hub, noor, "fin")
    assert kinds(hub, "noor@acme.example") == ["entered", "not_sent [FIN] 1"]


def test_an_opt_out_of_the_type_of_the_mails_counts(hub):
    hub.portal.add_subscription_type("4711", "Newsletter")
    hub.portal.workflows.add("News", property="city", values=["x"], mails=["n"], subscription="4711")
    hub.make(email="noor@acme.example")
    hub.portal.life.unsubscribe("noor@acme.example", "4711")
    hub.portal.life.set_property("noor@acme.example", "city", "x")
    assert kinds(hub, "noor@acme.example")[:2] == ["entered", "not_sent n"]


def test_a_static_list_enters_and_leaves(hub):
    warm = hub.portal.lists.create("Warm")
    hub.portal.workflows.add("Warm mails", list_id=warm.id, mails=MAILS)
    maria = hub.make(email="maria@acme.example")
    for act in ("add", "add", "remove", "add"):
        hub("PUT", f"/crm/v3/lists/{warm.id}/memberships/{act}", [maria])
    assert [k for k in kinds(hub, "maria@acme.example") if " " not in k] == ["entered", "left", "entered"]


def test_flows_show_what_they_listen_to(hub, flow):
    listed = hub("GET", "/automation/v4/flows").json()["results"]
    assert [(row["name"], row["isEnabled"], row["objectTypeId"]) for row in listed] == [("Finance", True, "0-1")]
    full = hub("GET", f"/automation/v4/flows/{flow.id}").json()
    assert full["type"] == "CONTACT_FLOW"
    criteria = full["enrollmentCriteria"]
    chosen = criteria["listFilterBranch"]["filterBranches"][0]["filters"][0]
    assert (criteria["type"], chosen["property"]) == ("LIST_BASED", "city")
    assert chosen["operation"]["values"] == ["fin", "fin2"]
    batch = hub("POST", "/automation/v4/flows/batch/read", {"inputs": [{"type": "FLOW_ID", "flowId": flow.id}]})
    assert batch.json()["results"] == [full]


def test_flows_need_the_scope(hub):
    hub.portal.settings.scopes -= {"automation"}
    assert hub("GET", "/automation/v4/flows").status_code == 403


def test_direct_enrollment_wants_the_other_id(hub, flow):
    hub.make(email="maria@acme.example")
    path = "/automation/v2/workflows/{}/enrollments/contacts/{}"
    assert hub("POST", path.format(flow.id, "maria@acme.example")).status_code == 404
    mapping = hub(
        "POST", "/automation/v4/workflow-id-mappings/batch/read", {"inputs": [{"type": "FLOW_ID", "flowId": flow.id}]}
    ).json()["results"][0]
    done = hub("POST", path.format(mapping["workflowId"], "maria@acme.example"))
    assert (done.status_code, done.content) == (204, b"")
    assert hub("POST", path.format(flow.workflow_id, "nobody@acme.example")).status_code == 404
    assert hub("DELETE", path.format(flow.workflow_id, "maria@acme.example")).status_code == 204
    assert kinds(hub, "maria@acme.example") == ["entered", "sent [FIN] 1", "left"]


def test_an_archived_contact_leaves(hub, flow):
    hub.make(email="maria@acme.example", city="fin")
    hub.portal.life.archive("maria@acme.example")
    hub.wait(days=4)
    assert kinds(hub, "maria@acme.example") == ["entered", "sent [FIN] 1", "left"]
