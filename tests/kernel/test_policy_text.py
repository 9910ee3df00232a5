"""A policy text loads whole and cited, or is refused with every fault and its line."""

import hashlib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.kernel.errors import Malformed
from services.kernel.policy import Policy
from services.kernel.policy_problems import PolicyProblems
from services.kernel.policy_terms import Interpretation
from services.kernel.policy_text import parse

FOLDER = Path(__file__).parents[2] / "policies"
SHIPPED = {path.name: path.read_text("utf-8") for path in sorted(FOLDER.glob("2*.yaml"))}

# Line numbers in the tests below are those of this text.
TEXT = """\
policy_id: doc
number: 文号1
title_zh: 通知
title_en: Notice
issuers: [ndrc, mnr]
signed_on: 2021-06-09
published_on: 2021-06-21
rounds_from: 2020
rounds_until: 2021
scope:
  beneficiary_classes: [national, county_by_reference]
  clause: support
clauses:
  - clause_id: support
    quote: 重点支持
    source: the notice
rules:
  - rule_id: doc/land
    instrument: land_guarantee
    beneficiary_class: national
    grades: [excellent]
    wording: guarantee
    authority: mnr
    clause: support
    valid_from: 2021-06-09
    valid_until: 2021-12-31
    preconditions:
      - precondition_id: plan
        text_zh: 符合国土空间规划
        text_en: It conforms to the plan.
        attested_by: mnr
  - rule_id: doc/credit
    instrument: credit_tilt
    beneficiary_class: national
    grades: [excellent]
    wording: tilt
    authority: cdb
    clause: support
    valid_from: 2021-06-09
    dimensions: [financing_total]
nothing:
  - beneficiary_class: national
    grades: [good, qualified, poor]
    clause: support
open_norms:
  - norm_id: doc/county
    beneficiary_class: county_by_reference
    question_zh: 享受哪些？
    question_en: Which?
    clause: support
    interpretation:
      author: 国家发展改革委
      decided_on: 2022-03-01
      document: 答复1号
      answer: nothing
  - norm_id: doc/streak
    parameter: streak_years
    question_zh: 几年？
    question_en: How many?
    clause: support
    interpretation:
      author: 国家发展改革委
      decided_on: 2022-03-01
      document: 答复1号
      answer: "3"
parameters:
  - name: quota_mu
    unit: mu
    values:
      - {value: 1000, valid_from: 2021-01-01, valid_until: 2021-12-31, clause: support}
      - {value: 2000, valid_from: 2022-01-01, clause: support}
"""

LAND = TEXT[TEXT.index("  - rule_id: doc/land") : TEXT.index("  - rule_id: doc/credit")]
RULES = TEXT[TEXT.index("rules:") : TEXT.index("nothing:")]


def problems(text: str) -> list[tuple[int, str, str]]:
    """The line, rule and advice of every problem; none where the text loads."""
    try:
        parse(text, "doc.yaml")
    except PolicyProblems as refusal:
        return [(problem.line, problem.rule, problem.what) for problem in refusal.problems]
    return []


def edited(old: str, new: str) -> list[tuple[int, str, str]]:
    """The problems of the text above with the first occurrence of `old` replaced."""
    assert old in TEXT
    return problems(TEXT.replace(old, new, 1))


# What loads.


def test_a_whole_and_cited_text_loads() -> None:
    policy = parse(TEXT, "doc.yaml")
    assert (policy.policy_id, policy.number, policy.signed_on) == ("doc", "文号1", date(2021, 6, 9))
    assert [rule.clause.quote for rule in policy.rules] == ["重点支持", "重点支持"]
    assert policy.rules[0].valid_until == date(2021, 12, 31)
    assert policy.open_norms[1].interpretation == Interpretation(
        "国家发展改革委", date(2022, 3, 1), "答复1号", "3"
    )
    assert [value.value for value in policy.parameters[0].values] == [1000, 2000]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_document_loads_and_is_named_as_its_file(name: str) -> None:
    assert f"{parse(SHIPPED[name], name).policy_id}.yaml" == name


def test_the_hash_is_that_of_the_text_as_it_stands() -> None:
    assert parse(TEXT, "a").content_hash == hashlib.sha256(TEXT.encode()).hexdigest()
    assert parse(TEXT, "a").content_hash != parse(TEXT + "# A remark.\n", "a").content_hash


@pytest.mark.parametrize(
    "line", ["number: 文号1\n", "signed_on: 2021-06-09\n", "rounds_until: 2021\n"]
)
def test_what_is_unknown_may_be_absent(line: str) -> None:
    assert edited(line, "") == []


# How it is refused.


def test_every_fault_is_reported_at_once_by_line() -> None:
    text = TEXT.replace("issuers: [ndrc, mnr]", "issuers: [ndrk]").replace("unit: mu", "unit: ha")
    text = text.replace("    wording: guarantee\n", "")
    assert [(line, rule) for line, rule, _ in problems(text)] == [
        (5, "unknown-authority"),
        (18, "missing-key"),
        (67, "unknown-unit"),
    ]


def test_a_problem_reads_as_compilers_print_it() -> None:
    with pytest.raises(PolicyProblems) as refusal:
        parse(TEXT.replace("unit: mu", "unit: ha"), "policies/doc.yaml")
    expected = "policies/doc.yaml:68: unknown-unit: `ha` is no unit: use one of years, days, fen, "
    assert str(refusal.value).startswith(expected)


def test_a_text_that_is_refused_is_malformed() -> None:
    with pytest.raises(Malformed):
        parse("", "doc.yaml")


# Citations.


def test_a_rule_without_a_clause_does_not_load() -> None:
    assert edited("    clause: support\n    valid_from", "    valid_from") == [
        (
            18,
            "no-citation",
            (
                "a rule has no `clause`: a value without a citation does not load: "
                "name a clause_id of this document"
            ),
        )
    ]


def test_a_value_without_a_clause_does_not_load() -> None:
    assert [found[:2] for found in edited("2022-01-01, clause: support", "2022-01-01")] == [
        (71, "no-citation")
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("    quote: 重点支持\n", "a clause is its wording"),
        ("    source: the notice\n", "a clause needs a source"),
    ],
)
def test_a_clause_without_quote_or_source_does_not_load(line: str, why: str) -> None:
    ((at, rule, what),) = edited(line, "")
    assert (at, rule) == (14, "no-citation")
    assert why in what


def test_an_empty_quote_is_none() -> None:
    assert edited("quote: 重点支持", 'quote: " "') == [
        (15, "wrong-text", "text is needed here: write it or drop the key")
    ]


def test_a_clause_that_the_document_does_not_have_cannot_be_cited() -> None:
    assert edited("mnr\n    clause: support", "mnr\n    clause: suport") == [
        (24, "unknown-clause", "`suport` is no clause of this document: did you mean `support`?")
    ]


# Gaps and overlaps.


def test_a_cell_that_nothing_states_is_a_gap() -> None:
    assert edited("grades: [good, qualified, poor]", "grades: [good, poor]") == [
        (
            11,
            "gap",
            "national x qualified is not stated: add a rule, a nothing or an open norm",
        )
    ]


def test_a_document_without_rules_has_gaps() -> None:
    assert [found[:2] for found in problems(TEXT.replace(RULES, ""))] == [(11, "gap")]


def test_a_hole_between_dated_values_is_a_gap() -> None:
    assert edited("valid_from: 2022-01-01", "valid_from: 2022-01-02") == [
        (71, "gap", "quota_mu has no value after 2021-12-31: close the hole")
    ]


def test_a_cell_that_earns_cannot_earn_nothing() -> None:
    assert edited("[good, qualified, poor]", "[excellent, good, qualified, poor]") == [
        (
            42,
            "overlap",
            "national x excellent is stated already at line 20: keep one of the two",
        )
    ]


def test_a_class_that_is_open_states_nothing_else() -> None:
    stated = "  - {beneficiary_class: county_by_reference, grades: [poor], clause: support}\n"
    found = edited("open_norms:", f"{stated}open_norms:")
    assert [each[:2] for each in found] == [(48, "overlap")]


def test_a_cell_earns_an_instrument_once_a_day() -> None:
    again = LAND.replace("doc/land", "doc/land-2").replace("2021-06-09", "2021-12-31")
    assert edited(LAND, LAND + again) == [
        (
            33,
            "overlap",
            (
                "national earns land_guarantee for a same grade and day by doc/land, line 18: "
                "part their grades or days"
            ),
        )
    ]


def test_a_cell_may_earn_an_instrument_again_from_the_next_day() -> None:
    again = LAND.replace("doc/land", "doc/land-2").replace("2021-06-09", "2022-01-01")
    again = again.replace("2021-12-31", "2022-12-31")
    assert edited(LAND, LAND + again) == []


@pytest.mark.parametrize("first_day", ["2021-12-31", "2020-01-01"])
def test_dated_values_do_not_overlap(first_day: str) -> None:
    assert edited("valid_from: 2022-01-01", f"valid_from: {first_day}") == [
        (71, "overlap", f"quota_mu has two values on {first_day}: part them, oldest first")
    ]


def test_a_parameter_is_stated_or_left_open_but_not_both() -> None:
    assert edited("name: quota_mu", "name: streak_years") == [
        (57, "overlap", "streak_years is stated or left open elsewhere: keep one of the two")
    ]


def test_a_norm_leaves_one_thing_open() -> None:
    found = edited("    parameter:", "    beneficiary_class: national\n    parameter:")
    assert (
        58,
        "overlap",
        "a norm leaves open a class or a parameter, not both: write two norms",
    ) in (found)


# Names.


def test_a_key_is_given_once() -> None:
    assert edited("number: 文号1\n", "number: 文号1\nnumber: 文号2\n") == [
        (3, "duplicate-key", "`number` is given already at line 2: delete one")
    ]


def test_an_unknown_key_is_refused_with_the_nearest_known_one() -> None:
    assert edited("signed_on:", "signd_on:") == [
        (6, "unknown-key", "`signd_on` is no key of the document: did you mean `signed_on`?")
    ]


def test_a_key_that_is_a_list_is_no_key() -> None:
    assert edited("number: 文号1\n", "? [number]\n: 文号1\n")[0][:2] == (2, "unknown-key")


def test_a_missing_key_is_named() -> None:
    assert edited("published_on: 2021-06-21\n", "") == [
        (1, "missing-key", "the document has no `published_on`: add it")
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "name"),
    [
        ("clauses:\n", "clauses:\n  - {clause_id: support, quote: x, source: y}\n", 15, "support"),
        ("rule_id: doc/credit", "rule_id: doc/land", 32, "doc/land"),
        ("norm_id: doc/streak", "norm_id: doc/county", 56, "doc/county"),
    ],
)
def test_an_id_is_given_once(old: str, new: str, line: int, name: str) -> None:
    ((at, rule, what),) = edited(old, new)
    assert (at, rule) == (line, "duplicate-id")
    assert what.startswith(f"`{name}` is taken at line ")


def test_the_preconditions_of_a_rule_have_ids_of_their_own() -> None:
    again = LAND[LAND.index("      - precondition_id") :]
    assert [found[:2] for found in edited(again, again + again)] == [(32, "duplicate-id")]


def test_the_id_of_a_rule_names_its_document() -> None:
    assert edited("rule_id: doc/land", "rule_id: land") == [
        (18, "wrong-id", "`land` does not name its document: begin it with `doc/`")
    ]


def test_an_id_is_plain() -> None:
    assert [found[:2] for found in edited("policy_id: doc", "policy_id: Doc 1")] == [
        (1, "wrong-id")
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("unit: mu", "unit: yeers", 68, "`yeers` is no unit: did you mean `years`?"),
        ("credit_tilt", "credit_tile", 33, "`credit_tile` is no instrument: did you mean"),
        ("authority: cdb", "authority: bank", 37, "`bank` is no authority: use one of ndrc, "),
        ("[excellent]", "[excelent]", 21, "`excelent` is no grade: did you mean `excellent`?"),
        ("class: national", "class: nation", 20, "`nation` is no class: did you mean `national`?"),
        ("wording: tilt", "wording: tilts", 36, "`tilts` is no wording: did you mean `tilt`?"),
        ("[financing_total]", "[total]", 40, "`total` is no dimension: "),
    ],
)
def test_a_word_outside_its_vocabulary_is_refused(old: str, new: str, line: int, what: str) -> None:
    ((at, rule, said),) = edited(old, new)
    assert (at, rule) == (line, f"unknown-{what.split(' is no ')[1].split(':', maxsplit=1)[0]}")
    assert said.startswith(what)


def test_a_list_of_words_has_each_once() -> None:
    assert edited("[ndrc, mnr]", "[ndrc, ndrc]") == [
        (5, "duplicate-word", "`ndrc` is listed twice: delete one")
    ]


def test_a_class_outside_the_scope_earns_nothing_that_could_be_stated() -> None:
    found = edited("[national, county_by_reference]", "[national]")
    assert found == [
        (
            47,
            "unknown-class",
            "the scope does not name county_by_reference: add it there or delete this",
        )
    ]


def test_a_credit_tilt_says_which_sides_of_credit_it_favours() -> None:
    assert [found[:2] for found in edited("    dimensions: [financing_total]\n", "")] == [
        (33, "missing-key")
    ]


def test_only_credit_has_dimensions() -> None:
    found = edited("    preconditions:", "    dimensions: [guarantee]\n    preconditions:")
    assert [each[:2] for each in found] == [(27, "unknown-key")]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [("answer: nothing", "answer: perhaps", 55), ('answer: "3"', "answer: three", 65)],
)
def test_an_interpretation_answers_what_was_asked(old: str, new: str, line: int) -> None:
    assert [found[:2] for found in edited(old, new)] == [(line, "unknown-answer")]


def test_national_units_are_not_answered_by_themselves() -> None:
    text = TEXT.replace("answer: nothing", "answer: as_national")
    text = text.replace(", county_by_reference", "").replace("county_by_reference", "national")
    assert (55, "unknown-answer") in [found[:2] for found in problems(text)]


# Types.


@pytest.mark.parametrize("number", ["1.5", "1e3", "010", "1_000", "1:30", '"7"', "-1", "yes"])
def test_numbers_are_whole(number: str) -> None:
    assert edited("value: 2000", f"value: {number}") == [
        (71, "wrong-type", "a whole number is needed here: write digits only")
    ]


@pytest.mark.parametrize(
    "day", ["2021-02-30", "2021-6-9", "2021-06-09 10:00:00", '"2021-06-09"', "soon", "2021"]
)
def test_dates_are_days_that_exist(day: str) -> None:
    assert edited("signed_on: 2021-06-09", f"signed_on: {day}") == [
        (
            6,
            "wrong-date",
            "a day is needed here: write one that exists as YYYY-MM-DD, without quotes",
        )
    ]


@pytest.mark.parametrize("text", ["yes", "2021", "2021-06-09", "", "[文号1]", "~", "1.5"])
def test_text_that_yaml_takes_for_something_else_is_refused(text: str) -> None:
    assert edited("number: 文号1", f"number: {text}") == [
        (2, "wrong-type", "text is needed here: write it in double quotes")
    ]


def test_half_a_character_is_no_text() -> None:
    assert [found[:2] for found in edited("文号1", '"\\ud800"')] == [(2, "wrong-text")]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("[ndrc, mnr]", "ndrc", 5),
        ("[ndrc, mnr]", "[]", 5),
        (RULES, "rules: 3\n", 17),
        (RULES, "rules: [3]\n", 17),
        (TEXT, "[1, 2]\n", 1),
        (TEXT, "text\n", 1),
        (TEXT, "!thing {policy_id: doc}\n", 1),
    ],
)
def test_a_list_or_mapping_where_it_does_not_belong_is_refused(
    old: str, new: str, line: int
) -> None:
    assert [found[:2] for found in edited(old, new)] == [(line, "wrong-type")]


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("2021-12-31", "2021-06-08", 26, "valid_until 2021-06-08 is before valid_from 2021-06-09"),
        ("rounds_until: 2021", "rounds_until: 2019", 9, "rounds_until 2019 is before rounds_from"),
        ("2021-06-21", "2021-06-01", 7, "published_on 2021-06-01 is before signed_on 2021-06-09"),
    ],
)
def test_nothing_ends_before_it_begins(old: str, new: str, line: int, what: str) -> None:
    ((at, rule, said),) = edited(old, new)
    assert (at, rule) == (line, "wrong-date")
    assert said.startswith(what)


# The YAML itself.


@pytest.mark.parametrize("text", ["", "\n\n", "# Only a remark.\n"])
def test_an_empty_file_is_refused(text: str) -> None:
    assert problems(text) == [
        (1, "empty", "the file states nothing: write the document or delete the file")
    ]


def test_a_file_is_one_document() -> None:
    assert problems("a: 1\n---\nb: 2\n") == [
        (2, "several-documents", "a file is one document: split it here")
    ]


def test_aliases_are_refused_before_anything_is_expanded() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    found = problems(bomb)
    assert {rule for _, rule, _ in found} == {"alias"}
    assert found[0][0] == 1


def test_nesting_without_end_is_refused() -> None:
    assert [found[:2] for found in problems("[" * 50_000)] == [(1, "too-deep")]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: [1\n", 3),
        ("a: 1\n\tb: 2\n", 2),
        ("a: 1\nb: \x07\n", 2),
        ("a: \ud800\n", 1),
        ('a: "\\UFFFFFFFF"\n', 1),
        ("a: b: c\n", 1),
    ],
)
def test_broken_yaml_is_refused_where_it_breaks(text: str, line: int) -> None:
    assert [found[:2] for found in problems(text)] == [(line, "syntax")]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(SHIPPED)), st.data())
def test_a_shipped_text_with_a_character_less_loads_or_is_refused(
    name: str, data: st.DataObject
) -> None:
    text = SHIPPED[name]
    at = data.draw(st.integers(0, len(text) - 1))
    assert isinstance(_outcome(text[:at] + text[at + 1 :]), Policy | PolicyProblems)


@settings(deadline=None)
@given(st.text() | st.text(alphabet="abc:-[]{}#&*!|>'\"%@?,\n\t 0123456789.~<="))
@example("!!set {a, b}")
@example("%YAML 9.9\n---\na")
def test_any_text_loads_or_is_refused(text: str) -> None:
    assert isinstance(_outcome(text), Policy | PolicyProblems)


def _outcome(text: str) -> Policy | PolicyProblems:
    try:
        return parse(text, "doc.yaml")
    except PolicyProblems as refusal:
        return refusal
