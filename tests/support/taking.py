"""A board that takes in what is handed in, without judging it, and answers with receipts; it can be told to lie."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from psephos.adapters.http import DirectoryFetcher
from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.client import Tree
from psephos.board.proof import Receipt, write_receipt
from psephos.record.board_entries import EntryKind, make_board_entry
from tests.support.boards import StaticBoard


@dataclass
class TakingBoard:
    """A board whose log grows by what comes.

    Attributes:
        board: Its files.
        witnesses: How many cosign what comes in.
        verifiers: How many check it.
        answer: Makes another answer of the receipt; None for none at all.
        url: Where it is.
        taken: The entries that came in, in order.
    """

    board: StaticBoard
    witnesses: int = 4
    verifiers: int = 4
    answer: Callable[[Receipt], bytes | None] = write_receipt
    url: str = ""
    taken: list[bytes] = field(default_factory=list)

    def take(self, path: str, body: bytes) -> bytes | None:
        """What came, and the answer to it."""
        entry = make_board_entry(EntryKind.BALLOT, [body])[0] if path == "/ballot" else _first(body)
        log = self.board.log
        if entry not in log.received:
            log.received.append(entry)
            self.taken.append(entry)
        note = self.board.publish(witnesses=self.witnesses, verifiers=self.verifiers)
        return self.answer(self.receipt(log.received.index(entry), note))

    def receipt(self, index: int, note: SignedCheckpoint) -> Receipt:
        """With the log's own line only."""
        tree = Tree(DirectoryFetcher(self.board.root), note.head)
        return Receipt(index, tree.prove_entry(index), note.with_signatures(note.note.signatures[:1]))


def _first(body: bytes) -> bytes:
    """The entry that a request brings, without its objects."""
    size = int.from_bytes(body[:4], "big")
    return body[4 : 4 + size]


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.taking.take(self.path, body)  # type: ignore[attr-defined]
        self.send_response(503 if answer is None else 200)
        self.send_header("Content-Length", str(len(answer or b"")))
        self.end_headers()
        self.wfile.write(answer or b"")


@contextmanager
def taking(root: Path, board: StaticBoard) -> Iterator[TakingBoard]:
    """A board on a free port of this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(root))) as server:
        found = TakingBoard(board, url=f"http://127.0.0.1:{server.server_port}")
        server.taking = found  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
