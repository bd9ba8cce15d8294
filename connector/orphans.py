"""No child process outlives us: on Linux the kernel tells it when its parent has died, killed or not."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from signal import Signals

_PR_SET_PDEATHSIG = 1


def die_with_parent(by: Signals) -> Callable[[], None] | None:
    """What a child runs between fork and exec, so that it gets signal `by` when the *thread* that started it is gone.

    None where the kernel has no such thing (elsewhere than on Linux). To be handed to `subprocess.Popen(preexec_fn=…)`.
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    us = os.getpid()

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, by)
        if os.getppid() != us:  # we died before the call
            os._exit(1)

    return prepare
