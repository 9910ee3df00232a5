"""A document is adopted once, with its whole text, and decides by that very text."""

import re
from hashlib import sha256

import pytest

from services.kernel.adoption import ADOPTION, STREAM, document, reference
from services.kernel.errors import CorruptHistory, Unavailable
from services.kernel.policy import Policies
from services.kernel.reasons import Why
from tests.notices import (
    ADOPT_866,
    ADOPT_2019,
    ADOPTED_866,
    ADOPTED_2019,
    NOTICE_866,
    POLICIES,
)
from tests.spec import but, of
from zoneledger.ledger.v1.policy_pb2 import AdoptPolicy, PolicyAdopted

given = of(ADOPTION).given

OTHER_TEXT = but(ADOPT_866, text=ADOPT_866.text + "# Another text.\n")
SAME_ROUND = AdoptPolicy(
    policy_id="2020-other",
    text=ADOPT_2019.text.replace("2019-zone-notice", "2020-other")
    .replace("rounds_from: 2019", "rounds_from: 2020")
    .replace("rounds_until: 2019", "rounds_until: 2020")
    .replace("title_zh: 关于进一步", "title_zh: 关于再进一步")
    .replace("title_en: Notice on", "title_en: Another notice on"),
)


def recorded(text: str) -> PolicyAdopted:
    content_hash = sha256(text.encode()).hexdigest()
    return PolicyAdopted(policy_id="2021-866", text=text, content_hash=content_hash)


def test_a_document_is_adopted_with_its_text_and_the_hash_of_its_text() -> None:
    assert given().when(ADOPT_866) == [recorded(ADOPT_866.text)]


def test_adopting_the_same_text_again_changes_nothing() -> None:
    assert given(ADOPTED_866).when(ADOPT_866) == []


def test_documents_of_other_rounds_are_adopted_in_any_order() -> None:
    assert given(ADOPTED_2019).when(ADOPT_866) == [ADOPTED_866]
    assert given(ADOPTED_866).when(ADOPT_2019) == [ADOPTED_2019]


def test_an_adopted_document_is_never_edited() -> None:
    assert given(ADOPTED_866).refused(OTHER_TEXT) == (
        "policy_id",
        Why.POLICY_TEXT_DIFFERS(
            policy="2021-866",
            adopted=ADOPTED_866.content_hash,
            offered=recorded(OTHER_TEXT.text).content_hash,
        ),
    )


def test_no_two_documents_govern_the_same_round() -> None:
    assert given(ADOPTED_866).refused(SAME_ROUND) == (
        "rounds_from",
        Why.ROUND_ALREADY_GOVERNED(policy="2020-other", round=2020, other="2021-866"),
    )


def test_a_document_is_adopted_under_its_own_name_only() -> None:
    assert given().refused(but(ADOPT_866, policy_id="2021-867")) == (
        "policy_id",
        Why.POLICY_NAMED_OTHERWISE(policy="2021-867", itself="2021-866"),
    )


def test_a_text_that_is_no_document_is_refused_with_every_fault_and_its_line() -> None:
    none = AdoptPolicy(policy_id="2021-866", text="policy_id: 2021-866\nrules: yes\n")
    field, told = given().refused(none)
    assert (field, told.why) == ("text", Why.POLICY_UNREADABLE)
    assert re.search(r"2021-866:\d+: ", told)


def test_a_recorded_text_that_lost_its_hash_is_a_corrupt_history() -> None:
    with pytest.raises(CorruptHistory, match="2021-866 does not have its recorded hash"):
        given(but(ADOPTED_866, text=OTHER_TEXT.text)).when(ADOPT_2019)


def test_a_recorded_text_that_is_no_document_is_a_corrupt_history() -> None:
    with pytest.raises(CorruptHistory):
        given(recorded("policy_id: 2021-866\n")).when(ADOPT_2019)


def test_recorded_documents_that_clash_are_a_corrupt_history() -> None:
    with pytest.raises(CorruptHistory):
        given(ADOPTED_866, recorded(OTHER_TEXT.text)).when(ADOPT_2019)


def test_all_documents_of_a_log_are_one_stream() -> None:
    assert {ADOPTION.stream(ADOPT_866), ADOPTION.stream(ADOPT_2019)} == {STREAM}


def test_no_document_decides_whether_a_document_is_adopted() -> None:
    assert ADOPTION.policy(ADOPT_866) is None


def test_a_decision_finds_its_document_by_the_exact_text() -> None:
    found = document(NOTICE_866, POLICIES)
    assert reference(found) == NOTICE_866


def test_a_document_that_has_not_arrived_is_waited_for() -> None:
    with pytest.raises(Unavailable, match=r"2021-866 .* has not reached this log"):
        document(NOTICE_866, Policies.none())


def test_a_document_of_that_name_with_another_text_is_not_it() -> None:
    with pytest.raises(Unavailable):
        document(but(NOTICE_866, content_hash="0" * 64), POLICIES)
