"""The board's formats against Go programs by others: golang.org/x/mod, torchwood, Tessera, transparency-dev/formats.

Their versions are pinned in `go/go.mod`. The first run fetches them through the Go module proxy.
"""

import base64
import json
import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from psephos.board.checkpoint import Checkpoint, SignedCheckpoint, read_signed_checkpoint, write_checkpoint
from psephos.board.cosignature import Ed25519Cosigner, MlDsa44Cosigner, read_timestamp, verifiers_of
from psephos.board.merkle import (
    EMPTY_ROOT,
    TreeHead,
    hash_leaf,
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)
from psephos.board.note import Ed25519Signer, Note, SignatureLine, read_note, verify_note, write_note
from psephos.board.policy import read_policy
from psephos.board.proof import Receipt, read_receipt, verify_receipt, write_receipt
from psephos.board.tiles import Edge, bundles_of, node_reader, read_path, read_tile, tiles_of, write_bundle
from psephos.errors import InvalidProofError, QuorumError
from psephos.ports import UnixSeconds

GO = shutil.which("go") or "/usr/local/go/bin/go"
MODULE = Path(__file__).parent / "go"
ORIGIN = "board.referendum.example/2026"
LOG = Ed25519Signer(ORIGIN, b"\1" * 32)
OBSERVERS = [Ed25519Cosigner(f"observer{number}.example/w1", bytes([2, number]) * 16) for number in range(5)]
MIRROR = MlDsa44Cosigner("mirror1.example/m1", b"\3" * 32)
NOW = UnixSeconds(1735689600)
ENTRIES = [f"ballot-{number:07}".encode() for number in range(70_000)]
LEAVES = [hash_leaf(entry) for entry in ENTRIES]
SMALL = 40

Ask = Callable[[str, Any], Any]


@pytest.fixture(scope="session")
def go(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Asks the Go program a question."""
    program = tmp_path_factory.mktemp("go") / "interop"
    subprocess.run([GO, "build", "-mod=readonly", "-buildvcs=false", "-o", program, "."], cwd=MODULE, check=True)

    def ask(verb: str, question: Any) -> Any:
        done = subprocess.run([program, verb], input=json.dumps(question).encode(), capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    return ask


def in_base64(data: bytes) -> str:
    """Bytes as Go's JSON has them."""
    return base64.b64encode(data).decode()


def edge_of(size: int) -> Edge:
    """The right edge of the first leaves."""
    return Edge().extended(LEAVES[:size])[0]


def signed(size: int, *, cosigners: int = 0, extensions: tuple[str, ...] = ()) -> SignedCheckpoint:
    """A checkpoint of the first entries with so many observers' cosignatures."""
    checkpoint = Checkpoint(ORIGIN, edge_of(size).head(), extensions)
    text = write_checkpoint(checkpoint)
    lines = [LOG.sign(text), *(observer.cosign(text, now=NOW) for observer in OBSERVERS[:cosigners])]
    return SignedCheckpoint(Note(text, tuple(lines)), checkpoint)


def nodes_of(size: int) -> Any:
    """A node reader over tiles in memory."""
    _, files = Edge().extended(LEAVES[:size])
    return node_reader(size, lambda tile: read_tile(files[tile], tile))


@pytest.fixture(scope="session")
def their_tree(go: Ask) -> Any:
    """Roots, proofs and tiles as golang.org/x/mod makes them."""
    question = {"entries": [in_base64(entry) for entry in ENTRIES], "proofs": SMALL, "grown": [3, 256, 700, 70_000]}
    return go("tree", question)


def test_roots_and_proofs_of_x_mod_are_ours(their_tree: Any) -> None:
    """Every root and every proof up to forty leaves is equal byte for byte; and theirs verify here."""
    read = nodes_of(SMALL)
    heads = [edge_of(size).head() for size in range(SMALL + 1)]
    assert their_tree["roots"][1:] == [head.root.hex() for head in heads[1:]]
    assert heads[0] == TreeHead(0, EMPTY_ROOT)
    for size in range(1, SMALL + 1):
        for index in range(size):
            proof = [bytes.fromhex(part) for part in their_tree["inclusion"][size][index]]
            assert tuple(proof) == prove_inclusion(read, index=index, size=size)
            verify_inclusion(proof, index=index, leaf=LEAVES[index], head=heads[size])
        for old in range(1, size + 1):
            proof = [bytes.fromhex(part) for part in their_tree["consistency"][size][old]]
            assert tuple(proof) == prove_consistency(read, old=old, new=size)
            verify_consistency(proof, old=heads[old], new=heads[size])


def test_tiles_of_x_mod_are_ours(their_tree: Any) -> None:
    """A log that grew in four steps to 70,000 entries has the same files, by the same paths."""
    edge, ours = Edge(), {}
    for size in (3, 256, 700, 70_000):
        old = edge.size
        edge, files = edge.extended(LEAVES[edge.size : size])
        assert set(files) == set(tiles_of(size, old=old))
        ours |= {tile.path: sha256(data).hexdigest() for tile, data in files.items()}
    assert {path: digest for path, digest in ours.items() if path in their_tree["tiles"]} == their_tree["tiles"]
    assert ours.keys() == their_tree["tiles"].keys()
    assert [read_path(path).path for path in ours] == list(ours)


def test_our_proofs_hold_for_x_mod(go: Ask) -> None:
    """Proofs in a tree of 70,000, and every one in small trees; broken ones are refused by both."""
    questions: list[dict[str, Any]] = []

    def ask(proof: tuple[bytes, ...], size: int, *, index: int = 0, old: int = 0) -> None:
        questions.append(
            {
                "proof": [part.hex() for part in proof],
                "size": size,
                "root": roots[size].hex(),
                "index": index,
                "leaf": (roots[old] if old else LEAVES[index]).hex(),
                "old": old,
            }
        )

    sizes = [*range(1, SMALL + 1), 255, 256, 257, 65_535, 65_536, 65_537, 70_000]
    roots = {size: edge_of(size).head().root for size in sizes}
    small, large = nodes_of(SMALL), nodes_of(70_000)
    for size in range(1, SMALL + 1):
        for index in range(size):
            ask(prove_inclusion(small, index=index, size=size), size, index=index)
            ask(prove_consistency(small, old=index + 1, new=size), size, old=index + 1)
    for other in sizes:
        ask(prove_inclusion(large, index=other - 1, size=70_000), 70_000, index=other - 1)
        ask(prove_consistency(large, old=other, new=70_000), 70_000, old=other)
    assert set(go("proofs", questions)) == {""}
    for question in questions:
        question["proof"] = [*question["proof"], bytes(32).hex()]
    assert "" not in go("proofs", questions)


def test_our_notes_hold_for_theirs(go: Ask) -> None:
    """Log, Ed25519 and ML-DSA-44 lines, extension lines, and texts that are no checkpoints."""
    plain = signed(5, cosigners=3)
    all_kinds = plain.with_signatures([*plain.note.signatures, MIRROR.cosign(plain.note.text, now=NOW)])
    vkeys = [str(LOG.key), *(str(observer.key) for observer in OBSERVERS)]
    letter = "Ognuno sta solo\n\nè subito sera\n".encode()
    questions = [
        {"note": in_base64(bytes(plain)), "vkeys": vkeys, "peer": "torchwood"},
        {"note": in_base64(bytes(plain)), "vkeys": vkeys, "peer": "formats"},
        {"note": in_base64(bytes(all_kinds)), "vkeys": [*vkeys, str(MIRROR.key)], "peer": "formats"},
        {"note": in_base64(bytes(signed(5, cosigners=2, extensions=("x", "y")))), "vkeys": vkeys, "peer": "torchwood"},
        {"note": in_base64(write_note(Note(letter, (LOG.sign(letter),)))), "vkeys": vkeys, "peer": "torchwood"},
        {"note": in_base64(bytes(signed(0))), "vkeys": vkeys, "peer": "torchwood"},
    ]
    names = [observer.key.name for observer in OBSERVERS]
    expected = [
        [ORIGIN, *names[:3]],
        [ORIGIN, *names[:3]],
        [ORIGIN, *names[:3], MIRROR.key.name],
        [ORIGIN, *names[:2]],
        [ORIGIN],
        [ORIGIN],
    ]
    assert go("notes", questions) == [{"error": "", "signers": found} for found in expected]


def test_notes_that_we_refuse_are_refused_by_theirs(go: Ask) -> None:
    """One bit in the signature of each kind of key."""
    text = signed(5).note.text
    questions = []
    for signer, line in (
        (LOG, LOG.sign(text)),
        (OBSERVERS[0], OBSERVERS[0].cosign(text, now=NOW)),
        (MIRROR, MIRROR.cosign(text, now=NOW)),
    ):
        for at in (0, 9, len(line.signature) // 2):
            flipped = bytearray(line.signature)
            flipped[at] ^= 1
            note = Note(text, (SignatureLine(line.name, line.key_id, bytes(flipped)),))
            with pytest.raises(InvalidProofError, match=r"signature does not hold|not a cosignature"):
                verify_note(note, verifiers_of([signer.key]))
            questions.append({"note": in_base64(write_note(note)), "vkeys": [str(signer.key)], "peer": "formats"})
    assert all("invalid signature" in found["error"] for found in go("notes", questions))


def test_their_signatures_hold_for_us(go: Ask) -> None:
    """Signed by golang.org/x/mod; cosigned by torchwood and by formats, with both algorithms."""
    text = signed(5).note.text
    question = {
        "text": text.decode(),
        "log": {"name": ORIGIN, "seed": in_base64(b"\1" * 32)},
        "ed25519": {"name": OBSERVERS[0].key.name, "seed": in_base64(bytes([2, 0]) * 16)},
        "ml_dsa": {"name": MIRROR.key.name, "seed": in_base64(b"\3" * 32)},
    }
    answer = go("sign", question)
    verifiers = verifiers_of([LOG.key, OBSERVERS[0].key, MIRROR.key])
    for peer, cosigner in (("torchwood", OBSERVERS[0]), ("formats", OBSERVERS[0]), ("ml_dsa", MIRROR)):
        note = read_note(answer[peer].encode())
        log_line, cosignature = verify_note(note, verifiers)
        assert (note.text, log_line) == (text, LOG.sign(text))
        assert (cosignature.name, cosignature.key_id) == (cosigner.key.name, cosigner.key.key_id)
        assert read_timestamp(cosignature) > NOW
        if cosigner is OBSERVERS[0]:
            assert OBSERVERS[0].cosign(text, now=read_timestamp(cosignature)) == cosignature


def store(folder: Path, size: int, *, steps: list[int]) -> None:
    """A log's static files as it grew."""
    edge = Edge()
    for step in [*steps, size]:
        old = edge.size
        edge, files = edge.extended(LEAVES[old:step])
        written = {tile.path: data for tile, data in files.items()}
        for bundle in bundles_of(step, old=old):
            written[bundle.path] = write_bundle(ENTRIES[bundle.index * 256 : bundle.index * 256 + bundle.width])
        for path, data in written.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
    (folder / "checkpoint").write_bytes(bytes(signed(size)))


@pytest.mark.parametrize(
    ("size", "steps"), [(1, []), (5, [3]), (256, [255]), (1000, [1, 256, 700]), (66_000, [70, 65_536, 65_537])]
)
def test_our_log_is_read_by_theirs(go: Ask, tmp_path: Path, size: int, steps: list[int]) -> None:
    """Every entry is read by torchwood, x/mod proves out of our tiles what we prove, Tessera's fsck finds nothing."""
    store(tmp_path, size, steps=steps)
    prove = sorted({0, size // 3, size - 1})
    answer = go("log", {"dir": str(tmp_path), "vkey": str(LOG.key), "prove": prove})
    assert (answer["read"], answer["fsck"]) == ("", "")
    assert [base64.b64decode(entry) for entry in answer["entries"]] == ENTRIES[:size]
    read = nodes_of(size)
    for index, inclusion, consistency in zip(prove, answer["inclusion"], answer["consistency"], strict=True):
        assert [part.hex() for part in prove_inclusion(read, index=index, size=size)] == inclusion
        assert [part.hex() for part in prove_consistency(read, old=index + 1, new=size)] == consistency


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/003.p/232", "tile/1/000.p/3", "tile/entries/001", "checkpoint"])
def test_our_log_with_one_bit_wrong_is_refused_by_theirs(go: Ask, tmp_path: Path, path: str) -> None:
    """The peers do look: whichever file is broken, Tessera's fsck says so."""
    store(tmp_path, 1000, steps=[])
    broken = bytearray((tmp_path / path).read_bytes())
    broken[-10] ^= 4
    (tmp_path / path).write_bytes(bytes(broken))
    assert go("log", {"dir": str(tmp_path), "vkey": str(LOG.key), "prove": [0]})["fsck"]


POLICY = "".join(
    [
        f"log {LOG.key} https://{ORIGIN}\n",
        *(f"witness o{at} {one.key} https://{one.key.name}\n" for at, one in enumerate(OBSERVERS)),
        "group observers 3 o0 o1 o2 o3 o4\nquorum observers\n",
    ]
).encode()


def test_our_receipts_and_policies_hold_for_torchwood(go: Ask) -> None:
    """With the quorum, below it, with another entry and with another index: both programs agree."""
    questions, ours = [], []
    read, policy = nodes_of(300), read_policy(POLICY)
    for cosigners in range(6):
        for index in (0, 255, 299):
            receipt = Receipt(index, prove_inclusion(read, index=index, size=300), signed(300, cosigners=cosigners))
            questions += [
                {"receipt": in_base64(write_receipt(receipt)), "policy": in_base64(POLICY), "entry": in_base64(entry)}
                for entry in (ENTRIES[index], ENTRIES[index + 1])
            ]
            if cosigners >= 3:
                verify_receipt(receipt, leaf=LEAVES[index], policy=policy)
            else:
                with pytest.raises(QuorumError) as caught:
                    verify_receipt(receipt, leaf=LEAVES[index], policy=policy)
                assert (caught.value.have, caught.value.need) == (cosigners, 3)
            ours += [cosigners >= 3, False]
    assert [found == "" for found in go("receipts", questions)] == ours
    assert ours.count(True) == 9


def test_torchwood_receipts_hold_for_us(go: Ask) -> None:
    """Theirs are ours byte for byte, with extra data and without."""
    checkpoint = signed(300, cosigners=3)
    question = {
        "entries": [in_base64(entry) for entry in ENTRIES[:300]],
        "index": 77,
        "checkpoint": in_base64(bytes(checkpoint)),
        "extra": in_base64(b"opaque"),
    }
    answer = go("receipt", question)
    path = prove_inclusion(nodes_of(300), index=77, size=300)
    for name, extra in (("receipt", b""), ("receipt_extra", b"opaque")):
        data = base64.b64decode(answer[name])
        assert data == write_receipt(Receipt(77, path, read_signed_checkpoint(bytes(checkpoint)), extra))
        observed = verify_receipt(read_receipt(data), leaf=LEAVES[77], policy=read_policy(POLICY))
        assert set(observed.cosignatures) == {"o0", "o1", "o2"}
