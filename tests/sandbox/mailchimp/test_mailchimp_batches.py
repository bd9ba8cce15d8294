"""Batch operations (facts/mailchimp.md §8.12)."""

import io
import json
import tarfile

import requests


def test_a_batch_goes_through_its_states_and_leaves_a_tar(api, path, maria):
    operations = [
        {"method": "PATCH", "path": path(maria), "operation_id": "one", "body": json.dumps({"vip": True})},
        {"method": "GET", "path": path("nobody@acme.example"), "operation_id": "two"},
        {
            "method": "GET",
            "path": "/lists/main01/members",
            "params": {"fields": "total_items"},
            "operation_id": "three",
        },
    ]
    batch = api("POST", "/batches", {"operations": operations}).json()
    assert (batch["status"], batch["total_operations"], batch["response_body_url"]) == ("pending", 0, "")
    states = []
    while batch["status"] != "finished":
        batch = api.body(f"/batches/{batch['id']}")
        states.append(batch["status"])
    assert states == ["preprocessing", "started", "finalizing", "finished"]
    assert (batch["finished_operations"], batch["errored_operations"]) == (3, 1)
    packed = requests.get(batch["response_body_url"], timeout=5).content
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        rows = [row for name in archive.getnames() for row in json.load(archive.extractfile(name))]
    answers = {row["operation_id"]: (row["status_code"], json.loads(row["response"])) for row in rows}
    assert answers["one"][1]["vip"] is True
    assert answers["two"][0] == 404
    assert answers["three"] == (200, {"total_items": 1})


def test_a_malformed_batch_is_refused(api):
    assert api("POST", "/batches", {"operations": [{"method": "patch", "path": "/ping"}]}).status_code == 400
    assert api("POST", "/batches", {}).status_code == 400
