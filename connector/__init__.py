"""Trellis: lead scoring and lead nurturing for teams that stay inside HubSpot and Mailchimp.

    webhook ─► inbox ─┐
                      ├─► take in ─► ledger ─► judge ─► outbox ─► deliver ─► HubSpot, Mailchimp
    poll page ────────┘

`facts`, `rulebook`, `scoring`, `nurturing` decide and touch nothing; `store`, `adapters`, `webhooks` touch the world and
decide nothing; they meet in `steps`, and `assembly` alone names concrete parts.
"""

__version__ = "0.1.0"
