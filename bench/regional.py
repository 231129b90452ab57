"""What counting by region costs on top: sums of each region, the cells, their decryption.

    python bench/regional.py [--ballots N] [--regions N] [--share SHARE] [--minimum K]

A chunk of 1,000 ballots is made once and counted again and again, each time in other regions: sums cost the same
whatever is in the ballots. `--share` of the ballots are superseded and taken out again. Prints one JSON object of
seconds.
One trustee decrypts all cells, and its answer is checked. The look-up of each credential in the packed electorate,
which the region list needs once, is not in it.
"""

import argparse
import json
import random
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from psephos.protocol.ballot import BallotChunk, BallotForm
from psephos.protocol.casting import encrypt, selection, sign
from psephos.protocol.election import Election, Question, read_election, write_election
from psephos.protocol.group import Group, Randomness, Secrets
from psephos.protocol.regional import decrypt_cells, regional_tally, verify_cell_decryption
from psephos.protocol.tally import GroupedTally, RunningTally
from psephos.protocol.trustees import Trustee
from psephos.record.region_list import RegionCodes, write_codes
from psephos.record.regions import RegionMessage, Regions, RegionTerms, find_cells, read_regions

CHUNK = 1000


def timed(out: dict[str, Any], name: str, work: Callable[[], Any]) -> Any:
    """Note how long something takes."""
    began = time.perf_counter()
    found = work()
    out[name] = round(time.perf_counter() - began, 3)
    return found


@dataclass(frozen=True)
class Place:
    """What is counted: an election with one trustee, and a chunk of its ballots."""

    election: Election
    chunk: BallotChunk
    secret: Secrets
    rng: Randomness

    @classmethod
    def make(cls) -> "Place":
        """Yes, no and blank in turn."""
        rng, group = Randomness.seeded(bytes(32)), Group("Ed25519")
        secret = group.random_secrets(rng, 1)
        question = Question(answers=("yes", "no", "blank"), min=1, max=1, question="?")
        election = read_election(
            write_election(
                description="",
                name="bench",
                group=group,
                public_key=secret.public()[0],
                questions=(question,),
                uuid="1" * 14,
            )
        )
        form, voters = BallotForm(election), group.random_secrets(rng, CHUNK)
        choices = [[selection(question, [number % 3])] for number in range(CHUNK)]
        chunk, _ = form.read(sign(encrypt(form, voters.public(), choices, rng), voters, rng))
        return cls(election, chunk, secret, rng)


def regions_of(leaf_of: Sequence[int], count: int) -> Regions:
    """Regions with as many registered as there are ballots."""
    registered = [leaf_of.count(leaf) for leaf in range(count)]
    terms = RegionTerms(
        minimum_registered=1,
        minimum_counted=1,
        regions=tuple(RegionMessage(id=f"r{leaf}", registered=size) for leaf, size in enumerate(registered)),
    )
    return read_regions(terms)


def count(place: Place, leaf_of: Sequence[int], regions: Regions, *, share: float, out: dict[str, Any]) -> GroupedTally:
    """The sums: of the nation, and of each region, out of which a share is taken again."""
    chunks = [leaf_of[start : start + CHUNK] for start in range(0, len(leaf_of), CHUNK)]
    running, grouped = RunningTally(place.election), GroupedTally(place.election, len(regions.leaves))

    def national() -> None:
        for leaves in chunks:
            running.add(place.chunk, range(len(leaves)), [1] * len(leaves))

    def regional() -> None:
        for leaves in chunks:
            superseded = int(len(leaves) * share)
            grouped.add(place.chunk, range(len(leaves)), leaves)
            grouped.remove(place.chunk, range(superseded), leaves[:superseded])

    def read_list() -> None:
        reader, leaves = RegionCodes(regions), array("H")
        leaves.extend(reader.take(write_codes(leaf_of, regions)))
        reader.check()

    timed(out, "national sums, for comparison", national)
    timed(out, "region list", read_list)
    timed(out, "regional sums", regional)
    return grouped


def tally_cells(place: Place, grouped: GroupedTally, regions: Regions, out: dict[str, Any]) -> None:
    """The cells, and their decryption by one trustee."""
    group, key = place.election.group, place.secret.public()[0]
    cells = timed(out, "cells", lambda: find_cells(regions, grouped.numbers))
    tally = timed(
        out,
        "regional tally",
        lambda: regional_tally(
            [regions.names(cell) for cell in cells], [grouped.total(cell.leaves) for cell in cells], record="0" * 64
        ),
    )
    trustee = Trustee(owner=1, name="Trustee 1", verification_key=key, item=0)
    answer = timed(out, "decryption", lambda: decrypt_cells(place.secret, tally, owner=1, group=group, rng=place.rng))
    timed(out, "check of it", lambda: verify_cell_decryption(answer, tally=tally, trustee=trustee, group=group))
    out["cells found"] = len(cells)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ballots", type=int, default=100_000)
    parser.add_argument("--regions", type=int, default=400)
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--minimum", type=int, default=240)
    options = parser.parse_args()
    shuffled = random.Random(1)
    leaf_of = [shuffled.randrange(options.regions) for _ in range(options.ballots)]
    place, regions = Place.make(), regions_of(leaf_of, options.regions)
    out: dict[str, Any] = {"ballots": options.ballots, "regions": options.regions}
    grouped = count(place, leaf_of, regions, share=options.share, out=out)
    demanding = replace(regions, terms=msgspec.structs.replace(regions.terms, minimum_counted=options.minimum))
    tally_cells(place, grouped, demanding, out)
    added = ("region list", "regional sums", "cells", "regional tally")
    out["added by regions, before decryption"] = round(sum(out[name] for name in added), 3)
    print(json.dumps(out, indent=2))


if __name__ == "__main__":
    main()
