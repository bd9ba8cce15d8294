"""Scoring of many contacts at once, in columns: the same lines, to the thousandth, as the single path gives."""
