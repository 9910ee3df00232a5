"""The Merkle tree of RFC 6962, section 2.1, with the vectors of its reference tests."""

from hashlib import sha256

from hypothesis import given, settings
from hypothesis import strategies as st

from services.kernel.merkle import EMPTY, EMPTY_ROOT, Frontier, extend, leaf_hash, root

# The inputs and roots of the Certificate Transparency reference tests.
INPUTS = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

LEAVES = st.lists(st.binary(max_size=8).map(leaf_hash), max_size=70)


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 on leaf hashes, as the text has it: split at the largest power of two."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = by_definition(leaves[:split]), by_definition(leaves[split:])
    return sha256(b"\x01" + left + right).digest()


def of(leaves: list[bytes]) -> Frontier:
    return extend(EMPTY, leaves)


def test_the_roots_are_those_of_the_reference_tests() -> None:
    leaves = [leaf_hash(data) for data in INPUTS]
    assert [root(of(leaves[:size])).hex() for size in range(9)] == ROOTS


def test_the_definition_in_these_tests_gives_the_reference_roots_too() -> None:
    leaves = [leaf_hash(data) for data in INPUTS]
    assert [by_definition(leaves[:size]).hex() for size in range(9)] == ROOTS


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert root(EMPTY) == EMPTY_ROOT == sha256(b"").digest()


def test_a_node_cannot_pass_for_a_leaf() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != root(of([left, right]))


@given(LEAVES)
@settings(deadline=None)
def test_the_frontier_has_the_root_of_the_definition(leaves: list[bytes]) -> None:
    assert root(of(leaves)) == by_definition(leaves)


@given(st.lists(LEAVES, max_size=6))
@settings(deadline=None)
def test_leaves_added_in_any_portions_give_the_same_frontier(portions: list[list[bytes]]) -> None:
    frontier = EMPTY
    for portion in portions:
        frontier = extend(frontier, portion)
    assert frontier == of([leaf for portion in portions for leaf in portion])


@given(LEAVES)
@settings(deadline=None)
def test_a_frontier_holds_one_hash_for_each_full_subtree(leaves: list[bytes]) -> None:
    assert len(of(leaves).peaks) == len(leaves).bit_count()


@given(LEAVES.filter(bool), st.data())
@settings(deadline=None)
def test_a_changed_leaf_changes_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    changed = [*leaves[:index], leaf_hash(b"another leaf"), *leaves[index + 1 :]]
    assert root(of(changed)) != root(of(leaves))


def test_extending_leaves_the_earlier_frontier_as_it_was() -> None:
    earlier = of([leaf_hash(b"a")])
    extend(earlier, [leaf_hash(b"b")])
    assert earlier == Frontier(1, (leaf_hash(b"a"),))
