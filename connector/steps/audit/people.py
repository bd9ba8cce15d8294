"""Who may be there twice, who is known to one platform only, whom no mail reaches, who has long been silent. Read-only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from connector.facts import Consent, Record, Refusal
from connector.steps.audit.report import Line, Section, of_groups, of_people, section
from connector.steps.parts import HUBSPOT, Parts
from connector.store import audit, failures
from connector.store.audit import Said, Some

#: Without a sign of life for so long, what is known of somebody is history.
SILENT_MONTHS = 12
_MONTH = timedelta(days=365) / 12

#: What happens to her without her doing anything.
_NOT_HERS = ("email_sent", "email_bounce")

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def duplicates(conn: Connection, sources: Iterable[str], limit: int) -> Section:
    """Contacts that share an address or nearly do, and contacts with more than one member."""
    same = [of_groups(f"one address at several ids of {one}", audit.at_two_ids(conn, one, limit)) for one in sources]
    return section(
        "duplicates",
        "Duplicates",
        [
            *same,
            of_groups("one address, different contacts on the platforms", audit.over_platforms(conn, limit)),
            of_groups("the other's address is an additional one at hubspot", audit.additional_addresses(conn, limit)),
            of_groups("perhaps: addresses differ only by dots or +tags", audit.alike_addresses(conn, limit)),
            of_people("one contact, members of several audiences", audit.several_members(conn, limit)),
        ],
        "Merge them in HubSpot, archive the member that is not used in Mailchimp; Trellis unites what shares an id or an"
        " address, and guesses nothing",
    )


def conflicts(conn: Connection, limit: int) -> Section:
    """Identities that could not be told apart, as they were found: the open failures of step ``identity``."""
    found = failures.list_failures(conn, step="identity", limit=failures.count_open(conn) or 1)
    by_source = Counter(one.source for one in found)
    lines = [
        Line(
            f"ambiguous at {source}",
            count,
            tuple(f"#{one.contact}" for one in found if one.source == source and one.contact is not None)[:limit],
        )
        for source, count in by_source.most_common()
    ]
    cure = "`trellis failures list` says of each why; give one of the two another address, or merge them in HubSpot"
    return section("conflicts", "Conflicts of identity", lines, cure)


def one_platform(conn: Connection, sources: Iterable[str], limit: int) -> Section:
    """Contacts whom the other platform does not know; there is nothing to say where there is only one platform."""
    platforms = sorted({source.partition(":")[0] for source in sources})
    lines = [of_people(f"only at {one}", audit.at_one_platform(conn, one, limit)) for one in platforms]
    return section(
        "one_platform",
        "Known to one platform only",
        lines if len(platforms) > 1 else (),
        "Fine if meant so: Trellis creates nobody. Else sign them up, or give both records the same address",
    )


def unreachable(parts: Parts, conn: Connection, limit: int) -> Section:
    """Contacts who cannot be mailed, by reason, united over the platforms; and in all, those whom no mail reaches.

    Who is archived everywhere is no contact any more.
    """
    reasons: dict[str, list[Some]] = {}
    count = 0
    names = {source: [name for name in own if name not in _ADDRESS] for source, own in parts.consent_names.items()}
    for said in audit.consent_said(conn, names, limit):
        if all(archived for archived, *_ in said.records.values()):
            continue
        consent = parts.consent_of(_records(said))
        if not _reached(consent, said):
            count += said.people.count
        for reason in dict.fromkeys(_reasons(consent)):
            reasons.setdefault(reason, []).append(said.people)
    lines = [
        of_people(reason, Some(sum(one.count for one in some), _best(conn, some, limit)))
        for reason, some in reasons.items()
    ]
    cure = (
        "An opt-out stays: never import it again. Correct addresses that bounce, send confirmations once more, and delete"
        " who cannot be reached at all"
    )
    ordered = sorted(lines, key=lambda line: -line.count)
    return section("unreachable", "Unreachable on every platform, by all reasons", ordered, cure, count)


def silent(parts: Parts, conn: Connection, limit: int) -> Line:
    """Who has shown no sign of life for a year."""
    write = parts.rulebook.fields.write
    ours = {target.hubspot for key, target in write.targets.items() if key != "lifecycle"}
    ours |= {f"merge_fields.{tag}" for target in write.targets.values() if (tag := getattr(target, "mailchimp", None))}
    before = parts.now() - SILENT_MONTHS * _MONTH
    people = audit.silent(conn, before, limit, ours=ours, not_hers=_NOT_HERS)
    return of_people(f"no act and no change for {SILENT_MONTHS} months", people)


#: Under these names the addresses stand among the values as well.
_ADDRESS = {"email", "email_address"}


def _records(said: Said) -> Mapping[str, Record]:
    """Records that say the same of consent; the address itself does not matter, only that there is one."""
    return {
        source: Record(
            source=source,
            id="",
            email="there" if addressed else None,
            values={**values, **dict.fromkeys(_ADDRESS, "there" if addressed else None)},
            modified_at=_NEVER,
            archived=archived,
        )
        for source, (archived, addressed, values) in said.records.items()
    }


def _reached(consent: Consent, said: Said) -> bool:
    return not consent.general and any(source not in consent.channel for source in said.records)


def _reasons(consent: Consent) -> Iterator[str]:
    yield from sorted(reason.value.replace("_", " ") for reason in consent.general)
    for source, reason in sorted(consent.channel.items()):
        yield f"{reason.value.replace('_', ' ')} at {source}"
    for number in sorted(consent.hubspot_types):
        yield f"{Refusal.OPTED_OUT.value.replace('_', ' ')} of subscription type {number} at {HUBSPOT}"


def _best(conn: Connection, some: Iterable[Some], limit: int) -> tuple[int, ...]:
    return audit.best(conn, [contact for one in some for contact in one.worst], limit)
