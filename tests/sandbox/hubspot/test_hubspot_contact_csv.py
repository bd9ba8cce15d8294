"""Loading a HubSpot contact export."""

import pytest

from adapters.sandbox.hubspot import load_contacts_csv

V3 = "/crm/v3/objects/contacts"

EXPORT = """Record ID,First Name,email,Job Title,Lifecycle Stage,Create Date,Associated Company,Lead Source,¿Cómo?
9001,Maria,Maria@acme.example,CFO,Marketing Qualified Lead,2026-01-02 09:30,Acme,Chat,Web
9002,Brian,brian@acme.example,,Customer,2026-01-03 09:30,Acme,,
,Noor,not an address,,,,,,
9004,Mary,maria@acme.example,Finance lead,,,,,
"""


@pytest.fixture
def loaded(hub, tmp_path):
    path = tmp_path / "contacts.csv"
    path.write_text(EXPORT, encoding="utf-8")
    return hub, load_contacts_csv(hub.portal, path)


def test_names_and_labels_are_understood(loaded):
    hub, _ = loaded
    values = hub.read("9001", "email", "lifecyclestage", "createdate", "hs_email_domain", "associatedcompanyid")
    assert values["email"] == "maria@acme.example"
    assert values["lifecyclestage"] == "marketingqualifiedlead"
    assert values["createdate"] == "2026-01-02T09:30:00.000Z"
    assert values["hs_email_domain"] == "acme.example"
    company = hub("GET", f"/crm/v3/objects/companies/{values['associatedcompanyid']}?properties=name").json()
    assert company["properties"]["name"] == "Acme"


def test_unknown_columns_become_properties_with_their_label(loaded):
    hub, report = loaded
    assert report.new_properties == ["lead_source", "como"]
    made = hub("GET", "/crm/v3/properties/contacts/como").json()
    assert (made["label"], made["type"], made["hubspotDefined"]) == ("¿Cómo?", "string", False)
    assert hub.read("9001", "lead_source")["lead_source"] == "Chat"


def test_what_cannot_be_is_left_out_and_told(loaded):
    hub, report = loaded
    assert (report.created, report.updated, report.refused) == (3, 1, [(4, "email: INVALID_EMAIL")])
    assert hub.read("9001", "jobtitle")["jobtitle"] == "Finance lead"
    assert len(hub("GET", V3).json()["results"]) == 3


def test_a_file_without_a_header_is_refused(hub, tmp_path):
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(ValueError, match="no header"):
        load_contacts_csv(hub.portal, tmp_path / "empty.csv")
