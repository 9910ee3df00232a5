"""A refusal is read in Chinese where the locale is Chinese, and in English everywhere else."""

from typing import Any

import grpc
import pytest
from grpc_status import rpc_status

from services.cli import refusals
from services.cli.refusing import refusing
from services.kernel.errors import (
    Fault,
    Malformed,
    Overloaded,
    Rejected,
    Unavailable,
    Violation,
    ZoneledgerError,
)
from services.kernel.reasons import Why
from services.runtime.refusals import status_of

NOT_RATED = Why.NOT_RATED(unit="xiangtan", round=2020)
CHINESE = "xiangtan没有可以更正的2020年度评估结果，请先发布"


class Refused(grpc.RpcError):
    """A call that a server refused with this status, or gRPC itself without any."""

    def __init__(self, refusal: ZoneledgerError | grpc.StatusCode, words: str = "") -> None:
        super().__init__()
        self._code: Any = refusal
        self._words: str = words
        self._trailing: Any = ()
        if isinstance(refusal, ZoneledgerError):
            status = rpc_status.to_status(status_of(refusal))
            self._code, self._words = status.code, status.details
            self._trailing = status.trailing_metadata

    def code(self) -> Any:
        return self._code

    def details(self) -> str:
        return self._words

    def trailing_metadata(self) -> Any:
        return self._trailing


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")


@pytest.mark.parametrize(
    ("locale", "is_chinese"),
    [
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "zh_CN"}, True),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, True),
        ({"LANG": ""}, False),
        ({"LANG": "de_DE.UTF-8"}, False),
    ],
)
def test_the_first_variable_that_is_set_says_the_language(
    monkeypatch: pytest.MonkeyPatch, locale: dict[str, str], is_chinese: bool
) -> None:
    for name, value in locale.items():
        monkeypatch.setenv(name, value)
    assert refusals.is_chinese() == is_chinese


def test_a_refused_call_is_read_in_english() -> None:
    assert refusals.told(Refused(Rejected(NOT_RATED))) == NOT_RATED


@pytest.mark.usefixtures("chinese")
def test_a_refused_call_is_read_in_chinese() -> None:
    assert refusals.told(Refused(Rejected(NOT_RATED))) == CHINESE


def test_each_field_is_read_in_english() -> None:
    error = Refused(Malformed.batch("ratings", [Fault(0, "round", NOT_RATED)]))
    assert refusals.of(error) == [f"ratings[0].round: {NOT_RATED}"]


@pytest.mark.usefixtures("chinese")
def test_each_field_is_read_in_chinese() -> None:
    error = Refused(Malformed.batch("ratings", [Fault(0, "round", NOT_RATED)]))
    assert refusals.of(error) == [f"ratings[0].round：{CHINESE}"]
    assert refusals.violations(error) == [Violation("ratings[0].round", CHINESE)]


@pytest.mark.usefixtures("chinese")
def test_what_is_said_in_english_only_stands_behind_the_chinese() -> None:
    told = refusals.told(Refused(Unavailable("the disk is full")))
    assert told == "无法连接服务：目前无法访问数据，未作任何更改，请稍后重试（the disk is full）"


def test_too_much_at_once_is_not_too_large_a_message() -> None:
    busy = Refused(Overloaded("100 calls are being answered; try again"))
    assert refusals.told(busy) == "100 calls are being answered; try again"
    large = Refused(grpc.StatusCode.RESOURCE_EXHAUSTED, "message larger than max")
    assert refusals.told(large) == (
        "this is too large for one call; divide it (message larger than max)"
    )


@pytest.mark.usefixtures("chinese")
def test_what_grpc_itself_refuses_is_told_in_chinese_too() -> None:
    assert "请分次提交" in refusals.told(Refused(grpc.StatusCode.RESOURCE_EXHAUSTED, "too large"))
    assert "未能及时应答" in refusals.told(Refused(grpc.StatusCode.DEADLINE_EXCEEDED))
    away = Refused(grpc.StatusCode.UNAVAILABLE, "failed to connect to all addresses")
    assert "没有应答" in refusals.told(away)


@pytest.mark.usefixtures("chinese")
def test_what_the_command_line_refuses_itself_is_chinese_where_it_has_chinese_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(BaseException), refusing():  # noqa: B017, PT011  # It ends the program.
        raise Malformed(
            Violation("--round", Why.NOT_A_ROUND(value=20)), Violation("--unit", "is a folder")
        )
    assert capsys.readouterr().err.splitlines() == [
        "--round：20不是评估年度，请写作2020",
        "--unit：is a folder",
    ]
