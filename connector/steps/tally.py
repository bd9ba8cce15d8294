"""What a step did, as counts by plain words; the summary of a pass is their sum."""

from collections import Counter

Tally = Counter[str]
