"""Changes of every part of a JSON object: what an attacker, a careless writer or another program might put there."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tests.support.oracle import broken_elements
from tests.support.oracle.canonical import dump, sha256_base64, sha256_hex
from tests.support.oracle.errors import RefusedError
from tests.support.oracle.groups import Ed25519, ModP
from tests.support.oracle.groups import Group as OracleGroup

# ── JSON that can be wrong in any way ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Verbatim:
    """Text that stands in the JSON as it is."""

    text: str


@dataclass(frozen=True)
class Fields:
    """An object: fields in order, perhaps one twice."""

    pairs: tuple[tuple[str, "Node"], ...]


@dataclass(frozen=True)
class Inside:
    """JSON in a string, as in certificates."""

    node: "Node"


Node = Fields | Inside | Verbatim | tuple["Node", ...] | str | int | float | bool | None
Path = tuple[int, ...]


def node_of(value: object, name: str = "") -> Node:
    """Take parsed JSON; a message that is JSON itself is opened."""
    if isinstance(value, Fields):
        return Fields(tuple((field, node_of(part, field)) for field, part in value.pairs))
    if isinstance(value, list):
        return tuple(node_of(item, name) for item in value)
    if name == "message" and isinstance(value, str) and value.startswith("{"):
        return Inside(read(value))
    assert value is None or isinstance(value, (str, int, float, bool))
    return value


def read(text: str) -> Node:
    """Parse good JSON."""
    return node_of(json.loads(text, object_pairs_hook=lambda pairs: Fields(tuple(pairs))))


def write(node: Node) -> str:
    """Write it as Belenios would, but for what is verbatim."""
    if isinstance(node, Verbatim):
        return node.text
    if isinstance(node, Fields):
        return "{" + ",".join(f"{dump(name)}:{write(value)}" for name, value in node.pairs) + "}"
    if isinstance(node, tuple):
        return "[" + ",".join(write(item) for item in node) + "]"
    return dump(write(node.node)) if isinstance(node, Inside) else dump(node)


def raw(text: str) -> bytes:
    """Bytes of a text that may have lone surrogates."""
    return text.encode("utf-8", "surrogatepass")


def put(node: Node, path: Path, new: Node) -> Node:
    """Replace the part at a path."""
    if not path:
        return new
    first, *rest = path
    if isinstance(node, Inside):
        return Inside(put(node.node, tuple(rest), new))
    if isinstance(node, Fields):
        name, value = node.pairs[first]
        return Fields((*node.pairs[:first], (name, put(value, tuple(rest), new)), *node.pairs[first + 1 :]))
    assert isinstance(node, tuple)
    return (*node[:first], put(node[first], tuple(rest), new), *node[first + 1 :])


@dataclass(frozen=True)
class Place:
    """A part of an object: where, the name of its field (an array's items have the array's), and what is there."""

    path: Path
    pointer: str
    name: str
    node: Node


def places(node: Node, path: Path = (), pointer: str = "", name: str = "") -> Iterator[Place]:
    """All parts, containers before what they contain."""
    yield Place(path, pointer, name, node)
    if isinstance(node, Inside):
        yield from places(node.node, (*path, 0), pointer + "!", name)
    elif isinstance(node, Fields):
        for number, (field, value) in enumerate(node.pairs):
            yield from places(value, (*path, number), f"{pointer}/{field}", field)
    elif isinstance(node, tuple):
        for number, item in enumerate(node):
            yield from places(item, (*path, number), f"{pointer}/{number}", name)


def is_leaf(node: Node) -> bool:
    """Whether it contains nothing."""
    return not isinstance(node, (Fields, Inside, tuple))


# ── what is put in the place of a part ──────────────────────────────────────────────────────────────────────────

Change = tuple[str, Node]
ELEMENTS = {
    "alpha",
    "beta",
    "credential",
    "public_key",
    "verification",
    "encryption",
    "coefexps",
    "decryption_factors",
}
NUMBERS = {"challenge", "response"}
OTHER_DIGEST = sha256_hex(b"another")
ANYTHING: tuple[Change, ...] = (
    ("null", None),
    ("true", True),
    ("empty text", ""),
    ("0", 0),
    ("empty array", ()),
    ("empty object", Fields(())),
    ("1.5", Verbatim("1.5")),
    ("2**70", 2**70),
    ("-2**63 - 1", -(2**63) - 1),
    ("huge text", "A" * 70_000),
    ("5,000 digits", Verbatim("9" * 5000)),
    ("NaN", Verbatim("NaN")),
    ("nothing", Verbatim("")),
    ("deep", Verbatim("[" * 3000 + "]" * 3000)),
    ("exponent", Verbatim("1e999")),
)


@lru_cache(4)
def torsion(group: OracleGroup) -> dict[int, tuple[int, ...]]:
    """Elements of small order."""
    return broken_elements.torsion_elements(group)


@lru_cache(4)
def near_misses(group: OracleGroup) -> dict[str, str]:
    """Broken encodings of one element, and scalars; the same for all places."""
    return broken_elements.broken_encodings(group, group.power(group.g, 12346))


def of_element(group: OracleGroup, text: str) -> tuple[list[Change], list[Change]]:
    """Changes of an element: always made, and made in turn."""
    try:
        value = group.decode_any(text)
    except RefusedError:
        return [], []
    always: list[Change] = [
        ("times g", group.encode(group.multiply(value, group.g))),
        ("another element", group.encode(group.power(group.g, 987654321))),
    ]
    turns: list[Change] = [
        ("inverse", group.encode(group.invert(value))),
        ("generator", group.encode(group.g)),
        *((f"times order {n}", group.encode(group.multiply(value, small))) for n, small in torsion(group).items()),
        *((f"near miss, {name}", spelt) for name, spelt in near_misses(group).items()),
        ("0x", "0x" + text),
        ("leading zero", "0" + text),
        ("number", Verbatim(text.lstrip("0") if text.isdigit() else "7")),
    ]
    if isinstance(group, Ed25519):
        turns += [("upper case", text.upper()), ("other sign", f"{int(text, 16) ^ 1 << 255:064x}")]
    else:
        assert isinstance(group, ModP)
        turns += [("plus p", str(value[0] + group.p)), ("minus p", str(value[0] - group.p))]
    return always, turns


def of_number(group: OracleGroup, text: str) -> tuple[list[Change], list[Change]]:
    """Changes of a number below q."""
    value, q = int(text), group.q
    always: list[Change] = [("+ 1", str((value + 1) % q)), ("plus q", str(value + q))]
    turns: list[Change] = [
        ("- 1", str((value - 1) % q)),
        ("negative", str(-value % q)),
        ("zero", "0"),
        ("q - 1", str(q - 1)),
        ("plus 2q", str(value + 2 * q)),
        ("as number", Verbatim(text)),
        *((f"broken, {name}", spelt) for name, spelt in broken_elements.broken_scalars(group, value).items()),
    ]
    return always, turns


def of_text(text: str) -> tuple[list[Change], list[Change]]:
    """Changes of any other text; digests among them."""
    always: list[Change] = [("one character more", text + "x"), ("another digest", OTHER_DIGEST)]
    rest = dump(text[1:])[1:]
    turns: list[Change] = [
        ("one character less", text[:-1]),
        ("first character", "x" + text[1:]),
        ("escaped", Verbatim(f'"\\u{ord(text[0]):04x}{rest}' if text else '"\\u0041"')),
        ("upper case", text.upper()),
        ("newline", text + "\n"),
        ("raw newline", Verbatim(f'"{text}\n"')),
        ("NUL", text + "\0"),
        ("raw DEL", Verbatim(f'"{text}\x7f"')),
        ("DEL", text + "\x7f"),
        ("lone surrogate", Verbatim('"\\ud800"')),
        ("raw surrogate", "\ud800"),
        ("blank before", Verbatim(" " + dump(text))),
        ("tab after", Verbatim(dump(text) + "\t")),
        ("other base64", sha256_base64(b"another")),
        ("padded", text + "="),
        ("URL-safe", text.replace("+", "-").replace("/", "_") + "-"),
        ("zeros", "0" * len(text)),
        ("unquoted", Verbatim(text)),
        ("quote", text + '"'),
        ("backslash", text + "\\"),
        ("right to left", text + "\u202e"),
        ("object replaced", Verbatim('{"a":' + dump(text) + "}")),
        *((f"group {name}", name) for name in ("Ed25519", "BELENIOS-2048", "RFC-3526-2048")),
        *((f"kind {name}", name) for name in ("Single", "Pedersen", "Lists")),
        *((f"event {name}", name) for name in ("Ballot", "EndBallots", "Shuffle", "EndShuffles", "Result", "Setup")),
    ]
    return always, turns


def of_integer(number: int) -> tuple[list[Change], list[Change]]:
    """Changes of a JSON integer."""
    always: list[Change] = [("+ 1", number + 1), ("- 1", number - 1), ("as text", str(number))]
    sizes = (2**30, 2**31, 2**32, 2**53, 2**63, 2**64, 10**30)
    always += [(f"{size}", size) for size in sizes]
    turns: list[Change] = [
        ("as float", Verbatim(f"{number}.0")),
        ("exponent", Verbatim(f"{number}e0")),
        ("leading zero", Verbatim(f"0{number}")),
        ("plus", Verbatim(f"+{number}")),
        ("negative", -number - 1),
        ("minus zero", Verbatim("-0")),
        ("hexadecimal", Verbatim(f"0x{number:x}")),
        ("times 1000", 1000 * number + 1000),
    ]
    return always, turns


def of_entry(group: OracleGroup, entry: str) -> tuple[list[Change], list[Change]]:
    """Changes of an entry of the list of public credentials: the element, or the weight."""
    element, comma, weight = entry.partition(",")
    always, turns = of_element(group, element)
    if comma:
        weights = [str(int(weight) + 1), "0", "00", "-1", "", "1.0", "+1", " 1", f"0{weight}", str(2**64), "9" * 40]
        heavier: list[Change] = [(f"weight {other}", f"{element},{other}") for other in weights]
        in_turn: list[Change] = [(what, f"{new},{weight}" if isinstance(new, str) else new) for what, new in turns]
        every = [(what, f"{new},{weight}") for what, new in always]
        return [*every, *heavier[:1], ("a name", f"{entry},voter1")], [*heavier[1:], *in_turn]
    return [*always, ("weight 2", f"{entry},2"), ("a name", f"{entry},,voter1"), ("no weight", f"{entry},")], turns


def changes_of_leaf(group: OracleGroup, place: Place) -> tuple[list[Change], list[Change]]:
    """Changes of a leaf by what it means: always made, and made in turn."""
    node, name = place.node, place.name
    if isinstance(node, bool):
        return [("other", not node), ("as number", int(node))], list(ANYTHING)
    if isinstance(node, int):
        always, turns = of_integer(node)
    elif not isinstance(node, str):
        always, turns = [], []
    elif name in ELEMENTS:
        always, turns = of_element(group, node)
    elif name in NUMBERS:
        always, turns = of_number(group, node)
    elif not name and place.path:
        always, turns = of_entry(group, node)
    else:
        always, turns = of_text(node)
    return always, [*turns, *ANYTHING]


def changes_of_container(place: Place) -> list[Change]:
    """An object's fields or an array's items dropped, doubled, renamed, exchanged, joined by others; white space."""
    node, text = place.node, write(place.node)
    found: list[Change] = [
        ("blank inside", Verbatim(f"{text[0]} {text[1:]}")),
        ("newline after", Verbatim(text + "\n")),
    ]
    found += [("null", None), ("text", text), ("number", 7), ("in an array", (node,)), ("false", False)]
    if isinstance(node, Inside):
        return [*found, ("not a text", node.node), ("empty text", ""), ("blank in it", write(node.node) + " ")]
    if isinstance(node, Fields):
        pairs = node.pairs
        found += [("unknown field", Fields((*pairs, ("x", 1)))), ("unknown first", Fields((("_", None), *pairs)))]
        found += [("empty", Fields(())), ("comma after", Verbatim(text[:-1] + ",}"))]
        if any(name == "pok" for name, _ in pairs):
            found.append(("named", Fields((*pairs, ("name", "Mallory")))))
        for at, (name, value) in enumerate(pairs):
            before, after = pairs[:at], pairs[at + 1 :]
            found.append((f"{name} dropped", Fields((*before, *after))))
            found.append((f"{name} twice", Fields((*before, (name, value), *pairs[at:]))))
            found.append((f"{name} twice, null last", Fields((*pairs, (name, None)))))
            found.append((f"{name} renamed", Fields((*before, (name.upper(), value), *after))))
            found.append((f"{name} escaped", Verbatim(text.replace(f'"{name[0]}', f'"\\u{ord(name[0]):04x}', 1))))
            if after:
                found.append((f"{name} exchanged", Fields((*before, after[0], (name, value), *after[1:]))))
        return found
    assert isinstance(node, tuple)
    found += [("empty", ()), ("null added", (*node, None)), ("null first", (None, *node))]
    found += [("comma after", Verbatim(text[:-1] + ",]")), ("array added", (*node, ()))]
    for at in range(len(node)):
        found.append((f"item {at} dropped", (*node[:at], *node[at + 1 :])))
        found.append((f"item {at} twice", (*node[:at], node[at], *node[at:])))
        if at + 1 < len(node):
            found.append((f"item {at} exchanged", (*node[:at], node[at + 1], node[at], *node[at + 2 :])))
            found.append((f"item {at} instead of the next", (*node[:at], node[at], node[at], *node[at + 2 :])))
    return found


def changes_of_bytes(body: bytes) -> list[tuple[str, bytes]]:
    """Changes of the whole."""
    return [
        ("blank before", b" " + body),
        ("newline after", body + b"\n"),
        ("NUL after", body + b"\0"),
        ("byte order mark", b"\xef\xbb\xbf" + body),
        ("twice", body + body),
        ("cut", body[:-1]),
        ("empty", b""),
        ("no UTF-8", body[:-1] + b"\xff" + body[-1:]),
        ("UTF-16", body.decode().encode("utf-16")),
        ("deep", b"[" * 200_000),
        ("large", b'"' + b"x" * 1_100_000 + b'"'),
        ("null", b"null"),
        ("true", b"true"),
        ("array", b"[]"),
        ("object", b"{}"),
        ("arrays", b"[[]]"),
        ("number", b"0"),
    ]


@dataclass(frozen=True)
class Mutation:
    """A changed object: a name for the change, and its bytes."""

    name: str
    body: bytes


def mutations(group: OracleGroup, body: bytes, *, turns: int) -> Iterator[Mutation]:
    """Changes of every part of an object.

    Args:
        group: Of the election.
        body: The good object.
        turns: How many of the many ways that are made in turn are made in each place.
    """
    root = read(body.decode())
    count = 0
    for place in places(root):
        if is_leaf(place.node):
            always, in_turn = changes_of_leaf(group, place)
        else:
            always, in_turn = [], changes_of_container(place)
        share = turns if is_leaf(place.node) or place.path else len(in_turn)
        chosen = [in_turn[(count + at) % len(in_turn)] for at in range(min(share, len(in_turn)))]
        count += len(chosen)
        for what, new in (*always, *chosen):
            changed = raw(write(put(root, place.path, new)))
            if changed != body:
                yield Mutation(f"{place.pointer or '/'}: {what}", changed)
    for what, changed in changes_of_bytes(body):
        yield Mutation(f"bytes: {what}", changed)
