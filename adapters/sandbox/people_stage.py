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
WIN_BACK_TRACK = "win-back"
WIN_BACK_TAG = f"trellis:track:{WIN_BACK_TRACK}"

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
_LATER_MAILS = {
    "finance-treasury": (
        "[TES] 1 Where the cash is",
        "[TES] 2 A forecast of thirteen weeks",
        "[TES] 3 See it with your banks",
    ),
    "price-reminder": ("[PRICE] 1 What it costs, and what it saves",),
    "keep-warm": ("[KEEP] 1 What changed since you looked",),
    "closing": ("[CLOSE] 1 How the first month goes", "[CLOSE] 2 Whom to ask for what"),
    "second-team": ("[TEAM] 1 One more site", "[TEAM] 2 What it takes", "[TEAM] 3 Talk to us"),
    "customer-tips": ("[TIPS] 1 Shortcuts", "[TIPS] 2 Reports that send themselves", "[TIPS] 3 Ask your neighbor"),
    WIN_BACK_TRACK: ("[BACK] 1 What is new here", "[BACK] 2 Shall we talk?"),
}
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
            *((name.capitalize().replace("-", " "), name, mails) for name, mails in _LATER_MAILS.items()),
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
    account.add_flow("Win back", audience=audience, tag=WIN_BACK_TAG, mails=_LATER_MAILS[WIN_BACK_TRACK], reenter=True)
    return audience
