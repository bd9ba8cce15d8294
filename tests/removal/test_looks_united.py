"""Two rulebooks may call two lists of Mailchimp by one name, and two tokens make two webhooks: nothing of ours is forgotten."""

from __future__ import annotations

from connector.steps.removal import Found, Ours, united


def ours(what, *identity):
    return Ours("mailchimp:main", "delete", what, lambda: None, identity)


def test_what_reads_alike_and_is_another_thing_goes_too():
    field = ours("merge field LEADSCORE and its values", "abc123", "merge field", "LEADSCORE")
    other = ours("merge field LEADSCORE and its values", "def456", "merge field", "LEADSCORE")
    hooks = [ours("the webhook", "abc123", "webhook", f"https://t.example/webhooks/mailchimp/{one}") for one in "ab"]
    both = united([Found(ours=[*hooks, field], left=["x"]), Found(ours=[*hooks, other], left=["x"])])
    assert {one.identity for one in both.ours} == {one.identity for one in (*hooks, field, other)}
    assert (len(both.ours), both.left) == (4, ["x"])
