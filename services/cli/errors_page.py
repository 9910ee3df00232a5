"""Writes docs/errors.md from the catalogue: python -m services.cli.errors_page > docs/errors.md"""

from collections.abc import Iterator

from services.kernel.reasons import Why

_ABOVE = """\
# Errors

Written from `services/kernel/reasons.py` by `make errors`; do not edit.

A call that is refused ends with a gRPC status whose details (`grpc-status-details-bin`) are a
`google.rpc.Status`. Its `message` is the sentence in English. Its `details` have

- always one `ErrorInfo`: `reason` is one of those below and never changes its meaning, `domain` is
  `zoneledger`, `metadata` has the service, the method and the facts in braces below;
- always one `LocalizedMessage` in zh-CN: the same sentence in Chinese;
- `BadRequest` where fields are wrong: one violation for each field, with its path in the request
  (`ratings[3].grade`), its own `reason` and its own `localized_message`;
- `PreconditionFailure` where something has to be true first: one violation for each condition, with
  the reason as its `type` and the resource as its `subject`. Where the code is FAILED_PRECONDITION
  nothing else is wrong: the request may be sent again unchanged once the conditions are met;
- `ResourceInfo` where the code is NOT_FOUND and the resource has a name;
- `RetryInfo` where the same call may succeed after a while. Send the same `request_id` again.

A batch is taken whole or refused whole. Where one thing is wrong with it, the status has the reason
of that. Where several are, it is CONDITIONS_UNMET if all of them are conditions, else MALFORMED;
each violation has its own. A status travels in headers of at most 8 KiB: long values are cut, and
of many violations the first are told and then how many more there are. The same batch with
`validate_only` is answered with all of them.

What a reader may not see is NOT_FOUND to it, in the same words as what does not exist.

## Reasons 原因

| reason | code | meaning | 含义 | what to do |
| --- | --- | --- | --- | --- |
"""

_BELOW = """
## What comes from gRPC itself

A call that reaches no method has a code and a message and no details: DEADLINE_EXCEEDED where its
deadline passed, UNIMPLEMENTED for a method that does not exist, RESOURCE_EXHAUSTED for a message
beyond the size limit, UNAVAILABLE where no server is reached.
"""


def page() -> str:
    """The page."""
    return _ABOVE + "".join(f"| {' | '.join(cells)} |\n" for cells in _rows()) + _BELOW


def _rows() -> Iterator[tuple[str, ...]]:
    for why in sorted(Why, key=lambda each: each.name):
        row = why.value
        english, chinese = (text.replace("!r}", "}") for text in (row.english, row.chinese))
        yield f"`{why.name}`", row.code, english, chinese, row.to_do


if __name__ == "__main__":
    print(page(), end="")
