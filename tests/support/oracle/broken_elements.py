"""Elements, encodings and scalars that must be refused, and random ones that must not.

Every function returns data; a test asserts what happens to it.
"""

from .groups import ED25519, Ed25519, Element, Group, ModP
from .nonces import Draw

SMALL_ORDERS = (2, 4, 8)


def random_element(group: Group, draw: Draw) -> Element:
    """Draw a member of the group."""
    return group.power(group.g, draw())


def _point_at_or_above(y: int, *, on_curve: bool) -> int:
    """Find the next y-coordinate that is, or is not, one of the curve."""
    while True:
        try:
            ED25519.decode_any(f"{y:064x}")
        except ValueError:
            if not on_curve:
                return y
        else:
            if on_curve:
                return y
        y += 1


def torsion_elements(group: Group) -> dict[int, Element]:
    """Find an element of each small order: 2, 4 and 8 on the curve; 2 (minus one) modulo p."""
    if isinstance(group, ModP):
        return {2: (group.p - 1,)}
    y = 2
    while True:
        y = _point_at_or_above(y, on_curve=True)
        of_order_8 = group.power(group.decode_any(f"{y:064x}"), group.q)
        if group.power(of_order_8, 4) != group.identity:
            return {8: of_order_8, 4: group.power(of_order_8, 2), 2: group.power(of_order_8, 4)}
        y += 1


def with_torsion(group: Group, element: Element, *, order: int) -> Element:
    """Multiply a member by an element of small order: on the curve, but no longer a member."""
    return group.multiply(element, torsion_elements(group)[order])


def _broken_texts(encoded: str) -> dict[str, str]:
    """Spell one number in ways other parsers take."""
    return {
        "empty": "",
        "leading blank": " " + encoded,
        "trailing blank": encoded + " ",
        "trailing newline": encoded + "\n",
        "plus sign": "+" + encoded,
        "minus sign": "-" + encoded,
        "leading zero": "0" + encoded,
        "0x in front": "0x" + encoded,
        "underscore": encoded[:1] + "_" + encoded[1:],
        "fullwidth digits": "".join(chr(ord(c) + 0xFEE0) if c in "0123456789" else c for c in encoded),
        "arabic digits": "".join(chr(ord(c) + 0x0630) if c in "0123456789" else c for c in encoded),
        "trailing NUL": encoded + "\0",
    }


def _broken_points(group: Ed25519, element: Element) -> dict[str, str]:
    p, sign = group.p, 2**255
    encoded = group.encode(element)
    small = _point_at_or_above(2, on_curve=True)
    off_curve = _point_at_or_above(element[1], on_curve=False)
    torsion = torsion_elements(group)
    return {
        "identity": group.encode(group.identity),
        "identity, minus zero": f"{1 | sign:064x}",
        "identity, y + p": f"{1 + p:064x}",
        "identity, y + p, minus zero": f"{1 + p | sign:064x}",
        "order 2, minus zero": f"{p - 1 | sign:064x}",
        "small y, y + p": f"{small + p:064x}",
        "zero y, y + p": f"{p:064x}",
        "all ones": "f" * 64,
        "off the curve": f"{off_curve:064x}",
        "last digit missing": encoded[:-1],
        "0x, 64 characters": "0x" + encoded[2:],
        "little-endian": bytes.fromhex(encoded)[::-1].hex(),
        "decimal": str(int(encoded, 16)),
        **{f"of order {order}": group.encode(torsion[order]) for order in SMALL_ORDERS},
        **{f"times order {order}": group.encode(group.multiply(element, torsion[order])) for order in SMALL_ORDERS},
        **({} if encoded == encoded.upper() else {"upper case": encoded.upper()}),
    }


def _broken_residues(group: ModP, element: Element) -> dict[str, str]:
    p, value = group.p, element[0]
    stranger = 2
    while group.power((stranger,), group.q) == group.identity:
        stranger += 1
    return {
        "identity": "1",
        "identity, plus p": str(1 + p),
        "zero": "0",
        "p": str(p),
        "plus p": str(value + p),
        "minus p": str(value - p),
        "of order 2": str(p - 1),
        "times order 2": str(p - value),
        "no member": str(stranger),
        "hexadecimal": f"{value:x}",
        "5,000 digits": "1" * 5000,
    }


def broken_encodings(group: Group, element: Element) -> dict[str, str]:
    """Encode near misses of an element: name to string, each to be refused everywhere.

    Where the identity is allowed (sums and decryption factors), all but `identity` must be.
    """
    specific = _broken_points(group, element) if isinstance(group, Ed25519) else {}
    if isinstance(group, ModP):
        specific = _broken_residues(group, element)
    return {**_broken_texts(group.encode(element)), **specific}


def broken_scalars(group: Group, scalar: int) -> dict[str, str]:
    """Encode near misses of a scalar: name to string, each to be refused."""
    return {
        **_broken_texts(str(scalar)),
        "q": str(group.q),
        "plus q": str(scalar + group.q),
        "minus q": str(scalar - group.q),
        "hexadecimal": f"0x{scalar:x}",
        "exponent": "1e3",
        "5,000 digits": "1" * 5000,
    }
