"""A checkpoint is signed, says what the tree was, and shows what was changed behind it."""

from base64 import b64encode

import pytest

from services.kernel.checkpoint import (
    Signer,
    body,
    new_key,
    opened,
    sign,
    signer_of,
    verifier_of,
    verifier_text,
    written,
)
from services.kernel.errors import CorruptHistory, Malformed
from services.kernel.merkle import EMPTY, EMPTY_ROOT, extend, leaf_hash, root

# The public example of the reference implementation of signed notes, golang.org/x/mod/sumdb/note.
PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
NOTE = (
    f"{TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZIn"
    "NIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_public_example_is_signed_to_the_same_letter() -> None:
    assert sign(TEXT, signer_of(PRIVATE)) == NOTE
    assert opened(NOTE, verifier_of(PUBLIC)) == TEXT


def test_keys_are_written_as_they_were_read() -> None:
    assert written(signer_of(PRIVATE)) == PRIVATE
    assert verifier_text(verifier_of(PUBLIC)) == PUBLIC


def test_a_checkpoint_names_the_log_its_size_and_its_root() -> None:
    frontier = extend(EMPTY, [leaf_hash(b"a"), leaf_hash(b"b")])
    expected = f"zoneledger/evaluation\n2\n{b64encode(root(frontier)).decode()}\n"
    assert body("zoneledger/evaluation", frontier) == expected
    assert b64encode(EMPTY_ROOT).decode() in body("zoneledger/evaluation", EMPTY)


@pytest.mark.parametrize("at", range(0, len(NOTE), 7))
def test_a_note_that_was_changed_anywhere_is_not_opened(at: int) -> None:
    changed = NOTE[:at] + ("x" if NOTE[at] != "x" else "y") + NOTE[at + 1 :]
    with pytest.raises(CorruptHistory):
        opened(changed, verifier_of(PUBLIC))


def test_a_note_is_opened_by_the_key_that_signed_it_and_no_other() -> None:
    text, check = new_key("PeterNeumann")
    assert opened(sign(TEXT, signer_of(text)), verifier_of(check)) == TEXT
    with pytest.raises(CorruptHistory):
        opened(NOTE, verifier_of(check))


def test_a_signature_of_somebody_else_beside_ours_does_no_harm() -> None:
    other, _ = new_key("witness")
    line = sign(TEXT, Signer("witness", signer_of(other).key)).rpartition("\n\n")[2]
    assert opened(NOTE + line, verifier_of(PUBLIC)) == TEXT


@pytest.mark.parametrize("text", ["", "name", "name+c74f20a3+", "name+1+AAAA", PUBLIC[:-4]])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        verifier_of(text)


def test_a_key_with_the_id_of_another_is_refused() -> None:
    with pytest.raises(Malformed, match="damaged"):
        verifier_of(PUBLIC.replace("c74f20a3", "c74f20a4"))
