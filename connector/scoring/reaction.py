"""Reaction: how she answered the latest episode of nurturing. The deciding factor: it may lift or bar a stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from connector.facts import Contact, Episode
from connector.rulebook.types import Answer, Reaction, Rulebook, Track
from connector.scoring import lines as receipt_lines
from connector.scoring.decay import age, day_of
from connector.scoring.doubts import SENT
from connector.scoring.evidence import Act, Evidence, asset_test
from connector.scoring.verdict import Line

#: The kinds of act that answer a mail.
_MAIL_ANSWERS: tuple[tuple[Answer, str], ...] = (("replied", "email_reply"), ("clicked", "email_click"))
_HUBSPOT = "hubspot"
_UNSUBSCRIBED = "unsubscribe"


@dataclass(frozen=True, slots=True)
class ReactionOutcome:
    """The lines of reaction, and the answer that decides lifts and bars (None: no episode, or none yet)."""

    lines: tuple[Line, ...]
    answer: Answer | None


class ReactionFactor:
    """The answers to the latest episode of a track, from the moment she entered until the track's `lasts` are over.

    - *asked*: she did what the track asks for. *replied*, *clicked*: to a mail of the track (`mails.name`).
    - *unsubscribed*: outweighs every other answer.
    - *silent*: none of these after `silent.after.days`, and after so many mails (no more than the track has). Mails of
      HubSpot are counted from `email_sent` acts where the rulebook maps them there; else, and for Mailchimp, which does
      not tell of mails that a flow sends (facts/mailchimp.md §5), they are taken to be spread evenly over `lasts`. A
      click or reply to a mail without a name is no answer that earns points, but it is not silence either.

    `take: best` counts the answer with the most points, `sum` each kind of answer once; both stay within ±max.
    Acts that certainly no person did are no answers. An answer does not fade: the next episode replaces it.
    """

    def __init__(self, reaction: Reaction, rulebook: Rulebook) -> None:
        self._reaction = reaction
        self._rulebook = rulebook
        sent = rulebook.fields.events.get(SENT)
        self._hubspot_tells_mails = sent is not None and sent.hubspot is not None
        self._tracks = {
            name: (
                track,
                asset_test(track.mails.name if track.mails else None),
                asset_test(track.asks.asset if track.asks else None),
            )
            for name, track in rulebook.tracks.tracks.items()
        }

    def judge(self, evidence: Evidence) -> ReactionOutcome:
        """Weigh the answer of one contact."""
        episode = latest_heard(evidence.contact, self._rulebook, evidence.day)
        if episode is None:
            return ReactionOutcome((), None)
        answers = self._answers(evidence, episode)
        if not answers:
            return ReactionOutcome((), None)
        decisive = self._decisive(answers)
        counted = answers if self._reaction.take == "sum" else {decisive: answers[decisive]}
        lines = [self._line(answer, acts, episode) for answer, acts in counted.items()]
        lines = receipt_lines.at_least(receipt_lines.at_most(lines, self._reaction.max), -self._reaction.max)
        return ReactionOutcome(tuple(lines), decisive)

    def _answers(self, evidence: Evidence, episode: Episode) -> dict[Answer, tuple[Act, ...]]:
        """Every answer she gave, with its acts, newest first."""
        track, of_track, as_asked = self._tracks[episode.track]
        start = day_of(episode.entered_at, evidence.zone)
        window = _Window(evidence, episode, start + timedelta(days=track.lasts))
        answers: dict[Answer, tuple[Act, ...]] = {"unsubscribed": tuple(window.acts(_UNSUBSCRIBED))}
        if track.asks is not None:
            answers["asked"] = tuple(window.acts(track.asks.event, as_asked))
        for answer, kind in _MAIL_ANSWERS:
            answers[answer] = tuple(window.acts(kind, of_track))
        answers = {answer: acts for answer, acts in answers.items() if acts}
        if not answers and not any(tuple(window.acts(kind)) for _, kind in _MAIL_ANSWERS):
            left = evidence.day if episode.left_at is None else day_of(episode.left_at, evidence.zone)
            on_track = age(start, min(left, evidence.day))
            told = self._hubspot_tells_mails and episode.channel.startswith(_HUBSPOT)
            mails = len(tuple(window.acts(SENT, of_track))) if told else None
            if self._is_silence(track, on_track, mails):
                answers["silent"] = ()
        return answers

    def _is_silence(self, track: Track, days: int, told: int | None) -> bool:
        planned = 0 if track.mails is None else track.mails.count
        sent = planned * min(days, track.lasts) // max(1, track.lasts) if told is None else told
        after = self._reaction.silent.after
        return days >= after.days and 0 < min(after.mails, planned) <= sent

    def _decisive(self, answers: dict[Answer, tuple[Act, ...]]) -> Answer:
        if "unsubscribed" in answers:
            return "unsubscribed"
        return max(answers, key=lambda answer: self._reaction.points.get(answer, 0))

    def _line(self, answer: Answer, acts: tuple[Act, ...], episode: Episode) -> Line:
        points = self._reaction.points.get(answer, 0)
        newest = acts[0] if acts else None
        return Line(
            part="reaction",
            rule=answer,
            points=points,
            gross=points,
            day=newest.day if newest else None,
            times=len(acts),
            asset=episode.track,
            late=newest.late if newest else False,
        )


def latest_heard(contact: Contact, rulebook: Rulebook, day: date) -> Episode | None:
    """The episode whose answer counts on `day`: the latest that had begun by then, of a track that is in the rulebook, by a
    way that somebody listens to (a segment sends no mail to answer). None: there is none.
    """
    tracks, zone = rulebook.tracks.tracks, ZoneInfo(rulebook.fields.timezone)
    heard = (
        episode
        for episode in contact.episodes
        if episode.track in tracks
        and day_of(episode.entered_at, zone) <= day
        and not any(episode.channel.endswith(f":{target}") for target in _unheard(tracks[episode.track]))
    )
    return max(heard, key=lambda one: (one.entered_at, one.track, one.number), default=None)


def _unheard(track: Track) -> Iterator[str]:
    """The lists, properties and tags of a track's ways that no workflow listens to."""
    for way in track.enroll:
        if way.listener == "none":
            target = (way.hubspot.list or way.hubspot.property) if way.hubspot else way.mailchimp and way.mailchimp.tag
            if target:
                yield target


@dataclass(frozen=True, slots=True)
class _Window:
    """The acts of a person between entering a track and the day its answers end."""

    evidence: Evidence
    episode: Episode
    until: date

    def acts(self, kind: str, passes: Callable[[str], bool] = lambda _: True) -> Iterator[Act]:
        for act in self.evidence.acts.get(kind, ()):
            in_time = act.event.happened_at >= self.episode.entered_at and act.day <= self.until
            if act.trust and in_time and passes(act.event.asset):
                yield act
