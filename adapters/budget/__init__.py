"""How fast we may call a platform: one budget per platform and account, shared by threads and by processes.

`limit` is what a platform allows, `pacing` what is known of an account, `schedule` when calls may be made (all pure);
`kept` says where the state lies, `account` deals with it for one process, `rate` hands the permits to its threads,
`slots` bounds the calls in flight, `urgency` tells who goes first, `quota` what is left.
"""

from adapters.budget.account import Permit
from adapters.budget.kept import Kept
from adapters.budget.pacing import Told
from adapters.budget.quota import Quota
from adapters.budget.rate import RateBudget
from adapters.budget.schedule import BRISK
from adapters.budget.slots import Lanes, Slots
from adapters.budget.urgency import is_urgent, urgent

__all__ = ["BRISK", "Kept", "Lanes", "Permit", "Quota", "RateBudget", "Slots", "Told", "is_urgent", "urgent"]
