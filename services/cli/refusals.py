"""What is refused, in the words of whoever reads: Chinese in a Chinese locale, else English.

A refused call is read from its status (`runtime/refusals.py`). Where gRPC itself refuses there is
none, and the sentence is ours.
"""

import os
from typing import TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, LocalizedMessage
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from services.kernel.errors import Malformed, Violation, ZoneledgerError
from services.kernel.reasons import Told, Why

Detail = TypeVar("Detail", bound=Message)


def of(error: grpc.RpcError) -> list[str]:
    """Every violation that the status names; none where the call failed for another reason."""
    return [_named(each.field, each.what) for each in violations(error)]


def violations(error: grpc.RpcError) -> list[Violation]:
    """The same, field by field."""
    return [
        Violation(each.field, chosen(each.description, each.localized_message.message))
        for bad in _details(_status(error), BadRequest)
        for each in bad.field_violations
    ]


def said(refusal: ZoneledgerError) -> str:
    """What was refused here, in a sentence; what is malformed, a line for each violation."""
    if isinstance(refusal, Malformed) and refusal.violations:
        return "\n".join(_named(each.field, _words(each.told)) for each in refusal.violations)
    return _words(refusal.told)


def told(error: grpc.RpcError) -> str:
    """Why a call failed, in a sentence."""
    status = _status(error)
    details = chosen(str(error.details() or ""), _chinese(status))
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return chosen(
            "the services did not answer in time: the process that serves the folder hangs or has"
            " too much to do; see what it does, or stop it, and then look whether it was done",
            "服务未能及时应答：提供服务的进程没有响应或过于繁忙，请查看或停止该进程，再核对操作是否已完成",
        )
    if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED and not _is_ours(status):
        return chosen(
            f"this is too large for one call; divide it ({details})",
            f"一次调用的内容过多，请分次提交（{details}）",
        )
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        if "failed to connect" in details:
            return chosen(
                "the process that serves the folder does not answer; see whether it hangs, and"
                " stop it or try again",
                "提供服务的进程没有应答，请查看其是否已停止响应，停止该进程或重试",
            )
        return chosen(
            f"the services cannot be reached: {details}; try again",
            f"无法连接服务：{details}",
        )
    return details


def is_chinese() -> bool:
    """Whether whoever runs this reads Chinese: by the first of these that is set."""
    said = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next(filter(None, said), "").lower().startswith("zh")


def chosen(english: str, chinese: str) -> str:
    """The Chinese words for whoever reads Chinese, where there are any; else the English ones."""
    return chinese if chinese and is_chinese() else english


def _words(told: Told) -> str:
    return chosen(told, told.chinese)


def _named(field: str, what: str) -> str:
    return f"{field}{chosen(': ', '：')}{what}"


def _status(error: grpc.RpcError) -> Status:
    found = rpc_status.from_call(error)  # type: ignore[arg-type]  # A failed call is one.
    return found or Status()


def _details(status: Status, type_: type[Detail]) -> list[Detail]:
    found = []
    for packed in status.details:
        detail = type_()
        if packed.Unpack(detail):
            found.append(detail)
    return found


def _chinese(status: Status) -> str:
    """The sentence in Chinese, with the English one where that says more."""
    told = "".join(each.message for each in _details(status, LocalizedMessage))
    general = {each.value.chinese: each.value.sentence for each in Why}.get(told, status.message)
    return told if general == status.message else f"{told}（{status.message}）"


def _is_ours(status: Status) -> bool:
    return bool(_details(status, ErrorInfo))
