"""From a verdict to intents: the right track, the right dose, the hand-over to sales. Pure: no I/O, no clock.

`plan` (tracks.py) asks, in this order: which tracks are for her (matching.py) and may she be on them (eligibility.py)?
must she leave (exits.py)? may she enter, and by which way (entries.py, ways.py, dosing.py, working_time.py)? does sales
take over (handover.py)? The guard (guard.py) and the episodes marker (markers.py) are asked again by the step that
delivers, right before the call.
"""
