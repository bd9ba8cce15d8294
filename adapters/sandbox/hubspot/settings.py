"""What a test may choose about the pretend portal."""

from dataclasses import dataclass, field
from typing import Literal

ALL_SCOPES = frozenset(
    {
        "oauth",
        "automation",
        "forms",
        "content",
        "communication_preferences.read",
        "crm.lists.read",
        "crm.lists.write",
        "crm.objects.companies.read",
        "crm.objects.companies.write",
        "crm.objects.contacts.read",
        "crm.objects.contacts.write",
        "crm.objects.deals.read",
        "crm.objects.deals.write",
        "crm.objects.owners.read",
        "crm.schemas.companies.read",
        "crm.schemas.companies.write",
        "crm.schemas.contacts.read",
        "crm.schemas.contacts.write",
        "crm.schemas.deals.read",
    }
)


@dataclass(frozen=True)
class RequiredWhen:
    """A conditional-required rule of the portal's admin: `required` must have a value when `property` is one of `values`.

    Date-based API versions enforce it on every write, v3 does not (facts/hubspot.md §4).
    """

    required: str
    property: str
    values: tuple[str, ...]


@dataclass
class Settings:
    """May be changed at any time; the next request sees it.

    Attributes:
        token: the only bearer token accepted.
        scopes: what that token may do.
        app_id: `sourceId` of everything written through the API.
        time_zone: IANA name; the daily quota ends at its midnight.
        limits_on: False switches off every rate limit.
        per_ten_seconds, per_day: quotas of the private app.
        rate_headers: whether answers tell the quotas.
        search_per_second: the search bucket of its own.
        search_lag: seconds of sandbox time until search sees a write.
        partial_updates: whether trace ids let the good rows of a batch update be written (promised for creates only).
        same_value_bumps: whether writing an equal value moves the last-modified date (undocumented: both are possible).
        same_value_fires: whether it sends a webhook.
        page_tokens: what the cursor of a page is: the id from which on the next page begins (as recorded), the id after
            which it does, its position (a cursor made up as an id then leads elsewhere), or a text that nobody can
            make up.
        history_versions: how many versions of a value a history shows at most; None for all.
        dated_lifecycle_moves_back: whether date-based versions let the API move a lifecycle stage back (§11.12).
        merge_keeps_primary_id: "Primary ID Preservation"; otherwise a merge makes a third record.
        merge_counters: what lifetime totals are after a merge: the primary's, the sum or the greater one.
        merged_ids_redirect: whether reads by an id that was merged away show the record in its place; else not found.
        switching_on_enrolls: whether a workflow that is switched on lets in who met it already; HubSpot asks who does it.
        v2_enroll_works: whether the legacy direct enrollment still answers.
        v2_says_no: whether it tells whom a workflow does not let in (400), or who is not in (404); else it answers 204.
        v2_lists_bare: whether the workflows that somebody is in come as an array, or under a name.
        keeps_what_is_used: whether a property or list that a workflow goes by is not let go (undocumented for the API).
        archived_keep_names: whether a property that was archived keeps its name from new ones (undocumented).
        required_when: rules of the admin that date-based versions enforce.
        custom_property_limit: for contacts.
        uses_marketing_contacts: whether mail goes to marketing contacts only.

    """

    token: str = "sandbox-token"  # noqa: S105 - opens nothing but the sandbox
    scopes: frozenset[str] = ALL_SCOPES
    portal_id: int = 4801234
    app_id: int = 50780459
    time_zone: str = "Europe/Madrid"
    account_type: str = "STANDARD"
    limits_on: bool = True
    per_ten_seconds: int = 190
    per_day: int = 625_000
    rate_headers: bool = True
    search_per_second: int = 5
    search_lag: float = 2.0
    partial_updates: bool = True
    same_value_bumps: bool = False
    same_value_fires: bool = False
    page_tokens: Literal["ids", "last_ids", "positions", "opaque"] = "ids"
    history_versions: int | None = None
    dated_lifecycle_moves_back: bool = False
    merge_keeps_primary_id: bool = False
    merge_counters: Literal["primary", "sum", "max"] = "primary"
    merged_ids_redirect: bool = False
    switching_on_enrolls: bool = True
    v2_enroll_works: bool = True
    v2_says_no: bool = False
    v2_lists_bare: bool = True
    keeps_what_is_used: bool = True
    archived_keep_names: bool = False
    required_when: list[RequiredWhen] = field(default_factory=list)
    custom_property_limit: int = 1000
    uses_marketing_contacts: bool = False
