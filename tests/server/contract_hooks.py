"""What schemathesis cannot know: how the body of an entry is written. Loaded by it, see `test_board_contract`."""

import schemathesis
from schemathesis import SerializationContext

from psephos.adapters.handing_in import write_handed_in
from psephos.protocol.encoding import sha256_hex
from psephos.record.board_entries import PARTS, BoardEntry, EntryKind, Part, write_board_entry


@schemathesis.serializer("application/vnd.psephos.entry")
def write_entry(_: SerializationContext, value: object) -> bytes:
    """As it is; or as the parts of an entry of every kind, one after the other."""
    data = value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")
    kinds = list(EntryKind)
    if len(data) % 2 == 0:
        return data
    kind = kinds[len(data) // 2 % len(kinds)]
    parts = tuple(Part(len(data), sha256_hex(data), data) for _ in PARTS[kind])
    return write_handed_in(write_board_entry(BoardEntry(kind, parts)))
