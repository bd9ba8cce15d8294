"""What an admin reads when a key of the full model means nothing: doubts, audience, knowledge, topics, several models."""

from __future__ import annotations

import pytest

MODEL, CUSTOMERS, FIELDS = "model.yaml", "model-customers.yaml", "fields.yaml"

# file, text, what it becomes, key, words of message and cure
CASES = {
    "a doubt about mails without mails": (
        FIELDS,
        "  email_sent:  ",
        "  mail_sent:  ",
        "trust.doubts.prefetch",
        'no event is called "email_sent"; did you mean mail_sent?',
    ),
    "an unsourced kind that is not mapped": (
        MODEL,
        "unsourced: {events: [email_click, page_view]}",
        "unsourced: {events: [email_click, page_views]}",
        "trust.doubts.unsourced.events[1]",
        'no event is called "page_views"; did you mean page_view?',
    ),
    "a gateway that is no domain": (
        MODEL,
        "correo-filtrado.example",
        '"@correo-filtrado.example"',
        "trust.doubts.gateways.domains[0]",
        "is no domain; write what follows the @",
    ),
    "the less sure, the more it counts": (
        MODEL,
        "  machine: 0\n",
        "  machine: 0.6\n",
        "trust",
        "the less sure we are of an act, the more it would count; keep human at least as high as unsure",
    ),
    "an audience that asks for a field nobody maps": (
        MODEL,
        "when: {fit: {at_most: 3}, engagement",
        "when: {ftness: {at_most: 3}, engagement",
        "audience.when.ftness",
        'no field is called "ftness"',
    ),
    "an audience that asks whether it is one": (
        MODEL,
        "when: {fit: {at_most: 3}, engagement",
        "when: {audience: true, engagement",
        "audience.when.audience",
        '"audience" is computed later, so it cannot be asked here',
    ),
    "an audience with the id of another rule": (
        MODEL,
        "  id: reader-without-fit",
        "  id: competitor",
        "audience.id",
        'the rule id "competitor" is there twice, first on line',
    ),
    "knowledge that asks for what is computed": (
        MODEL,
        "id: gave-data, when: {did: {event: form_submit}}",
        "id: gave-data, when: {score: {at_least: 9}}",
        "knowledge.brand[0].when.score",
        '"score" is computed later, so it cannot be asked here',
    ),
    "a topic that does not exist": (
        MODEL,
        "when: {country: {known: true, not_in: [ES, PT, AD, FR]}}",
        "when: {topic: precio}",
        "overrides[1].when.topic",
        'no topic is called "precio"; did you mean precios?',
    ),
    "an override that asks for what comes after it": (
        MODEL,
        "when: {country: {known: true, not_in: [ES, PT, AD, FR]}}",
        "when: {audience: true}",
        "overrides[1].when.audience",
        '"audience" is computed later',
    ),
    "an audience that is a word": (
        "stages.yaml",
        "enter: {score: {at_least: 20}}",
        "enter: {score: {at_least: 20}, audience: sometimes}",
        "stages[1].enter.audience",
        "audience is not 'sometimes'; it is true or false",
    ),
    "more knowledge than the models can find": (
        "stages.yaml",
        "enter: {score: {at_least: 20}}",
        "enter: {score: {at_least: 20}, knows_offer: {at_least: 101}}",
        "stages[1].enter",
        "nurture can never be reached: it asks for knows_offer 101",
    ),
    "a score of a model that is not there": (
        FIELDS,
        "    customers:   {hubspot",
        "    customer:   {hubspot",
        "write.scores.customer",
        'no model is called "customer"; did you mean customers?',
    ),
    "two values for one property": (
        FIELDS,
        "trellis_score_customers",
        "trellis_score_acquisition",
        "write.scores.customers.hubspot",
        'the property "trellis_score_acquisition" is there twice',
    ),
    "two values for one merge field": (
        FIELDS,
        "phase:     {hubspot: trellis_phase}",
        "phase:     {hubspot: trellis_phase, mailchimp: LEADSTAGE}",
        "write.phase.mailchimp",
        'the merge field "LEADSTAGE" is there twice',
    ),
    "two models of one name": (
        CUSTOMERS,
        "model: customers",
        "model: acquisition",
        "model",
        'the model "acquisition" is there twice',
    ),
    "a maximum below nothing": (
        MODEL,
        "      passive:                     # opens alone can never change a stage\n        max: 2",
        "      passive:\n        max: -2",
        "factors.engagement.groups.passive.max",
        "-2 is less than nothing; write 0 or more",
    ),
    "a phase that takes points": (
        MODEL,
        "      awareness:\n        points: 5",
        "      awareness:\n        points: -5",
        "factors.phase.phases.awareness.points",
        "-5 is less than nothing",
    ),
    "a field that we would rather not know": (
        MODEL,
        "completeness: {company: 1,",
        "completeness: {company: -1,",
        "factors.profile.completeness.company",
        "-1 is less than nothing",
    ),
    "a score that nobody can have": (
        MODEL,
        "    at_least: 80",
        "    at_least: 180",
        "overrides[0].at_least",
        "no score is ever 180; scores lie between 0 and 100",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "key", "words"), CASES.values(), ids=CASES)
def test_it_is_named_with_file_line_key_and_cure(file, old, new, key, words, broken, folder):
    problems = broken(file, (old, new))
    found = [problem for problem in problems if problem.key == key]
    assert found, [str(problem) for problem in problems]
    assert words in str(found[0])
    line = (folder / found[0].file.rpartition("/")[2]).read_text(encoding="utf-8").splitlines()[found[0].line - 1]
    assert words.startswith(("the less", "nurture")) or key.rpartition(".")[2].partition("[")[0] in line
