"""Who waits to enter a track is told what she waits for, and until when: the pace, or a person."""

from sqlalchemy import text

from connector.steps.explain import explain

ONE_AN_HOUR = {"tracks.yaml": ("per_hour: 200 ", "per_hour: 1 ")}


def says(world, email):
    found = explain(world.parts, email)
    return {one.track: one.says for one in found.tracks}["finance-consideration"]


def test_explain_says_until_when_the_pace_lets_her_wait_and_that_a_person_must_let_her_go(make_world):
    world = make_world(edits=ONE_AN_HOUR)
    first, second = sorted(map(world.new_lead, ("carla", "olga")))
    world.pass_time(minutes=5)
    world.sync()
    (entered,) = (one.email for one in world.entered(flow="Finance: consideration"))
    (waits,) = {first, second} - {entered}
    in_an_hour = "24/11/2026 a las 13:15"  # by the clocks of Madrid: the first entered at 11:15 UTC
    assert says(world, waits) == (
        f"entra a partir del {in_an_hour}, por el límite de inscripciones por hora o día: "
        "es el que corresponde a este contacto"
    )
    assert says(world, entered).startswith(
        "en él desde el 24/11/2026, por hubspot:property:trellis_track; elegido: es el que"
    )

    with world.store.engine.begin() as conn:
        conn.execute(text("UPDATE intent SET state = 'held', reason = 'too many' WHERE state = 'pending'"))
    assert says(world, waits).startswith("retenido hasta que decida una persona (`trellis holds`)")
