"""What is typed for a release and is no number of one is refused in words that name the command that lists them."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from connector.cli.released import rollback


@pytest.mark.parametrize("typed", ["x", "0", "-1", "1.5", "²", "٣", "99999999999999", " 2", "2\n"])
def test_what_is_no_number_of_a_release_is_refused_with_where_they_stand(typed: str) -> None:
    ran = CliRunner().invoke(rollback, ["--", typed])
    assert ran.exit_code == 2
    assert "is no number of a release: `trellis releases` lists them" in ran.output
