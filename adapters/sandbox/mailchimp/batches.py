"""Batch operations: many calls in one, answered later in a tar (facts/mailchimp.md §8.12)."""

import io
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.problems import Problem, invalid
from adapters.sandbox.mailchimp.shape import stamp

STATES = ("pending", "preprocessing", "started", "finalizing", "finished")
MAX_PENDING = 500
_VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ANSWERS_PER_FILE = 50
#: Runs one operation (method, path below /3.0, query, JSON text) and gives its status and body.
Run = Callable[[str, str, dict[str, str], str], tuple[int, bytes]]


@dataclass
class Batch:
    """One batch; each look at it moves it one state on, and `started` runs the operations, last one first."""

    id: str
    submitted: datetime
    operations: list[Json]
    state: int = 0
    completed: datetime | None = None
    answers: list[Json] = field(default_factory=list)

    def as_json(self, results: str) -> Json:
        """As the API shows it; `results` is where the tar can be fetched for ten minutes."""
        finished = self.completed is not None
        return {
            "id": self.id,
            "status": STATES[self.state],
            "total_operations": len(self.operations) if self.state else 0,
            "finished_operations": len(self.answers),
            "errored_operations": sum(answer["status_code"] >= 400 for answer in self.answers),
            "submitted_at": stamp(self.submitted),
            "completed_at": stamp(self.completed),
            "response_body_url": results if finished else "",
        }

    def move_on(self, run: Run, now: datetime) -> None:
        """Go one state further."""
        if self.completed is not None:
            return
        self.state += 1
        if STATES[self.state] == "started":
            self.answers = [_answer(operation, run) for operation in reversed(self.operations)]
        if STATES[self.state] == "finished":
            self.completed = now

    def tar(self) -> bytes:
        """The gzipped tar of JSON arrays, several files."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for start in range(0, len(self.answers), _ANSWERS_PER_FILE):
                content = orjson.dumps(self.answers[start : start + _ANSWERS_PER_FILE])
                entry = tarfile.TarInfo(f"{self.id}-{start}.json")
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        return packed.getvalue()


class Batches:
    """The batches of an account."""

    def __init__(self) -> None:
        self.all: dict[str, Batch] = {}

    def start(self, batch_id: str, operations: object, now: datetime) -> Batch:
        """Take in a batch; raises Problem 400 for malformed operations, 429 for too many pending batches."""
        if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
            raise invalid(("operations", "Schema describes array, something else found instead"))
        for number, one in enumerate(operations):
            if one.get("method") not in _VERBS:
                raise invalid((f"operations.{number}.method", f"Value must be one of: {', '.join(_VERBS)}."))
        if sum(one.completed is None for one in self.all.values()) >= MAX_PENDING:
            raise Problem(429, "Too Many Requests", f"You have more than {MAX_PENDING} pending batches.")
        batch = self.all[batch_id] = Batch(batch_id, now, operations)
        return batch


def _answer(operation: Json, run: Run) -> Json:
    params = {str(name): str(value) for name, value in (operation.get("params") or {}).items()}
    status, body = run(operation["method"], str(operation.get("path", "")), params, str(operation.get("body") or ""))
    return {"status_code": status, "operation_id": operation.get("operation_id"), "response": body.decode()}
