"""A port over the real one, for those that do one thing in their own way."""

from __future__ import annotations


class Over:
    """What is not said here is as there."""

    def __init__(self, real):
        self.real = real

    def __getattr__(self, name):
        return getattr(self.real, name)
