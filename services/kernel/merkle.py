"""The Merkle tree over a log: leaves, the frontier that grows with it, the root (RFC 6962, 2.1).

A leaf is hashed with 0x00 before it and a node with 0x01, so no node can pass for a leaf. The
frontier keeps the roots of the full subtrees from left to right: about log2(n) hashes carry a
tree of n leaves on to the next leaf, and any prefix of the log has a root of its own.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

EMPTY_ROOT = sha256().digest()


class Frontier(NamedTuple):
    """The right edge of a tree: its number of leaves and the roots of its full subtrees."""

    size: int
    peaks: tuple[bytes, ...]


EMPTY = Frontier(0, ())


def leaf_hash(data: bytes) -> bytes:
    """The 32 bytes that stand for `data` in the tree."""
    return sha256(b"\x00" + data).digest()


def extend(frontier: Frontier, leaves: Iterable[bytes]) -> Frontier:
    """The frontier after `leaves` (leaf hashes, in order) have been added."""
    size, peaks = frontier.size, list(frontier.peaks)
    for node in leaves:
        full = size
        while full & 1:
            node = sha256(b"\x01" + peaks.pop() + node).digest()
            full >>= 1
        peaks.append(node)
        size += 1
    return Frontier(size, tuple(peaks))


def root(frontier: Frontier) -> bytes:
    """The root of the tree whose right edge this is; SHA-256 of nothing for the empty tree."""
    if not frontier.peaks:
        return EMPTY_ROOT
    node, *rest = reversed(frontier.peaks)
    for peak in rest:
        node = sha256(b"\x01" + peak + node).digest()
    return node
