"""Small things that belong to the account: its users, and the kinds of mail that people can opt out of."""

from dataclasses import dataclass

from adapters.sandbox.hubspot.builtin import YES_NO, optout_property
from adapters.sandbox.hubspot.definitions import Definition, Option


@dataclass(frozen=True, slots=True)
class Owner:
    """A user who can own records."""

    id: str
    email: str
    first_name: str
    last_name: str
    user_id: int
    created: str


@dataclass(frozen=True, slots=True)
class SubscriptionType:
    """A kind of marketing mail that people can opt out of."""

    id: str
    name: str

    def opt_out(self) -> Definition:
        """The contact property that says who opted out."""
        return Definition(
            optout_property(self.id),
            f"Opted out of email: {self.name}",
            "enumeration",
            "booleancheckbox",
            "emailinformation",
            options=tuple(Option(value, label, i) for i, (value, label) in enumerate(YES_NO)),
            read_only=True,
            builtin=True,
        )
