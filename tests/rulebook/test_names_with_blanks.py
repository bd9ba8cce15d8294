"""A blank around the name of a list or tag: whether a platform keeps it is not documented, and then nobody would be found there."""

from __future__ import annotations

import pytest

SAYS = "takes a name as the platform shows it, without a blank before or after"
TAG = '"trellis:track:mailchimp-warmup"'


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (TAG, '"trellis:track:mailchimp-warmup "', "tracks.mailchimp-warmup.enroll[0].mailchimp.tag"),
        ("property: trellis_track", 'property: " trellis_track"', "hubspot.property"),
        ("# paused_list: ", "paused_list: ' Paused ' #", "dosing.paused_list"),
    ],
)
def test_a_name_with_a_blank_around_it_is_refused(broken, old, new, where):
    (problem,) = broken("tracks.yaml", (old, new))
    assert (problem.cure == SAYS, problem.key.endswith(where)) == (True, True)
