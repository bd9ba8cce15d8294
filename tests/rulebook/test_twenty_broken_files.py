"""Slips that people make in mappings/, one at a time, and what `trellis check` says of each: one line that names the cure.

Where one slip has two lines, both are needed: names that are used elsewhere, for one.
"""

from __future__ import annotations

import pytest

from connector.rulebook.document import read_document
from connector.rulebook.read import read_rulebook

# what somebody did: file, text, what it became, key, words of the message with its cure
SLIPS = {
    # what other programs and other languages write
    "a decimal comma": ("model.yaml", "persona_minimum: 14", "persona_minimum: 14,5", "factors.fit.persona_minimum", "'14,5' will not do; points are a number, such as 5 or 0.2, without quotes; decimals follow a point, not a comma"),
    "a decimal comma between commas": ("model.yaml", "points: 0.4", "points: 0,4", "factors.engagement.groups.passive.rules[0].4", "the comma makes 4 a key of its own; write decimals with a point, such as 0.4"),
    "days in words": ("model.yaml", "half_life: 45d", "half_life: 45 days", "factors.phase.half_life", "'45 days' will not do; a duration is a whole number of days or weeks, such as 21d or 3w"),
    "months": ("model.yaml", "half_life: 365d", "half_life: 12m", "factors.profile.freshness.half_life", "such as 21d or 3w"),
    "percent in words": ("tracks.yaml", "share: 10%", "share: 10 percent", "guard.stage_moves.share", "'10 percent' will not do; a share is a percentage such as 10%"),
    "percent without its sign": ("tracks.yaml", "share: 10%", "share: 10", "guard.stage_moves.share", "10 will not do; a share lies between 0% and 100%, such as 10% or 0.1"),
    "a range with a dash": ("model.yaml", "{between: [50, 1000]}", "{between: 50–1000}", "factors.fit.personas.finance_lead.traits[2].when.employees.between", "between takes two numbers or two days, the lower first, such as [50, 1000]"),
    "a range upside down": ("model.yaml", "{between: [50, 1000]}", "{between: [1000, 50]}", "factors.fit.personas.finance_lead.traits[2].when.employees.between", "the lower first, such as [50, 1000]"),
    "a sign for an operator": ("stages.yaml", "score: {at_least: 20}", "score: {'>=': 20}", "stages[1].enter.score.>=", 'there is no operator ">="; write at_least'),
    "a comparison as a text": ("stages.yaml", "score: {at_least: 20}", "score: '>= 20'", "stages[1].enter.score", "'>= 20' is only a text; write {at_least: …}"),
    "or": ("model.yaml", "when: {email_domain: {in: [rival.example]}}", "when: {or: [{email_domain: rival.example}]}", "overrides[3].when.or", 'conditions are not joined by "or"; write any: with a list'),
    "a list without an operator": ("tracks.yaml", "when: {stage: qualified}", "when: {stage: [qualified, hot]}", "tracks.hand-written-mail.when.stage", "a list alone says nothing; write in: […]"),
    "one value where a list belongs": ("model.yaml", "{email_domain: {in: [rival.example]}}", "{email_domain: {in: rival.example}}", "overrides[3].when.email_domain.in", "in takes a list, such as [first, second]"),
    "a day the Spanish way": ("model.yaml", "review_by: 2027-05-01", "review_by: 01/05/2027", "factors.fit.personas.finance_lead.traits[0].review_by", "'01/05/2027' will not do; takes a day, such as 2027-05-01"),
    "a Spanish key": ("model.yaml", "points: 17", "puntos: 17", "factors.fit.personas.finance_lead.traits[0].puntos", 'there is no key "puntos" here; did you mean points?'),
    "Spanish weekdays": ("tracks.yaml", "days: mon-fri", "days: lun-vie", "calendar.days", "'lun-vie' will not do; write days like mon-fri or mon,wed,fri"),
    "an id with blanks": ("model.yaml", "id: finance-title", "id: Finance title", "factors.fit.personas.finance_lead.traits[0].id", "ids are lower case letters, digits, - and _, beginning with a letter"),
    # numbers, texts, yes and no
    "points in quotes": ("model.yaml", "points: 17", "points: '17'", "factors.fit.personas.finance_lead.traits[0].points", "'17' will not do; points are a number, such as 5 or 0.2, without quotes"),
    "points beyond all measure": ("model.yaml", "points: 17", "points: 17000", "factors.fit.personas.finance_lead.traits[0].points", "17000 will not do; points lie between -1000 and 1000"),
    "a list id of digits": ("fields.yaml", "list: abc123", "list: 123456", "audiences.main.list", "123456 will not do; takes a text; put numbers in quotes"),
    "true for a number": ("model.yaml", "{known: 2, of", "{known: true, of", "minimum_evidence.any[0].known", "true will not do; takes a whole number, without quotes"),
    "yes in quotes": ("stages.yaml", "handover: true", "handover: 'yes'", "stages[3].handover", "'yes' will not do; takes true or false, without quotes"),
    "yes": ("stages.yaml", "handover: true", "handover: yes", "stages[3].handover", "yes is a word to some tools and yes or no to others; write true or false"),
    "Norway": ("model.yaml", "{in: [ES, PT, AD]}", "{in: [ES, NO]}", "factors.fit.personas.finance_lead.traits[3].when.country.in[1]", '"NO" in quotes for the word'),
    "closing time": ("tracks.yaml", '"09:00-18:00"', "20:00", "calendar.hours", '20:00 is a time to people and a number to some tools; put it in quotes: "20:00"'),
    "a version in quotes": ("tracks.yaml", "version: 1", "version: '1'", "version", "'1' is not one of 1; write it without quotes"),
    "a year as a day": ("model.yaml", "review_by: 2027-05-01", "review_by: 20270501", "factors.fit.personas.finance_lead.traits[0].review_by", "20270501 will not do; takes a day, such as 2027-05-01"),
    # signs that nobody sees, or sees otherwise
    "curly quotes": ("model.yaml", "not_in: [customer,", "not_in: [“customer”,", "applies_to.lifecycle.not_in[0]", 'the curly quotes of “customer” are taken for letters; write straight ones: "customer"'),
    "a Cyrillic letter": ("model.yaml", "half_life: 45d", "hаlf_life: 45d", "factors.phase.hаlf_life", "did you mean half_life? (yours holds a cyrillic small letter a)"),
    "a blank of no width": ("model.yaml", "persona_minimum: 14", "persona_\u200bminimum: 14", "factors.fit.persona_\u200bminimum", "did you mean persona_minimum? (yours holds a zero width space)"),
    "a word boundary in double quotes": ("model.yaml", r"'\bintern\b'", r'"\bintern\b"', "factors.fit.adjust[0].when.any[1].job_title.matches", "holds a sign that nobody sees (U+0008); in double quotes a backslash begins a code"),
    "half a character": ("model.yaml", "label: Responsable de finanzas", r'label: "\ud800"', "factors.fit.personas.finance_lead.label", "holds a sign that nobody sees (U+D800)"),
    # what is not there, or elsewhere
    "a number sign that begins a comment": ("model.yaml", "why: Puede decidir\n", "why: #1 en ventas\n", "factors.fit.personas.finance_lead.traits[1].why", 'there is no value here; write one, or remove the key; what stands behind " #" is a comment'),
    "no blank behind a colon": ("stages.yaml", "score: {at_least: 20}", "score: {at_least:20}", "stages[1].enter.score.at_least:20", "there is no blank behind the colon of at_least:20; write at_least: 20"),
    "a list where keys belong": ("tracks.yaml", "  touches: {max: 3, per: 7d} ", "  touches: [3, 7d] ", "dosing.touches", "a list will not do; takes keys with values, without dashes"),
    "a name where keys belong": ("fields.yaml", "first_name:   {hubspot: firstname, mailchimp: merge_fields.FNAME}", "first_name: firstname", "fields.first_name", "'firstname' will not do; takes keys with values"),
    "one address where a list belongs": ("tracks.yaml", "round_robin: [ana@team.example, biel@team.example]", "round_robin: ana@team.example", "handover.owner.round_robin", "takes a list"),
    "a condition in words": ("stages.yaml", "enter: {score: {at_least: 20}}", "enter: score at least 20", "stages[1].enter", "a condition is a mapping; write field: {operator: value}"),
    "an expression that is not closed": ("model.yaml", r"'\bintern\b'", "'(intern'", "factors.fit.adjust[0].when.any[1].job_title.matches", "matches is not a regular expression: missing )"),
    # nurturing
    "a flow without its step": ("tracks.yaml", 'tag: "trellis:track:mailchimp-warmup"}, listener: confirmed, exit: confirmed', "journey: 5}, listener: confirmed", "tracks.mailchimp-warmup.enroll[0].mailchimp", "give tag, or journey and step together"),
    "an exit from a flow that was called": ("tracks.yaml", 'tag: "trellis:track:mailchimp-warmup"}', "journey: 5, step: 7}", "tracks.mailchimp-warmup.enroll[0]", "a journey or a task cannot be taken back: leave exit out"),
    "an exit from a task": ("tracks.yaml", 'o se ha callado"}}]', 'o se ha callado"}, exit: confirmed}]', "tracks.call-customer.enroll[0]", "a journey or a task cannot be taken back: leave exit out"),
    "a tag that Trellis is to verify": ("tracks.yaml", 'tag: "trellis:track:mailchimp-warmup"}, listener: confirmed', 'tag: "trellis:track:mailchimp-warmup"}, listener: verified', "tracks.mailchimp-warmup.enroll[0]", "look yourself, write confirmed"),
    "a workflow as a text": ("tracks.yaml", "{hubspot: {property: trellis_track}, listener: confirmed, exit: confirmed}\n", '{hubspot: {workflow: "1500000001"}, listener: confirmed}\n', "tracks.finance-consideration.enroll[0].hubspot.workflow", "'1500000001' will not do; takes a whole number, without quotes"),
    "a workflow that nobody has seen": ("tracks.yaml", "{hubspot: {property: trellis_track}, listener: confirmed, exit: confirmed}\n", "{hubspot: {workflow: 1500000001}}\n", "tracks.finance-consideration.enroll[0]", "see that it is on, and write listener: confirmed"),
    "two targets in one way": ("tracks.yaml", "{hubspot: {property: trellis_track}, listener: confirmed, exit: confirmed}\n", "{hubspot: {property: trellis_track, list: Finance}, listener: confirmed}\n", "tracks.finance-consideration.enroll[0].hubspot", "give exactly one of property, list, workflow, task"),
    "half a cap": ("tracks.yaml", "    cap: {max: 2, per: 14d}", "    cap: {max: 2}", "tracks.closing.cap.per", 'the key "per" is missing'),
    "a role that is none": ("tracks.yaml", "role: reminder", "role: reminders", "tracks.price-reminder.role", "did you mean reminder?"),
    "an act that ends a track and is none": ("tracks.yaml", "stops_on: [sales_verdict,", "stops_on: [sales_verdicts,", "tracks.closing.stops_on[0]", 'no event is called "sales_verdicts"; did you mean sales_verdict?'),
    "a budget of a stage that is not there": ("tracks.yaml", "by_stage: {qualified:", "by_stage: {cualified:", "dosing.by_stage.cualified", 'no stage is called "cualified"; did you mean qualified?'),
    "a wait until an act that is none": ("tracks.yaml", "hold_until: [form_submit,", "hold_until: [form_submits,", "dosing.hold_until[0]", 'no event is called "form_submits"; did you mean form_submit?'),
    "an aim that asks for itself": ("tracks.yaml", "  retain: {when: {stage: customer}}", "  retain: {when: {stage: customer, aim: retain}}", "aims.retain.when.aim", '"aim" is computed later'),
    "an aim that is none": ("tracks.yaml", "  retain: {when", "  keep: {when", "aims.keep", "'keep' is not one of win, retain, recover, reactivate"),
    "a segment that is kept nowhere": ("tracks.yaml", ', hubspot: {list: "Trellis: Only readers"}}', "}", "segments.only-readers", "say where it is kept: hubspot: {list: …}"),
    "a segment on the list of a track": ("tracks.yaml", '{list: "Trellis: Only readers"}', '{list: "Trellis: Ready for a hand-written mail"}', "segments.only-readers.hubspot", "give each track and each segment its own list or tag"),
    "the list of the paused on that of a track": ("tracks.yaml", '# paused_list: "Paused by Trellis" ', 'paused_list: "Trellis: Ready for a hand-written mail" ', "dosing.paused_list", "is there twice, first on line"),
    "a rest without its time": ("tracks.yaml", "answers: [silent], rest: 30d,", "answers: [silent],", "rectify.annoyed.rest", 'the key "rest" is missing'),
    "an answer that annoys nobody": ("tracks.yaml", "answers: [silent]", "answers: [silence]", "rectify.annoyed.answers[0]", "did you mean silent?"),
    "an owner without an address": ("tracks.yaml", "    round_robin: [ana@team.example, ", "    round_robin: [Ana, ", "handover.owner.round_robin[0]", "'Ana' will not do; takes the e-mail address of a HubSpot user"),
    "a territory of nobody": ("tracks.yaml", "round_robin: [biel@team.example]", "round_robin: []", "handover.owner.territories[0].round_robin", "needs at least one entry"),
    "an admin without an address": ("tracks.yaml", "enrollments: 500}", "enrollments: 500, tell: Ana}", "guard.tell", "'Ana' will not do; takes the e-mail address of a HubSpot user, such as ana@team.example"),
    "what happens when it is late": ("tracks.yaml", "  sla: 1d ", "  overdue: alarm ", "handover.overdue", "'alarm' is not one of alert, reroute"),
    "an answer that is none": ("model.yaml", "bars: {silent: hot}", "bars: {silents: hot}", "factors.reaction.bars.silents", "'silents' is not one of clicked, replied, asked, silent, unsubscribed; did you mean silent?"),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_a_slip_is_one_line_with_its_cure(slip, broken, folder):
    file, old, new, key, words = slip
    (problem,) = broken(file, (old, new))
    assert (problem.file, problem.key) == (f"mappings/{file}", key)
    assert words in f"{problem.message}; {problem.cure}"
    assert new.splitlines()[-1] in (folder / file).read_text(encoding="utf-8").splitlines()[problem.line - 1]


# what somebody did: file, text, what it became, how many lines lower YAML notices, words of the message with its cure
UNREADABLE = {
    "a tab": ("    max: 30\n", "\tmax: 30\n", 0, "indent with blanks, not with tabs"),
    "a blank that does not break": ("    max: 30\n", "    max:\u00a030\n", 1, 'retype the blanks around "max:\u00a030": one is a no-break space'),
    "no blank behind a colon": ("    max: 30\n", "    max:30\n", 1, "put a blank behind the colon: max: 30"),
    "a key further to the left": ("    max: 30\n", "  max: 30\n", 1, "begin keys of one level in one column"),
    "a dash too few": ("        - {event: email_click}\n".removeprefix("  "), "        event: email_click\n", 1, "the dashes of one list, in one column"),
    "a colon in a sentence": ("why: Señal débil", "why: Señal: débil", 0, "put a text that holds a colon, comma or bracket in quotes"),
    "a bracket that is not closed": ("applies_to: {lifecycle: {not_in: [customer, evangelist]}}", "applies_to: {lifecycle: {not_in: [customer, evangelist]}", 4, "close the bracket above this line"),
    "a quote that is not closed": ("label: Responsable de finanzas", 'label: "Responsable de finanzas', 2, "close every quote"),
    "a comparison without quotes": ("persona_minimum: 14", "persona_minimum: >= 14", 0, "put a text that begins with > or | in quotes"),
    "an at sign": ("owner: marketing", "owner: @marketing", 0, "put a text that begins with such a sign in quotes"),
    "a class in double quotes": (r"'\bintern\b'", r'"\dintern"', 0, r"write regular expressions in single quotes: '\d'"),
}  # fmt: skip


@pytest.mark.parametrize("slip", UNREADABLE.values(), ids=UNREADABLE)
def test_where_yaml_gives_up_the_likeliest_cause_is_named(slip, broken, folder):
    old, new, _, words = slip
    problems = [one for one in broken("model.yaml", (old, new)) if one.file.endswith("/model.yaml")]
    assert len(problems) == 1
    assert problems[0].message.startswith("is not YAML: ")
    assert words in problems[0].cure
    text = (folder / "model.yaml").read_text(encoding="utf-8")
    slipped = text[: text.index(new)].count("\n") + 1
    assert slipped <= problems[0].line <= slipped + slip[2]


def test_files_of_other_systems_mean_the_same(folder, shipped):
    for file in folder.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert read_rulebook(folder).hash == shipped.hash


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "file.yaml:1: holds no keys; begin with version: 1"),
        (b"# version: 1\n", "file.yaml:1: holds no keys; begin with version: 1"),
        (b"version: 1\n".decode().encode("utf-16"), "file.yaml:1: is not UTF-8; save the file with the encoding UTF-8"),
        (b"version: 1\n# Pe\xf1a\n", "file.yaml:2: is not UTF-8; save the file with the encoding UTF-8"),
        (b"version: 1\nlabel: \x00\n", "file.yaml: is not YAML: unacceptable character #x0000"),
    ],
)
def test_what_is_no_text_of_ours(tmp_path, content, told):
    (tmp_path / "file.yaml").write_bytes(content)
    (problem,) = read_document(tmp_path / "file.yaml", "file.yaml").problems
    assert str(problem).startswith(told)


def test_quotes_make_words_of_what_looks_otherwise(folder):
    model = folder / "model.yaml"
    text = model.read_text(encoding="utf-8")
    model.write_text(text.replace("{in: [ES, PT, AD]}", '{in: ["NO", "“ES”", "08001"]}', 1), encoding="utf-8")
    (acquisition,) = [one for one in read_rulebook(folder).models if one.model == "acquisition"]
    assert acquisition.factors.fit.personas["finance_lead"].traits[3].when.argument == ("no", "“es”", "08001")


# what does not go together in one block: text, what it became, key, words, and the line at which the block begins
BLOCKS = {
    "closing without a cap": ("    cap: {max: 2, per: 14d}\n", "", "tracks.closing", "role: closing needs a hard cap, such as cap: {max: 2, per: 14d}", "  closing:"),
    "more in an hour than in a day": ("  per_hour: 200", "  per_hour: 600", "dosing", "per_hour lies above per_day", "dosing:"),
    "nobody who can be next in turn": ("  sla: 1d ", "  overdue: reroute ", "handover", "overdue: reroute needs sla, and owner", "handover:"),
    "a time for sales, and nobody of sales": ('  owner:\n    territories: [{when: {country: PT}, round_robin: [biel@team.example]}]\n    round_robin: [ana@team.example, biel@team.example]\n  task: {title: "Llamar a {name}", due: 1d}\n', "", "handover", "sla needs somebody who can be late: add owner, task, or both", "handover:"),
}  # fmt: skip


@pytest.mark.parametrize("slip", BLOCKS.values(), ids=BLOCKS)
def test_what_does_not_go_together_is_named_at_the_head_of_its_block(slip, broken, folder):
    old, new, key, words, head = slip
    (problem,) = broken("tracks.yaml", (old, new))
    assert problem.key == key
    assert words in problem.message
    assert (folder / "tracks.yaml").read_text(encoding="utf-8").splitlines()[problem.line - 1] == head
