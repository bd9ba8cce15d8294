"""The ledger: what platforms hold of people, and what people did. Every door to it stands here.

Writing needs the writer lock (`engine.writer_lock`) in the caller's transaction.
"""

from connector.store.changes import Change, TakenIn
from connector.store.conflicts import settle_conflicts
from connector.store.dictionary import asset_ids, asset_texts, word_ids, word_texts
from connector.store.due import concerned_by, count_to_judge, keep_sweep, look_again, swept, to_judge, unjudged
from connector.store.erasure import forget, forget_record, names_forgotten
from connector.store.events import add_events
from connector.store.history import person_as_of
from connector.store.intake import mark_archived, take_in
from connector.store.lookup import (
    best_in,
    contacts_by_hash,
    contacts_of,
    count_contacts,
    count_modified,
    count_stages,
    find_contact,
    find_contacts,
    held_values,
    moments_of,
    newest_moment,
    rank,
)
from connector.store.merging import unite
from connector.store.people import LastVerdict, Person, TrackMemory, load_people
from connector.store.position import mark_judged_on, position
from connector.store.written import wrote

__all__ = [
    "Change",
    "LastVerdict",
    "Person",
    "TakenIn",
    "TrackMemory",
    "add_events",
    "asset_ids",
    "asset_texts",
    "best_in",
    "concerned_by",
    "contacts_by_hash",
    "contacts_of",
    "count_contacts",
    "count_modified",
    "count_stages",
    "count_to_judge",
    "find_contact",
    "find_contacts",
    "forget",
    "forget_record",
    "held_values",
    "keep_sweep",
    "load_people",
    "look_again",
    "mark_archived",
    "mark_judged_on",
    "moments_of",
    "names_forgotten",
    "newest_moment",
    "person_as_of",
    "position",
    "rank",
    "settle_conflicts",
    "swept",
    "take_in",
    "to_judge",
    "unite",
    "unjudged",
    "word_ids",
    "word_texts",
    "wrote",
]
