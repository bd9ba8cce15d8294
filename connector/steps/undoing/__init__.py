"""A rollback on the platforms: who is taken out of tracks, and values that are put back; begun in the store, and resumed by
every pass until nothing of it is left.
"""
