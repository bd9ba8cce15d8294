"""How raw names say where they live, as fields.yaml and the ledger spell them."""

HUBSPOT = "hubspot"

#: Before the name of a property of the associated company.
COMPANY = "company."

#: Before the tag of a Mailchimp merge field.
MERGE_FIELDS = "merge_fields."
