"""From raw platform values to typed fields and events, by fields.yaml. Pure: the ledger keeps what the platform said, so
a new fields.yaml reads the same history anew.
"""

from connector.rulebook.mapping.growth import MAX_GROWTH, growth, swallowed
from connector.rulebook.mapping.interpret import Unreadable, interpret, typed, unreadable_values
from connector.rulebook.mapping.names import COMPANY, HUBSPOT, MERGE_FIELDS
from connector.rulebook.mapping.past import Histories, PastValue, past_acts, past_values
from connector.rulebook.mapping.properties import (
    MERGED_IDS,
    company_properties,
    field_properties,
    hubspot_properties,
    mailchimp_merge_fields,
    mapped_properties,
    past_fields,
    past_properties,
)

__all__ = [
    "COMPANY",
    "HUBSPOT",
    "MAX_GROWTH",
    "MERGED_IDS",
    "MERGE_FIELDS",
    "Histories",
    "PastValue",
    "Unreadable",
    "company_properties",
    "field_properties",
    "growth",
    "hubspot_properties",
    "interpret",
    "mailchimp_merge_fields",
    "mapped_properties",
    "past_acts",
    "past_fields",
    "past_properties",
    "past_values",
    "swallowed",
    "typed",
    "unreadable_values",
]
