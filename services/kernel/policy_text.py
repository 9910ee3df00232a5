"""Reads the text of a policy document, or says everything that is wrong with it, line by line.

A value without a citation, a cell of class x grade that is not stated, an overlap or a duplicate
key does not load. Numbers are whole, dates are YYYY-MM-DD, text is text.

Three passes, each over what the one before left clean, each reporting all it finds: the YAML
(`policy_syntax`); every value by itself (`policy_values`, `policy_records`); the document as a
whole (`policy_whole`), which nobody can judge while a value is unreadable.
"""

import hashlib
from dataclasses import fields

from services.kernel import policy_records, policy_syntax, policy_whole
from services.kernel.policy import Policy
from services.kernel.policy_problems import Found


def parse(text: str, file: str) -> Policy:
    """The policy that the text states; `file` names the text in problems. Raises PolicyProblems."""
    found = Found(file)
    draft = policy_records.read_draft(policy_syntax.compose(text, found), found)
    policy_whole.check(draft, found)
    found.must_be_none()
    stated = {key.name: getattr(draft, key.name) for key in fields(draft)}
    return Policy(**stated, content_hash=hashlib.sha256(text.encode()).hexdigest())
