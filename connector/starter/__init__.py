"""The first afternoon: from a portal that nobody has looked at yet to files that fit it."""
