"""One measurement in a process of its own: `worker.py verify FILE`, `encrypt GROUP FORM BALLOTS` or `make …`.

Prints one JSON object. The number of threads is the environment's RAYON_NUM_THREADS.
"""

import json
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.world import YES_NO, YES_NO_BLANK, RecordWriter, World

from psephos.adapters.files import FileSource
from psephos.protocol.casting import encrypt, sign
from psephos.protocol.decryption import Owned, decrypt
from psephos.protocol.encoding import sha256_hex, write_json
from psephos.protocol.group import Group
from psephos.protocol.result import combine_factors, compute_result, write_result
from psephos.protocol.tally import RunningTally, write_encrypted_tally, write_sized
from psephos.record.phases import EventKind
from psephos.verify.audit import audit

CHUNK = 1000
FORMS = {"yes/no": YES_NO, "yes/no/blank": YES_NO_BLANK}


def vote_of(voter: int, form: str) -> list[list[int]]:
    """A vote per voter, all answers used."""
    size = len(FORMS[form].answers)
    return [[int(answer == voter % size) for answer in range(size)]]


def verify(path: str) -> dict[str, object]:
    """Audit a record from its file."""
    wall, cpu, main = time.perf_counter(), time.process_time(), time.thread_time()
    report = audit(FileSource(Path(path)))
    return {
        "ballots": report.ballots,
        "verdict": report.verdict,
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "python": time.thread_time() - main,
        "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }


def encrypt_many(group: str, form: str, ballots: str) -> dict[str, object]:
    """Encrypt, prove and sign ballots in chunks."""
    count = int(ballots)
    world = World(Group(group), (FORMS[form],), min(count, CHUNK))
    votes = [vote_of(voter, form) for voter in range(world.voters)]
    wall, cpu, main = time.perf_counter(), time.process_time(), time.thread_time()
    for _ in range(count // world.voters):
        unsigned = encrypt(world.form, world.public_credentials, votes, world.rng)
        sign(unsigned, world.credential_secrets, world.rng)
    return {
        "ballots": count // world.voters * world.voters,
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "python": time.thread_time() - main,
    }


def make(group: str, form: str, ballots: str, path: str) -> dict[str, object]:
    """Write a complete record with one ballot per voter, chunk by chunk."""
    count = int(ballots)
    world = World(Group(group), (FORMS[form],), count)
    writer = RecordWriter()
    writer.add(EventKind.SETUP, world.setup())
    running = RunningTally(world.election)
    with Path(path).open("wb") as file:
        for start in range(0, count, CHUNK):
            voters = range(start, min(start + CHUNK, count))
            texts = world.ballots([(voter, vote_of(voter, form)) for voter in voters])
            for text in texts:
                writer.add(EventKind.BALLOT, [text])
            chunk, _ = world.form.read(texts)
            running.add(chunk, range(len(texts)), [1] * len(texts))
            file.write(b"".join(writer.pieces))
            writer.pieces.clear()
        writer.add(EventKind.END_BALLOTS, [])
        tally = running.total()
        sums = write_encrypted_tally(tally.sums)
        writer.add(EventKind.ENCRYPTED_TALLY, [sums, write_sized(tally, sha256_hex(sums))])
        content, factors = decrypt(
            world.secrets[0], tally.sums, group=world.group, fingerprint=world.election.fingerprint, rng=world.rng
        )
        writer.add(EventKind.PARTIAL_DECRYPTION, [content, write_json(Owned(owner=1, payload=sha256_hex(content)))])
        combined = combine_factors(world.keys, {1: factors}, world.group)
        writer.add(EventKind.RESULT, [write_result(compute_result(tally, combined, world.group))])
        file.write(b"".join(writer.pieces))
    return {"bytes": Path(path).stat().st_size}


if __name__ == "__main__":
    command = {"verify": verify, "encrypt": encrypt_many, "make": make}[sys.argv[1]]
    print(json.dumps(command(*sys.argv[2:])))
