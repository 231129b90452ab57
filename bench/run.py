"""`make bench`: what a ballot costs to encrypt and to verify, against the floor and against another program.

Every figure is the median of several runs, with the least and the greatest; figures that are compared come from runs
that alternate. Nothing is asserted: speed is measured, not tested. Results go to bench/results/ as JSON too.

    python bench/run.py            10,000 ballots of each kind: half an hour on two cores
    python bench/run.py --quick    a tenth of that
    python bench/run.py --ballots-only Ed25519    the floor, and ballots of one group
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from psephos_kernel import runs_avx512

HERE = Path(__file__).parent
RECORDS = HERE / "records"
RESULTS = HERE / "results"
WORKER = [sys.executable, str(HERE / "worker.py")]
MICRO = 1_000_000
GROUPS = ("Ed25519", "BELENIOS-2048")
KERNEL = HERE.parent / "kernel"
BUILDS = ("", "portable") if runs_avx512() else ("",)
"""What PSEPHOS_KERNEL says: the build that this machine prefers, and the one for every processor."""


def named(build: str) -> str:
    """What a build uses on this machine."""
    code = "import psephos_kernel; print(psephos_kernel.backend())"
    return subprocess.check_output(
        [sys.executable, "-c", code], env=os.environ | {"PSEPHOS_KERNEL": build}, text=True
    ).strip()


NAMES = {build: named(build) for build in BUILDS}


def work(*arguments: str, threads: int = 0, build: str = "") -> dict[str, Any]:
    """Run one measurement in a fresh process."""
    environment = dict(os.environ) | {"PSEPHOS_KERNEL": build}
    if threads:
        environment["RAYON_NUM_THREADS"] = str(threads)
    done = subprocess.run([*WORKER, *arguments], env=environment, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def record(group: str, form: str, ballots: int) -> Path:
    """The record to verify; made once."""
    RECORDS.mkdir(exist_ok=True)
    name = f"{group}-{form.replace('/', '-')}-{ballots}.bel"
    path = RECORDS / name
    if not path.exists():
        unfinished = path.with_suffix(".part")
        work("make", group, form, str(ballots), str(unfinished))
        unfinished.rename(path)
    return path


def spread(values: list[float], digits: int = 0) -> str:
    """Median (least … greatest)."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} … {high:.{digits}f})"


def per_ballot(runs: list[dict[str, Any]], what: str) -> list[float]:
    """Microseconds per ballot."""
    return [run[what] / run["ballots"] * MICRO for run in runs]


def measure_floor(build: str) -> dict[str, float]:
    """The arithmetic alone, called directly on the curve library: `cargo bench`, compiled as the build is."""
    environment, options = dict(os.environ), []
    if NAMES[build] == "avx512":
        environment["RUSTFLAGS"] = (KERNEL / "python" / "avx512.rustflags").read_text().strip()
        options = ["--target-dir", "target/avx512"]
    done = subprocess.run(
        ["cargo", "bench", "--quiet", "--locked", "--bench", "floor", *options],
        cwd=KERNEL,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {line["name"]: line["median_us"] for line in lines}


def measure_ballots(groups: dict[str, int], runs: int, out: dict[str, Any]) -> None:
    """Encrypting and verifying, one and two cores; in Ed25519 with both builds, in turn."""
    print(f"\n{'µs a ballot':42} {'1 core':>24} {'2 cores':>24} {'of it Python':>24}")
    for group, ballots in groups.items():
        builds = BUILDS if group == "Ed25519" else BUILDS[:1]
        for form in ("yes/no", "yes/no/blank"):
            path = record(group, form, ballots)
            few = str(max(1000, ballots // 5))
            for what, arguments in (("verify", ("verify", str(path))), ("encrypt", ("encrypt", group, form, few))):
                results: dict[tuple[str, int], list[dict[str, Any]]]
                results = {(build, threads): [] for build in builds for threads in (1, 2)}
                for _ in range(runs):
                    for (build, threads), done in results.items():
                        done.append(work(*arguments, threads=threads, build=build))
                for build in builds:
                    one, two = results[build, 1], results[build, 2]
                    walls = {1: per_ballot(one, "wall"), 2: per_ballot(two, "wall")}
                    python = per_ballot(one + two, "python")
                    name = f"{what} {group} {form} {NAMES[build]}"
                    out[name] = {"wall": walls, "python": python, "ballots": one[0]["ballots"]}
                    print(f"{name:42} {spread(walls[1]):>24} {spread(walls[2]):>24} {spread(python):>24}")


def measure_memory(sizes: list[int], out: dict[str, Any]) -> None:
    """Peak memory of a verification, by number of ballots."""
    print("\npeak memory of `verify`, Ed25519 yes/no")
    for ballots in sizes:
        run = work("verify", str(record("Ed25519", "yes/no", ballots)))
        out[f"memory {ballots}"] = run["peak_kib"]
        print(f"  {ballots:>7} ballots  {run['peak_kib'] / 1024:6.1f} MiB")


def measure_against_belenios_tool(ballots: int, runs: int, out: dict[str, Any]) -> None:
    """The same BELENIOS-2048 archive, verified as whole processes in turn."""
    path = record("BELENIOS-2048", "yes/no", ballots)
    ours, theirs, ratios = [], [], []
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / path.name).symlink_to(path)
        for _ in range(runs):
            start = time.perf_counter()
            subprocess.run(["psephos", "verify", str(path)], check=True, capture_output=True)
            between = time.perf_counter()
            subprocess.run(["belenios-tool", "election", "verify", "--dir", directory], check=True, capture_output=True)
            end = time.perf_counter()
            ours.append((between - start) / ballots * MICRO)
            theirs.append((end - between) / ballots * MICRO)
            ratios.append(theirs[-1] / ours[-1])
    out["against belenios-tool 2.0"] = {"psephos": ours, "belenios-tool": theirs, "ratio": ratios}
    print(f"\nBELENIOS-2048 yes/no, {ballots} ballots, whole processes in turn, µs per ballot")
    print(f"  psephos verify, all cores      {spread(ours)}")
    print(f"  belenios-tool 2.0              {spread(theirs)}")
    print(f"  times as fast                  {spread(ratios, 2)}")


def main() -> None:
    """Run everything and print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the ballots")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--ballots-only", choices=GROUPS, help="only the floor, and ballots of this group")
    options = parser.parse_args()
    scale = 10 if options.quick else 1
    out: dict[str, Any] = {"machine": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    out["backends"] = list(NAMES.values())
    print(f"{out['cores']} cores, curve arithmetic: {' and '.join(NAMES.values())}")
    floors = [(build, measure_floor(build)) for _ in range(options.runs) for build in BUILDS]
    for build in BUILDS:
        for name in floors[0][1]:
            values = [floor[name] for one, floor in floors if one == build]
            out[f"floor {NAMES[build]} {name}"] = values
            print(f"  floor, {NAMES[build]:8} {name:40} {spread(values, 1)} µs")
    groups = [options.ballots_only] if options.ballots_only else GROUPS
    measure_ballots(dict.fromkeys(groups, 10_000 // scale), options.runs, out)
    if options.ballots_only:
        return
    measure_memory([size // scale for size in (1_000, 10_000, 100_000)], out)
    measure_against_belenios_tool(10_000 // scale, options.runs, out)
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{time.strftime('%Y-%m-%d')}{'-quick' if options.quick else ''}.json"
    file.write_text(json.dumps(out, indent=2) + "\n")
    print(f"\nwritten to {file}")


if __name__ == "__main__":
    main()
