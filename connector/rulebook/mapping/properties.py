"""What has to be read of each platform for a fields.yaml."""

from __future__ import annotations

from connector.rulebook.mapping.names import COMPANY, MERGE_FIELDS
from connector.rulebook.types import FieldsFile, TracksFile

#: Semicolon list of the ids that a HubSpot record has swallowed (facts/hubspot.md §11.14).
MERGED_IDS = "hs_merged_object_ids"

#: What HubSpot holds that speaks for or against mail, or says who somebody is (facts/hubspot.md §7, §11).
_ALWAYS_READ = (
    "email",
    "hs_additional_emails",
    "hs_email_optout",
    "hs_email_bounce",
    "hs_email_hard_bounce_reason_enum",
    "hs_email_quarantined",
    "hs_marketable_status",
    MERGED_IDS,
    "hubspot_owner_id",
    "lifecyclestage",
)


def hubspot_properties(fields: FieldsFile, tracks: TracksFile | None = None) -> tuple[str, ...]:
    """Every contact property that has to be read, sorted: mapped fields, counters, consent, and what is written back
    (to write differences only). With `tracks`, also the consent and the properties that single tracks need.
    """
    wanted = {*_ALWAYS_READ, *mapped_properties(fields)}
    subscriptions = {audience.subscription for audience in fields.audiences.values()}
    for track in tracks.tracks.values() if tracks else ():
        subscriptions.add(track.subscription)
        wanted.update(way.hubspot.property for way in track.enroll if way.hubspot and way.hubspot.property)
    wanted.update(f"hs_email_optout_{subscription}" for subscription in subscriptions if subscription is not None)
    if company_properties(fields):
        wanted.add("associatedcompanyid")
    return tuple(sorted(wanted))


def mapped_properties(fields: FieldsFile) -> tuple[str, ...]:
    """The contact properties that fields.yaml itself names or, under `write`, has by default; sorted."""
    wanted = {*field_properties(fields), *(name for _, name in fields.turns)}
    for counter in fields.counters:
        wanted.update(filter(None, (counter.count, counter.last, counter.asset)))
    wanted.update(target.hubspot for target in fields.write.targets.values())
    return tuple(sorted(wanted))


def field_properties(fields: FieldsFile) -> tuple[str, ...]:
    """The contact properties that fields are read from, sorted."""
    names = (name for mapping in fields.fields.values() for name in (mapping.hubspot, mapping.or_) if name)
    return tuple(sorted({name for name in names if not name.startswith(COMPANY)}))


def past_properties(fields: FieldsFile) -> tuple[str, ...]:
    """The contact properties whose histories tell of fields and acts, sorted; none if only the list of merges would be left.

    What we write ourselves is not among them, but for the lifecycle stage.
    """
    told = {*past_fields(fields), *(name for kind, name in fields.turns if kind in fields.events)}
    for counter in fields.counters:
        told.update(filter(None, (counter.count, counter.asset)))
    return tuple(sorted({*told, MERGED_IDS})) if told else ()


def past_fields(fields: FieldsFile) -> tuple[str, ...]:
    """Those that fields are read from, sorted."""
    ours = {target.hubspot for key, target in fields.write.targets.items() if key != "lifecycle"}
    return tuple(name for name in field_properties(fields) if name not in ours)


def company_properties(fields: FieldsFile) -> tuple[str, ...]:
    """The properties of associated companies that are mapped, without `company.`, sorted."""
    names = [name for mapping in fields.fields.values() for name in (mapping.hubspot, mapping.or_) if name]
    return tuple(sorted({name.removeprefix(COMPANY) for name in names if name.startswith(COMPANY)}))


def mailchimp_merge_fields(fields: FieldsFile) -> tuple[str, ...]:
    """The tags of the merge fields that are read or written, sorted."""
    read = [mapping.mailchimp for mapping in fields.fields.values() if mapping.mailchimp]
    written = [getattr(target, "mailchimp", None) for target in fields.write.targets.values()]
    tags = {name.removeprefix(MERGE_FIELDS) for name in read if name.startswith(MERGE_FIELDS)}
    return tuple(sorted(tags | {tag.removeprefix(MERGE_FIELDS) for tag in written if tag}))
