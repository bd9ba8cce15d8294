"""What a webhook says about a member: form pairs with bracket keys (facts/mailchimp.md §4)."""

from adapters.sandbox.mailchimp.audience import Audience
from adapters.sandbox.mailchimp.member import Member, unique_email_id
from adapters.sandbox.mailchimp.webhooks import Pairs


def subscribed(audience: Audience, member: Member) -> Pairs:
    """The data of `subscribe` and `profile`: all merges, not a difference."""
    return [
        ("data[id]", unique_email_id(member.email)),
        ("data[email]", member.email),
        ("data[email_type]", member.email_type),
        ("data[ip_opt]", member.ip_opt),
        ("data[ip_signup]", member.ip_signup),
        ("data[web_id]", str(member.web_id)),
        *_merges(audience, member),
        ("data[list_id]", audience.id),
    ]


def unsubscribed(audience: Audience, member: Member, action: str, reason: str, campaign_id: str = "") -> Pairs:
    """The data of `unsubscribe`: `action` is unsub or delete, `reason` manual or abuse; no sign-up address."""
    pairs = [pair for pair in subscribed(audience, member) if pair[0] != "data[ip_signup]"]
    return [
        ("data[action]", action),
        ("data[reason]", reason),
        *([("data[campaign_id]", campaign_id)] if campaign_id else []),
        *pairs,
    ]


def address_changed(audience: Audience, member: Member, old: str) -> Pairs:
    """The data of `upemail`: no `data[id]`, no merges."""
    return [
        ("data[list_id]", audience.id),
        ("data[new_id]", unique_email_id(member.email)),
        ("data[new_email]", member.email),
        ("data[old_email]", old),
    ]


def cleaned(audience: Audience, member: Member, reason: str, campaign_id: str) -> Pairs:
    """The data of `cleaned`: `reason` is hard or abuse; no `data[id]`."""
    return [
        ("data[list_id]", audience.id),
        ("data[campaign_id]", campaign_id),
        ("data[reason]", reason),
        ("data[email]", member.email),
    ]


def campaign_sent(audience: Audience, campaign_id: str, subject: str) -> Pairs:
    """The data of `campaign`."""
    return [
        ("data[id]", campaign_id),
        ("data[subject]", subject),
        ("data[status]", "sent"),
        ("data[reason]", ""),
        ("data[list_id]", audience.id),
    ]


def _merges(audience: Audience, member: Member) -> Pairs:
    pairs: Pairs = [("data[merges][EMAIL]", member.email)]
    for tag, value in audience.merges_of(member).items():
        if isinstance(value, dict):
            pairs.extend((f"data[merges][{tag}][{part}]", text) for part, text in value.items())
        else:
            pairs.append((f"data[merges][{tag}]", str(value)))
    return pairs
