"""Prime-order groups: Ed25519, BELENIOS-2048, RFC-3526-2048 (specification §5).

The arithmetic is in the Rust kernel; this module gives its errors their place in our tree.
Elements of the prime-order group are the only ones that exist: decoding checks membership and the one encoding.
"""

from __future__ import annotations

from collections.abc import Sequence

from psephos_kernel import DecodeError, Element, Elements, Group, Key, Rng, Scalars, Secrets, Template

from psephos.errors import MalformedError

__all__ = [
    "DecodeError",
    "Element",
    "Elements",
    "Group",
    "Key",
    "Randomness",
    "Scalars",
    "Secrets",
    "Template",
    "explain",
    "read_element",
    "read_elements",
    "read_group",
    "read_scalars",
    "read_secrets",
]

Randomness = Rng
"""Where random values come from; an argument wherever one is needed."""

_WORDS = {
    "syntax": "is not written as an element or number of the group",
    "not-canonical": "is not in its one encoding",
    "not-a-member": "is not in the prime-order group",
    "identity": "is the identity, which no honest party produces here",
    "out-of-range": "is not below the group's order",
}


def explain(reason: str) -> str:
    """A kernel's reason for refusing a value, as the end of a sentence."""
    return _WORDS.get(reason, reason)


def read_group(name: str, *, at: str) -> Group:
    """The group of that name.

    Raises:
        MalformedError: No such group.
    """
    try:
        return Group(name)
    except ValueError:
        raise MalformedError(f"unknown group {name[:40]!r}", at=at) from None


def read_element(group: Group, text: str, *, at: str, identity: bool = False) -> Element:
    """Decode one element.

    Args:
        group: The election's group.
        text: As written in the message.
        at: What an error names.
        identity: Whether the identity is a possible value here (a sum of nothing).

    Raises:
        MalformedError: Not the one encoding of an element of the prime-order group.
    """
    return read_elements(group, [text], at=at, identity=identity)[0]


def read_elements(group: Group, texts: Sequence[str], *, at: str, identity: bool = False) -> Elements:
    """Decode a column of elements; an error's place is `at` and the row.

    Raises:
        MalformedError: At the first text that is not the one encoding of a member.
    """
    try:
        return group.elements([text.encode() for text in texts], identity=identity)
    except DecodeError as error:
        row, reason = error.args
        raise MalformedError(f"element {explain(reason)}", at=f"{at}/{row}" if len(texts) > 1 else at) from None


def read_scalars(group: Group, texts: Sequence[str], *, at: str) -> Scalars:
    """Decode a column of integers below the order.

    Raises:
        MalformedError: At the first text that is not.
    """
    try:
        return group.scalars([text.encode() for text in texts])
    except DecodeError as error:
        row, reason = error.args
        raise MalformedError(f"number {explain(reason)}", at=f"{at}/{row}" if len(texts) > 1 else at) from None


def read_secrets(group: Group, texts: Sequence[str], *, at: str) -> Secrets:
    """Decode secret integers from an opened key file or message; errors never show them.

    Raises:
        MalformedError: A text is not a canonical decimal below the order.
    """
    try:
        return group.secrets([text.encode() for text in texts])
    except DecodeError as error:
        raise MalformedError(f"secret {explain(error.args[1])}", at=at) from None
