"""What a key of Mailchimp may do: there are no scopes, but the role of its user and the plan of the account."""

import pytest

from adapters.ports import ScopeMissing
from connector.cli.exits import Exit, explain_error
from connector.steps.checkup.looks import MAILCHIMP, Look, asked
from connector.steps.checkup.mailchimp import role_findings

CURE = "Give the user whose key it is a role that has it, or see if your plan does."


def forbidden() -> None:
    raise ScopeMissing("mailchimp", "403 Forbidden; You may not")


@pytest.mark.parametrize("role", ["viewer", "Author"])
def test_a_user_who_may_only_look_is_told_before_the_first_write_fails(role):
    (finding,) = role_findings({"role": role})
    assert str(finding) == (
        f"error: Mailchimp: the key is that of a user with the role {role.lower()}, which may not change audiences. {CURE}"
    )
    assert finding.kind == "refused"


@pytest.mark.parametrize("account", [{"role": "manager"}, {"role": "owner"}, {"role": "something new"}, {}])
def test_any_other_role_is_tried(account):
    assert not list(role_findings(account))


def test_what_is_forbidden_is_a_right_of_the_user_and_no_scope_of_an_app():
    (finding,) = asked(MAILCHIMP, lambda: None, [Look(forbidden, "")])
    assert str(finding) == f"error: Mailchimp refuses for lack of a right: 403 Forbidden; You may not. {CURE}"
    with pytest.raises(ScopeMissing) as raised:
        forbidden()
    lines, code = explain_error(raised.value)
    assert lines == [f"Mailchimp refuses for lack of a right: 403 Forbidden; You may not. {CURE}"]
    assert code == Exit.REFUSED
