"""The first afternoon: from a portal that nobody has looked at yet to files that fit it.

looking (asks the platforms) → `Seen` → answers (what is proposed, and what was said) → draft, thresholds → the files.
All but `looking` and `shelf` is pure; who asks people questions is `connector.cli`.
"""
