"""Whatever people do while a release decides, and whatever it says: nobody enters a track, or is handed over, by its rollback."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CLOSER = {
    "aim": "win",
    "when": {"stage": {"in": ["warm", "hot"]}},
    "enroll": [{"hubspot": {"list": "Trellis: closer"}, "listener": "confirmed", "exit": "none"}],
    "mails": {"count": 3, "name": {"starts_with": "[C]"}},
    "lasts": "21d",
}
#: Rulebooks that let people in earlier, later, elsewhere or nowhere.
RELEASES = {
    "richer": {"title": 40, "when": "both"},
    "poorer": {"title": 3},
    "surviving": {"title": 40, "when": "both", "tracks": {"closer": CLOSER}},
    "trackless": {"title": 20, "tracks": {}},
}
acts = st.lists(
    st.tuples(
        st.sampled_from(("maria", "carla", "dora", "eva")), st.sampled_from(("form", "demo", "title", "customer"))
    ),
    min_size=1,
    max_size=6,
)


def live(town, deeds):
    """Eva comes now; each does what she does."""
    town.person("eva")
    for key, deed in deeds:
        number = town.id_of(key)
        if deed == "title":
            town.change(number, jobtitle="CFO")
        elif deed == "customer":
            town.change(number, lifecyclestage="customer")
        else:
            town.fill_form(number, deed)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.sampled_from(sorted(RELEASES)), min_size=1, max_size=2, unique=True), deeds=acts)
def test_nobody_enters_or_is_handed_over_by_a_rollback(copy_of_town, names, deeds):
    town = copy_of_town()
    try:
        for name in names:
            town.apply(town.rules(name, **RELEASES[name]))
        live(town, deeds)
        town.settle()
        entered, tasks, on = town.entered(), len(town.portal.tasks), town.on_track()
        back = town.rollback(2)
        town.settle()
        assert back.done
        assert (town.entered(), len(town.portal.tasks)) == (entered, tasks)
        assert town.on_track() <= on
    finally:
        town.store.engine.dispose()
