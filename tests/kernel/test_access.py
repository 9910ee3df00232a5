"""Whom a certificate stands for, and what the access table gives that agency on a day."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kernel.access import AccessTable, covers, locked_out, only_asks, unknown_names
from services.kernel.access_text import parse
from services.kernel.errors import Forbidden, Malformed, Unidentified
from services.kernel.policy_problems import PolicyProblems
from services.kernel.viewer import OPERATOR, Viewer
from zoneledger.ledger.v1.visibility_pb2 import Visibility

SHIPPED = (Path(__file__).parents[2] / "policies" / "access.yaml").read_text("utf-8")

# Line numbers in the tests below are those of this text.
TEXT = """\
groups:
  - group_id: ratings
    methods: [zoneledger.evaluation.v1.EvaluationService/ListRatings]
agencies:
  - agency_id: ndrc
    name_zh: 国家发展改革委
    name_en: The commission
    names: [urn:zoneledger:ndrc, ledger.ndrc.example]
    from: 2021-06-09
    source: the notice
    grants:
      - methods:
          - zoneledger.evaluation.v1.EvaluationService/*
          - zoneledger.ledger.v1.LogService/List*
        units: all
        sees: internal
        from: 2021-06-09
        source: the notice
  - agency_id: huangshi
    name_zh: 黄石
    name_en: Huangshi
    names: [urn:zoneledger:huangshi]
    from: 2021-06-09
    until: 2027-12-31
    source: the notice
    grants:
      - methods: [ratings, zoneledger.incentive.v1.IncentiveService/Get*]
        units: [huangshi, hubei-huangshi]
        own: [huangshi]
        sees: public
        hides: [zoneledger.evaluation.v1.Rating.source]
        from: 2022-01-01
        until: 2026-06-30
        assumption: a unit sees what it is told
"""

LIST_RATINGS = "zoneledger.evaluation.v1.EvaluationService/ListRatings"
PUBLISH = "zoneledger.evaluation.v1.EvaluationService/PublishRatings"
GET_ENTITLEMENT = "zoneledger.incentive.v1.IncentiveService/GetEntitlement"
PLANS = "zoneledger.evaluation.v1.PlanService"
ADOPT = "zoneledger.evaluation.v1.EvaluationService/AdoptAccessTable"
DECISIONS = "zoneledger.ledger.v1.LogService/ListDecisions"
METHODS = [LIST_RATINGS, PUBLISH, GET_ENTITLEMENT, ADOPT, DECISIONS]
FIELDS = ["zoneledger.evaluation.v1.Rating.source", "zoneledger.evaluation.v1.Rating.grade"]
HUANGSHI = "urn:zoneledger:huangshi"
TABLE = parse(TEXT, "access.yaml")

THE_GRANT_OF_HUANGSHI = TEXT[TEXT.index("      - methods: [ratings") :]


def problems(text: str) -> list[tuple[int, str, str]]:
    """The line, rule and advice of every problem; none where the text loads."""
    try:
        parse(text, "access.yaml")
    except PolicyProblems as refusal:
        return [(problem.line, problem.rule, problem.what) for problem in refusal.problems]
    return []


def edited(old: str, new: str) -> list[tuple[int, str]]:
    """Line and rule of each problem of the text above with the last `old` in it replaced."""
    assert old in TEXT
    before, _, after = TEXT.rpartition(old)
    return [(line, rule) for line, rule, _ in problems(before + new + after)]


def names_known(table: AccessTable, names: Sequence[str], on: str) -> str:
    """The agency, or "" where there is none."""
    try:
        return table.identify(names, on)
    except Unidentified:
        return ""


# Whom a certificate stands for.


def test_a_certificate_stands_for_the_agency_that_one_of_its_names_is_given_to() -> None:
    assert TABLE.identify(["localhost", "127.0.0.1", HUANGSHI], "2026-01-01") == "huangshi"
    assert TABLE.identify(["ledger.ndrc.example"], "2026-01-01") == "ndrc"


@pytest.mark.parametrize(
    ("day", "agency"),
    [
        ("2021-06-08", ""),
        ("2021-06-09", "huangshi"),
        ("2027-12-31", "huangshi"),
        ("2028-01-01", ""),
    ],
)
def test_a_name_stands_for_its_agency_from_the_first_day_to_the_last(day: str, agency: str) -> None:
    assert names_known(TABLE, [HUANGSHI], day) == agency


def test_whoever_the_table_does_not_know_is_told_what_was_shown_and_what_to_do() -> None:
    expected = r"knows none of the names.*localhost, urn:x.*let the table name it"
    with pytest.raises(Unidentified, match=expected):
        TABLE.identify(["localhost", "urn:x"], "2026-01-01")


def test_without_a_certificate_nobody_is_known() -> None:
    with pytest.raises(Unidentified, match="no certificate"):
        TABLE.identify([], "2026-01-01")


def test_a_certificate_that_stands_for_two_agencies_stands_for_none() -> None:
    with pytest.raises(Unidentified, match=r"stands for huangshi, ndrc;.*use one of one agency"):
        TABLE.identify([HUANGSHI, "urn:zoneledger:ndrc"], "2026-01-01")


def test_two_names_of_one_agency_are_one_agency() -> None:
    names = ["urn:zoneledger:ndrc", "ledger.ndrc.example"]
    assert TABLE.identify(names, "2026-01-01") == "ndrc"


@pytest.mark.parametrize("name", ["URN:zoneledger:ndrc", "urn:zoneledger:ndrc ", "ndrc", ""])
def test_a_name_is_known_as_it_is_written_only(name: str) -> None:
    assert names_known(TABLE, [name], "2026-01-01") == ""


# What an agency may do.


def test_a_grant_says_what_is_seen_and_asked_about() -> None:
    assert TABLE.viewer("huangshi", LIST_RATINGS, "2026-01-01") == Viewer(
        agency="huangshi",
        level=Visibility.VISIBILITY_PUBLIC,
        units=frozenset({"huangshi", "hubei-huangshi"}),
        own=frozenset({"huangshi"}),
        hidden=frozenset({"zoneledger.evaluation.v1.Rating.source"}),
    )
    assert TABLE.viewer("ndrc", DECISIONS, "2026-01-01") == Viewer(
        "ndrc", Visibility.VISIBILITY_INTERNAL, None
    )


@pytest.mark.parametrize("method", [PUBLISH, ADOPT, DECISIONS, "", "x/GetEntitlement"])
def test_what_is_not_granted_is_refused(method: str) -> None:
    with pytest.raises(Forbidden, match="huangshi may not call"):
        TABLE.viewer("huangshi", method, "2026-01-01")


def test_an_agency_that_the_table_does_not_have_may_do_nothing() -> None:
    with pytest.raises(Forbidden):
        TABLE.viewer("most", LIST_RATINGS, "2026-01-01")


@pytest.mark.parametrize(
    ("day", "is_given"),
    [("2021-12-31", False), ("2022-01-01", True), ("2026-06-30", True), ("2026-07-01", False)],
)
def test_a_grant_holds_from_its_first_day_to_its_last(day: str, is_given: bool) -> None:
    if is_given:
        assert TABLE.viewer("huangshi", GET_ENTITLEMENT, day).agency == "huangshi"
    else:
        with pytest.raises(Forbidden):
            TABLE.viewer("huangshi", GET_ENTITLEMENT, day)


def test_no_grant_outlives_its_agency() -> None:
    endless = parse(TEXT.replace("        until: 2026-06-30\n", ""), "access.yaml")
    assert endless.viewer("huangshi", LIST_RATINGS, "2027-12-31").agency == "huangshi"
    with pytest.raises(Forbidden):
        endless.viewer("huangshi", LIST_RATINGS, "2028-01-01")


def test_what_is_granted_may_change_on_a_day() -> None:
    later = THE_GRANT_OF_HUANGSHI.replace("from: 2022-01-01", "from: 2026-07-01")
    later = later.replace("until: 2026-06-30", "until: 2027-06-30").replace(
        "own: [huangshi]", "own: [huangshi, hubei-huangshi]"
    )
    table = parse(TEXT + later, "access.yaml")
    owned = [
        table.viewer("huangshi", LIST_RATINGS, day).own for day in ("2026-06-30", "2026-07-01")
    ]
    assert owned == [{"huangshi"}, {"huangshi", "hubei-huangshi"}]


@pytest.mark.parametrize(
    ("pattern", "method", "is_covered"),
    [
        ("a.S/Get*", "a.S/GetUnit", True),
        ("a.S/Get*", "a.S/Get", True),
        ("a.S/Get*", "a.S/Getter", False),
        ("a.S/Get*", "a.S/BatchGetUnits", False),
        ("a.S/Get*", "b.S/GetUnit", False),
        ("a.S/*", "a.S/AnythingAtAll", True),
        ("a.S/*", "a.S2/Anything", False),
        ("a.S/GetUnit", "a.S/GetUnits", False),
        ("a.S/GetUnit", "a.S/GetUnit", True),
    ],
)
def test_a_star_stands_for_whole_words_of_one_service(
    pattern: str, method: str, is_covered: bool
) -> None:
    assert covers(pattern, method) == is_covered


@pytest.mark.parametrize(
    "name", ["Get*", "GetUnit", "ListUnits", "BatchGet*", "Explain*", "Resolve*", "Watch"]
)
def test_what_begins_with_a_word_of_reading_only_asks(name: str) -> None:
    assert only_asks(f"a.S/{name}")


@pytest.mark.parametrize("name", ["*", "Getaway", "G*", "Listen", "PublishRatings", "Batch*"])
def test_whatever_else_is_called_may_change_something(name: str) -> None:
    assert not only_asks(f"a.S/{name}")


# Before there is a table.


def test_without_a_table_only_the_operator_is_known_and_may_do_everything() -> None:
    none = AccessTable.none()
    assert none.identify(["localhost", "urn:zoneledger:operator"], "1999-01-01") == "operator"
    assert none.viewer("operator", ADOPT, "1999-01-01") == OPERATOR
    assert none.viewer("operator", DECISIONS, "2999-01-01") == OPERATOR
    assert names_known(none, ["urn:zoneledger:ndrc"], "2026-01-01") == ""
    assert (none.text, none.content_hash) == ("", "")


def test_with_a_table_the_operator_is_who_the_table_says() -> None:
    assert names_known(TABLE, ["urn:zoneledger:operator"], "2026-01-01") == ""


# What loads.


def test_the_hash_is_that_of_the_text_as_it_stands() -> None:
    assert TABLE.content_hash == hashlib.sha256(TEXT.encode()).hexdigest()
    assert TABLE.text == TEXT


def test_a_text_that_is_no_table_is_malformed() -> None:
    with pytest.raises(Malformed):
        parse("", "access.yaml")


def test_every_fault_is_reported_at_once_by_line() -> None:
    text = TEXT.replace("sees: internal", "sees: everything").replace("units: all", "units: some")
    text = text.replace("    name_zh: 黄石\n", "").replace("[urn:zoneledger:huangshi]", "[黄石]")
    assert [(line, rule) for line, rule, _ in problems(text)] == [
        (15, "wrong-units"),
        (16, "unknown-level"),
        (19, "missing-key"),
        (21, "wrong-name"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "rule"),
    [
        ("    name_zh: 黄石\n", "    name_zh: 黄石\n    name_zh: 黄冈\n", 21, "duplicate-key"),
        (
            "        sees: public\n",
            "        sees: public\n        units: all\n",
            31,
            "duplicate-key",
        ),
        ("    name_zh: 黄石\n", "    name_zh: 黄石\n    role: city\n", 21, "unknown-key"),
        ("agencies:\n", "version: 2\nagencies:\n", 4, "unknown-key"),
    ],
)
def test_a_key_that_is_given_twice_or_is_unknown_does_not_load(
    old: str, new: str, line: int, rule: str
) -> None:
    assert edited(old, new) == [(line, rule)]


@pytest.mark.parametrize(
    "name",
    [
        "localhost",
        "127.0.0.1",
        "'*.most.example'",
        "operator",
        "urn:with blank",
        "'urn:部'",
        "URN:most",
        "'mailto'",
    ],
)
def test_a_name_that_others_could_show_too_names_no_caller(name: str) -> None:
    assert edited("[urn:zoneledger:huangshi]", f"[{name}]") == [(22, "wrong-name")]


@pytest.mark.parametrize(
    "method",
    [
        "zoneledger.incentive.v1.IncentiveService/get*",
        "zoneledger.incentive.v1.IncentiveService/*Get",
        "zoneledger.incentive.v1.IncentiveService/Get*Unit",
        "zoneledger.*/Get*",
        "IncentiveService/Get*",
        "/zoneledger.incentive.v1.IncentiveService/Get*",
    ],
)
def test_a_method_is_named_in_full_with_a_star_at_its_end_only(method: str) -> None:
    assert edited("zoneledger.incentive.v1.IncentiveService/Get*", method) == [(27, "wrong-method")]


@pytest.mark.parametrize("field", ["source", "Rating.source", "zoneledger.evaluation.v1.Rating"])
def test_a_hidden_field_is_named_in_full(field: str) -> None:
    old = "zoneledger.evaluation.v1.Rating.source"
    assert edited(old, field) == [(31, "wrong-field")]


# What a table as a whole must keep.


@pytest.mark.parametrize("line", ["    source: the notice\n", "        assumption: a unit sees"])
def test_nothing_is_granted_and_nobody_is_named_without_a_source_or_a_stated_assumption(
    line: str,
) -> None:
    before, _, after = TEXT.rpartition(line)
    text = before + after.partition("\n")[2] if "assumption" in line else before + after
    assert [rule for _, rule, _ in problems(text)] == ["no-citation"]


def test_an_assumption_is_stated_as_such_and_not_beside_a_source() -> None:
    assert edited(
        "        assumption: a unit", "        source: the notice\n        assumption: a unit"
    ) == [(35, "overlap")]


def test_a_last_day_before_the_first_does_not_load() -> None:
    assert edited("until: 2026-06-30", "until: 2021-12-31") == [(33, "wrong-date")]
    assert edited("until: 2027-12-31", "until: 2021-06-08") == [(24, "wrong-date")]


def test_ids_are_taken_once() -> None:
    assert edited("agency_id: huangshi", "agency_id: ndrc") == [(19, "duplicate-id")]
    group = "  - {group_id: ratings, methods: [a.S/GetUnit]}\nagencies:"
    assert edited("agencies:", group) == [(4, "duplicate-id")]


@pytest.mark.parametrize("name", ["Huangshi", "黄石", "../huangshi", "huang_shi", "a.b"])
def test_an_id_is_one_as_units_have_them(name: str) -> None:
    assert edited("agency_id: huangshi", f"agency_id: {name}") == [(19, "wrong-id")]
    assert edited("own: [huangshi]", f"own: ['{name}']") == [(29, "wrong-id")]


def test_a_group_is_defined_before_it_is_granted() -> None:
    assert edited("[ratings, ", "[rating, ") == [(27, "unknown-group")]


def test_no_name_stands_for_two_agencies_on_one_day() -> None:
    assert edited("[urn:zoneledger:huangshi]", "[urn:zoneledger:ndrc]") == [(22, "overlap")]


def test_a_name_may_pass_from_one_agency_to_another() -> None:
    handed_on = TEXT.replace("[urn:zoneledger:huangshi]", "[ledger.city.example]")
    heir = handed_on[handed_on.index("  - agency_id: huangshi") :]
    heir = heir.replace("agency_id: huangshi", "agency_id: heir").replace(
        "from: 2021-06-09\n    until: 2027-12-31", "from: 2028-01-01"
    )
    table = parse(handed_on + heir, "access.yaml")
    assert names_known(table, ["ledger.city.example"], "2027-12-31") == "huangshi"
    assert names_known(table, ["ledger.city.example"], "2028-01-01") == "heir"


def test_a_name_is_listed_once() -> None:
    names = "[urn:zoneledger:huangshi, urn:zoneledger:huangshi]"
    assert edited("[urn:zoneledger:huangshi]", names) == [(22, "duplicate-name")]


@pytest.mark.parametrize(
    "methods",
    [
        "[ratings]",
        "[zoneledger.incentive.v1.IncentiveService/GetEntitlement]",
        "[zoneledger.incentive.v1.IncentiveService/Get*]",
        f"[{LIST_RATINGS}]",
    ],
)
def test_an_agency_has_one_grant_for_a_method_and_a_day(methods: str) -> None:
    again = THE_GRANT_OF_HUANGSHI.replace(
        "[ratings, zoneledger.incentive.v1.IncentiveService/Get*]", methods
    )
    assert [(line, rule) for line, rule, _ in problems(TEXT + again)] == [(35, "overlap")]


def test_units_of_its_own_are_among_those_that_it_may_ask_about() -> None:
    assert edited("own: [huangshi]", "own: [wuhan]") == [(29, "own-beyond-units")]


def test_whoever_sees_what_any_unit_is_told_has_no_units_of_its_own() -> None:
    assert edited("sees: public", "sees: subject") == [(29, "useless-own")]


@pytest.mark.parametrize("method", [PUBLISH, DECISIONS, "zoneledger.ledger.v1.LogService/Get*"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sees: internal", "sees: subject"),
        ("units: all", "units: [huangshi]"),
        ("units: all", "units: all\n        hides: [zoneledger.evaluation.v1.Rating.source]"),
    ],
)
def test_whoever_may_change_something_or_read_the_log_sees_everything(
    method: str, old: str, new: str
) -> None:
    sees_all = TEXT.replace("zoneledger.ledger.v1.LogService/List*", method)
    sees_all = sees_all.replace("EvaluationService/*", "EvaluationService/Adopt*")
    assert problems(sees_all) == []
    assert [rule for _, rule, _ in problems(sees_all.replace(old, new))] == ["sees-too-little"]


@pytest.mark.parametrize(
    ("units", "seen", "is_enough"),
    [
        ("[huangshi]", "own: [huangshi], sees: public", True),
        ("[huangshi]", "sees: subject", True),
        ("[huangshi]", "sees: public", False),
        ("[huangshi, wuhan]", "own: [huangshi], sees: public", False),
        ("all", "own: [huangshi], sees: public", False),
        ("all", "sees: subject", False),
        ("[huangshi]", "sees: subject, hides: [zoneledger.evaluation.v1.Plan.source]", False),
    ],
)
@pytest.mark.parametrize("method", ["IssuePlans", "*"])
def test_commands_that_tell_of_named_units_alone_are_for_whoever_sees_what_these_are_told(
    method: str, units: str, seen: str, is_enough: bool
) -> None:
    told = f"methods: [{PLANS}/{method}], units: {units}, {seen}"
    text = f"{TEXT}      - {{{told}, from: 2021-06-09, assumption: a test}}\n"
    rules = [rule for _, rule, _ in problems(text)]
    assert rules == ([] if is_enough else ["sees-too-little"])


@pytest.mark.parametrize(
    ("units", "seen", "is_enough"),
    [
        ("all", "sees: subject", True),
        ("[huangshi]", "sees: public", True),
        ("all", "sees: subject, hides: [zoneledger.evaluation.v1.Plan.source]", False),
    ],
)
@pytest.mark.parametrize("service", ["incentive.v1.Incentive", "financing.v1.Financing"])
def test_a_command_that_is_answered_from_what_its_caller_sees_is_for_anybody(
    service: str, units: str, seen: str, is_enough: bool
) -> None:
    method = f"zoneledger.{service}Service/CloseReviewItem"
    told = f"methods: [{method}], units: {units}, {seen}"
    text = f"{TEXT}      - {{{told}, from: 2021-06-09, assumption: a test}}\n"
    rules = [rule for _, rule, _ in problems(text)]
    assert rules == ([] if is_enough else ["sees-too-little"])


@pytest.mark.parametrize("seen", ["public", "subject", "internal"])
def test_commands_that_tell_of_the_caller_alone_are_for_anybody(seen: str) -> None:
    rounds = "zoneledger.evaluation.v1.RoundService"
    told = f"methods: [{rounds}/SealSheet, {rounds}/OpenSheet], units: all, sees: {seen}"
    text = f"{TEXT}      - {{{told}, from: 2021-06-09, assumption: a test}}\n"
    assert problems(text) == []
    wider = text.replace("/OpenSheet", "/Open*")
    rules = [rule for _, rule, _ in problems(wider)]
    assert rules == ([] if seen == "internal" else ["sees-too-little"])


def test_a_group_hides_no_command() -> None:
    group = f"    methods: [{PUBLISH}]\nagencies:"
    assert edited(f"    methods: [{LIST_RATINGS}]\nagencies:", group) == [(27, "sees-too-little")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("EvaluationService/*", "EvaluationService/List*"),
        ("        sees: internal\n", "        sees: internal\n        until: 2030-12-31\n"),
        (
            "    grants:\n      - methods:\n",
            "    until: 2030-12-31\n    grants:\n      - methods:\n",
        ),
    ],
)
def test_a_table_that_nobody_could_ever_replace_does_not_load(old: str, new: str) -> None:
    assert edited(old, new) == [(5, "locked-out")]


# What is asked of a table only when it comes in.


def test_a_method_or_field_that_the_contract_does_not_have_is_named_with_its_line() -> None:
    text = TEXT.replace("ListRatings", "ListRatnigs").replace("Rating.source", "Rating.sorce")
    found = unknown_names(parse(text, "new.yaml"), METHODS, FIELDS, "new.yaml")
    assert [(each.file, each.line, each.rule) for each in found] == [
        ("new.yaml", 3, "unknown-method"),
        ("new.yaml", 31, "unknown-field"),
    ]
    assert f"did you mean `{LIST_RATINGS}`?" in found[0].what


def test_several_methods_are_known_where_the_contract_has_one_of_them() -> None:
    assert unknown_names(TABLE, METHODS, FIELDS) == []
    without = [method for method in METHODS if method != GET_ENTITLEMENT]
    found = unknown_names(TABLE, without, FIELDS)
    assert [(each.line, each.rule) for each in found] == [(27, "unknown-method")]


def test_a_table_that_nobody_can_replace_today_is_said_to_lock_everybody_out() -> None:
    assert locked_out(TABLE, "2021-06-09") == []
    assert [each.rule for each in locked_out(TABLE, "2021-06-08")] == ["locked-out"]


# The shipped table.


def test_the_shipped_table_gives_the_public_what_is_public_and_nothing_to_change() -> None:
    table = parse(SHIPPED, "access.yaml")
    seen = table.viewer("public", LIST_RATINGS, "2026-11-25")
    assert (seen.level, seen.own) == (Visibility.VISIBILITY_PUBLIC, frozenset())
    for method in (PUBLISH, ADOPT, DECISIONS):
        with pytest.raises(Forbidden):
            table.viewer("public", method, "2026-11-25")


def test_by_the_shipped_table_only_the_commission_and_the_operator_change_anything() -> None:
    table = parse(SHIPPED, "access.yaml")
    may = set()
    for agency in table.agencies:
        try:
            table.viewer(agency.agency_id, PUBLISH, "2026-11-25")
        except Forbidden:
            continue
        may.add(agency.agency_id)
    assert may == {"ndrc", "operator"}


def test_by_the_shipped_table_a_city_asks_about_itself_only() -> None:
    viewer = parse(SHIPPED, "access.yaml").viewer("huangshi", LIST_RATINGS, "2026-11-25")
    assert viewer.may_ask_about("huangshi")
    assert not viewer.may_ask_about("xiangtan")
    assert viewer.sees("huangshi", Visibility.VISIBILITY_SUBJECT)
    assert not viewer.sees("huangshi", Visibility.VISIBILITY_INTERNAL)


def test_by_the_shipped_table_the_auditors_see_everything_and_change_nothing() -> None:
    table = parse(SHIPPED, "access.yaml")
    assert table.viewer("audit", DECISIONS, "2026-11-25").level == Visibility.VISIBILITY_INTERNAL
    with pytest.raises(Forbidden):
        table.viewer("audit", PUBLISH, "2026-11-25")


# Whatever is written.


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_a_broken_text_is_refused_and_never_crashes(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(TEXT)))
    end = data.draw(st.integers(start, min(len(TEXT), start + 40)))
    put = data.draw(
        st.text(max_size=8) | st.sampled_from([": ", "\n", "[", "- ", "until: 2020-13-01"])
    )
    broken = TEXT[:start] + put + TEXT[end:]
    assert all(line > 0 and what for line, _, what in problems(broken))
