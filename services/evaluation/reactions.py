"""Evaluation listens to nobody: ratings are where the story begins."""

from collections.abc import Sequence
from typing import Never

from google.protobuf.message import Message

from services.kernel.policy import Policies

HEARD: tuple[type[Message], ...] = ()


def react(event: Never, policies: Policies) -> Sequence[Message]:
    return []
