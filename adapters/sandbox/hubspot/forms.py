"""Forms of the pretend portal and what was submitted to them (facts/hubspot.md §6.4 d)."""

import uuid
from bisect import insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from adapters.sandbox.hubspot.errors import missing


@dataclass(frozen=True, slots=True, order=True)
class Submission:
    """One submission; `at` in ms."""

    at: int
    conversion_id: str
    page_url: str = field(compare=False)
    values: Mapping[str, str] = field(compare=False)


@dataclass
class Form:
    """One form with its submissions, oldest first."""

    id: str
    name: str
    created: str
    fields: tuple[str, ...] = ("email", "firstname", "lastname")
    submissions: list[Submission] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "name": self.name,
            "formType": "hubspot",
            "createdAt": self.created,
            "updatedAt": self.created,
            "archived": False,
            "fieldGroups": [
                {
                    "groupType": "default_group",
                    "richTextType": "text",
                    "fields": [
                        {"objectTypeId": "0-1", "name": name, "required": name == "email"} for name in self.fields
                    ],
                }
            ],
        }


class Forms:
    """All forms; a form comes to be when it is first named. Ids follow from the name, so they are reproducible."""

    def __init__(self, now_iso: Callable[[], str]) -> None:
        self._now_iso = now_iso
        self.by_id: dict[str, Form] = {}

    def named(self, name: str) -> Form:
        """The form of that name, made where it is missing."""
        form_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"sandbox-form:{name}"))
        if form_id not in self.by_id:
            self.by_id[form_id] = Form(form_id, name, self._now_iso())
        return self.by_id[form_id]

    def get(self, form_id: str) -> Form:
        """By id; 404 where there is none."""
        if form_id not in self.by_id:
            raise missing(f"Form with id {form_id} not found.")
        return self.by_id[form_id]

    def submit(self, name: str, at: int, page_url: str, values: Mapping[str, str]) -> Submission:
        """Store a submission in order of time."""
        submission = Submission(at, str(uuid.uuid4()), page_url, dict(values))
        insort(self.named(name).submissions, submission)
        return submission
