"""A board's static files in a directory, as a server publishes them; and a plain web server over it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from psephos.board.checkpoint import Checkpoint, SignedCheckpoint, write_checkpoint
from psephos.board.cosignature import Ed25519Cosigner
from psephos.board.merkle import Frontier, TreeHead, hash_leaf
from psephos.board.note import Ed25519Signer, Note
from psephos.board.tiles import Edge, bundles_of, write_bundle
from psephos.ports import UnixSeconds
from tests.support.logged import CLOSES, LOG, VERIFIERS, WITNESSES, MemoryLog


def head_at(log: MemoryLog, size: int) -> TreeHead:
    """The head of a log at a size, by another way than tiles."""
    return Frontier().extended(map(hash_leaf, log.received[:size])).head()


def note_of(
    head: TreeHead,
    cosigners: Iterable[Ed25519Cosigner] = (),
    *,
    signer: Ed25519Signer = LOG,
    at: int = CLOSES,
) -> SignedCheckpoint:
    """A checkpoint with cosignatures."""
    checkpoint = Checkpoint(LOG.key.name, head)
    text = write_checkpoint(checkpoint)
    lines = [one.cosign(text, now=UnixSeconds(at)) for one in cosigners]
    return SignedCheckpoint(Note(text, (signer.sign(text), *lines)), checkpoint)


@dataclass
class StaticBoard:
    """A log in a directory.

    Attributes:
        root: The directory.
        log: The log, which may be longer than what is published.
        size: How much is published.
        at: When observers cosign.
    """

    root: Path
    log: MemoryLog
    size: int = 0
    at: int = CLOSES
    _edge: Edge = field(default_factory=Edge)

    def publish(self, size: int | None = None, *, witnesses: int = 4, verifiers: int = 4) -> SignedCheckpoint:
        """Publish the log up to a size, with so many cosignatures; places without a quorum stay as they are."""
        size = self.log.size() if size is None else size
        self._edge, tiles = self._edge.extended([hash_leaf(entry) for entry in self.log.received[self.size : size]])
        files = {tile.path: data for tile, data in tiles.items()}
        for bundle in bundles_of(size, old=self.size):
            first = bundle.index * 256
            files[bundle.path] = write_bundle(self.log.received[first : first + bundle.width])
        files |= {f"blob/{name}": data for name, data in self.log.blobs.items()}
        self.size = size
        for path, data in files.items():
            self.write(path, data)
        return self.show(self._edge.head(), witnesses=witnesses, verifiers=verifiers)

    def show(self, head: TreeHead, *, witnesses: int = 4, verifiers: int = 4) -> SignedCheckpoint:
        """Publish a head, whatever the tiles are."""
        note = note_of(head, [*WITNESSES[:witnesses], *VERIFIERS[:verifiers]], at=self.at)
        self.write("checkpoint.latest", bytes(note))
        for place, count in (("checkpoint", witnesses), ("checkpoint.verified", verifiers)):
            if count >= 3:
                self.write(place, bytes(note))
        return note

    def write(self, path: str, data: bytes) -> None:
        """Write a file, all at once."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f".{file.name}.part")
        part.write_bytes(data)
        part.rename(file)


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files, and takes what is handed in; says nothing."""

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.handed_in.append((self.path, body))  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()


@dataclass
class Served:
    """A directory on the web.

    Attributes:
        url: Where.
        handed_in: What came by POST: path and body.
    """

    url: str
    handed_in: list[tuple[str, bytes]]


@contextmanager
def served(root: Path) -> Iterator[Served]:
    """Serve a directory on a free port of this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root))) as server:
        server.handed_in = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Served(f"http://127.0.0.1:{server.server_port}", server.handed_in)  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            thread.join()
