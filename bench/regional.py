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
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from psephos.protocol.ballot import BallotForm
from psephos.protocol.casting import encrypt, selection, sign
from psephos.protocol.election import Question, read_election, write_election
from psephos.protocol.group import Group, Randomness
from psephos.protocol.regional import decrypt_cells, regional_tally, verify_cell_decryption
from psephos.protocol.tally import GroupedTally, RunningTally
from psephos.protocol.trustees import Trustee
from psephos.record.region_list import RegionCodes, write_codes
from psephos.record.regions import RegionMessage, RegionTerms, find_cells, read_regions

CHUNK = 1000


def timed(out: dict[str, Any], name: str, work: Callable[[], Any]) -> Any:
    """Note how long something takes."""
    began = time.perf_counter()
    found = work()
    out[name] = round(time.perf_counter() - began, 3)
    return found


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ballots", type=int, default=100_000)
    parser.add_argument("--regions", type=int, default=400)
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--minimum", type=int, default=240)
    options = parser.parse_args()
    rng, group, shuffled = Randomness.seeded(bytes(32)), Group("Ed25519"), random.Random(1)
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
    leaf_of = [shuffled.randrange(options.regions) for _ in range(options.ballots)]
    registered = [leaf_of.count(leaf) for leaf in range(options.regions)]
    regions = read_regions(
        RegionTerms(
            minimum_registered=1,
            minimum_counted=1,
            regions=tuple(RegionMessage(id=f"r{leaf}", registered=size) for leaf, size in enumerate(registered)),
        )
    )
    demanding = replace(regions, terms=msgspec.structs.replace(regions.terms, minimum_counted=options.minimum))
    out: dict[str, Any] = {"ballots": options.ballots, "regions": options.regions}
    chunks = [leaf_of[start : start + CHUNK] for start in range(0, options.ballots, CHUNK)]
    running, grouped = RunningTally(election), GroupedTally(election, options.regions)

    def national() -> None:
        for leaves in chunks:
            running.add(chunk, range(len(leaves)), [1] * len(leaves))

    def regional() -> None:
        for leaves in chunks:
            grouped.add(chunk, range(len(leaves)), leaves)
            grouped.remove(chunk, range(int(len(leaves) * options.share)), leaves[: int(len(leaves) * options.share)])

    def read_list() -> None:
        reader, leaves = RegionCodes(regions), array("H")
        leaves.extend(reader.take(write_codes(leaf_of, regions)))
        reader.check()

    timed(out, "national sums, for comparison", national)
    timed(out, "region list", read_list)
    timed(out, "regional sums", regional)
    cells = timed(out, "cells", lambda: find_cells(demanding, grouped.numbers))
    tally = timed(
        out,
        "regional tally",
        lambda: regional_tally(
            [regions.names(cell) for cell in cells], [grouped.total(cell.leaves) for cell in cells], record="0" * 64
        ),
    )
    trustee = Trustee(owner=1, name="Trustee 1", verification_key=secret.public()[0], item=0)
    answer = timed(out, "decryption", lambda: decrypt_cells(secret, tally, owner=1, group=group, rng=rng))
    timed(out, "check of it", lambda: verify_cell_decryption(answer, tally=tally, trustee=trustee, group=group))
    out["cells found"] = len(cells)
    added = ("region list", "regional sums", "cells", "regional tally")
    out["added by regions, before decryption"] = round(sum(out[name] for name in added), 3)
    print(json.dumps(out, indent=2))


if __name__ == "__main__":
    main()
