"""What the marketer of the demo's world has set up on both platforms before anybody comes."""

from adapters.sandbox.hubspot import Portal
from adapters.sandbox.mailchimp import Account, Audience

AUDIENCE = "abc123"
SUBSCRIPTION = "4711"
VISITED_PRICING = "Visited pricing"
TRACK_PROPERTY = "trellis_track"
FINANCE_TRACK = "finance-consideration"
OPERATIONS_TRACK = "operations-consideration"
FINANCE_TAG = f"trellis:track:{FINANCE_TRACK}"
WARMUP_TAG = "trellis:track:mailchimp-warmup"

_FINANCE_MAILS = (
    "[FIN] 1 Month-end in three days",
    "[FIN] 2 What a controller reads first",
    "[FIN] 3 The forecast nobody has to chase",
    "[FIN] 4 See it with your own numbers",
)
_OPERATIONS_MAILS = (
    "[OPS] 1 Approvals without e-mail",
    "[OPS] 2 Purchase orders that match",
    "[OPS] 3 Stock and ledger, one number",
    "[OPS] 4 See it with your own orders",
)
_WARMUP_MAILS = (
    "[WARM] 1 Three things worth reading",
    "[WARM] 2 How others close the month",
    "[WARM] 3 A guide to keep",
)


def set_up(portal: Portal, account: Account) -> Audience:
    """Make owners, subscription type, list, audience and everything that listens.

    The workflows watch a property that need not exist yet; nothing listens to hand-kept lists, as on a free portal.
    """
    with portal.lock:
        portal.add_owner("ana@team.example", "Ana", "Bosch")
        portal.add_owner("biel@team.example", "Biel", "Sala")
        portal.add_subscription_type(SUBSCRIPTION, "Marketing information")
        portal.lists.create(VISITED_PRICING, "DYNAMIC")
        for name, track, mails in (
            ("Finance: consideration", FINANCE_TRACK, _FINANCE_MAILS),
            ("Operations: consideration", OPERATIONS_TRACK, _OPERATIONS_MAILS),
        ):
            portal.workflows.add(name, property=TRACK_PROPERTY, values=(track,), mails=mails, subscription=SUBSCRIPTION)
    audience = account.add_audience("Brightledger news", id=AUDIENCE)
    audience.define("JOBTITLE", "Job title")
    audience.define("COMPANY", "Company")
    account.add_flow(
        "Finance: consideration",
        audience=audience,
        tag=FINANCE_TAG,
        mails=_FINANCE_MAILS,
        reenter=True,
        exit_on_tag_removed=False,
    )
    account.add_flow("Warm-up", audience=audience, tag=WARMUP_TAG, mails=_WARMUP_MAILS, reenter=True)
    return audience
