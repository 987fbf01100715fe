"""The campaign of faults against the real server: `make faults`, and the long form `make faults LONG=1`.

    python tests/faults/campaign.py [--long] [--seed N] [--jobs N] [--only KIND] [--number N] [--KIND COUNT ...]

Ends with status 1 when anything is lost, half-applied or wrongly accepted. A chain of faults that failed is told with the line
that runs it alone; its folder is kept.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import dataclasses
import multiprocessing
import os
import pathlib
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable

import flips
import trials
from chain import Broken, Chain
from journal import Findings


@dataclasses.dataclass(frozen=True)
class Kind:
    title: str
    run: Callable[[Chain, int], None]
    short: int
    long: int
    length: int  # faults that one store goes through
    traced: bool = False


KINDS = {
    "kills": Kind("kill -9 at a random moment", trials.kills, 30, 500, 5),
    "points": Kind("kill at a chosen system call", trials.kill_points, 30, 500, 5),
    "power": Kind("power cut", trials.power_cuts, 25, 300, 5, traced=True),
    "full": Kind("full disk", trials.full_disks, 6, 100, 2),
    "syncs": Kind("failing sync or write", trials.failed_syncs, 6, 50, 3, traced=True),
    "flips": Kind("damaged file", flips.flips, 24, 200, 8),
}
PLANTED = {"lies": Kind("syncs that lie, then a power cut", trials.lies, 0, 0, 3, traced=True)}


def run_chain(name: str, number: int, seed: int, faults: int, folder: str) -> Findings:
    """One store through its faults. Its folder goes when nothing was found."""
    kind = (KINDS | PLANTED)[name]
    place = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-{number}-", dir=folder))
    chain = Chain(name, number, seed, place, traced=kind.traced, first=number * kind.length)
    try:
        kind.run(chain, faults)
    except Broken:
        pass
    except Exception:  # the campaign itself is wrong: that is no success either
        chain.findings.wrong += 1
        chain.findings.notes.append(traceback.format_exc())
    finally:
        chain.close()
    findings = chain.findings
    if findings.bad():
        line = f"--seed {seed} --only {name} --number {number} --{name} {faults}"
        findings.notes.insert(0, f"{kind.title}: again with `python tests/faults/campaign.py {line}`; its folder: {place}")
    else:
        shutil.rmtree(place)
    return findings


def campaign(counts: dict[str, int], seed: int, jobs: int, folder: str, number: int | None = None) -> dict[str, Findings]:
    """Runs so many faults of each kind, in chains, several at a time."""
    work = []
    for name, count in counts.items():
        length = KINDS[name].length
        chains = [(name, start // length, seed, min(length, count - start), folder) for start in range(0, count, length)]
        work += [(name, number, seed, count, folder)] if number is not None else chains
    # Kinds take turns, so that what one of them waits for another one uses.
    work.sort(key=lambda chain: (chain[1] / max(1, counts[chain[0]]), chain[0]))
    totals = {name: Findings() for name in counts}
    with concurrent.futures.ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        running = {pool.submit(run_chain, *chain): chain[0] for chain in work}
        for done in concurrent.futures.as_completed(running):
            found = done.result()
            totals[running[done]].add(found)
            for note in found.notes:
                print(note, file=sys.stderr, flush=True)
    return totals


def table(totals: dict[str, Findings]) -> str:
    """The table of docs/durability.md."""
    heads = ["fault", "tried", "acknowledged operations", "lost", "half-applied", "wrongly accepted", "detected", "harmless"]
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1)]
    everything = Findings()
    for name, found in totals.items():
        everything.add(found)
        lines.append([KINDS[name].title, *_row(found, name in ("full", "syncs", "flips"), name == "flips")])
    lines.append(["all", *_row(everything, True, True)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def classes(found: Findings) -> str:
    """Beneath the table: of each class of damaged file, what was done to it and what came of it."""
    heads = ["damaged file", "tried", "detected", "harmless", *flips.WAYS, "swap"]
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1)]
    lines += [[name, *(f"{found.classes[name, head]}" for head in heads[1:])] for name in flips.PATTERNS]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _row(found: Findings, detects: bool, may_be_harmless: bool) -> list[str]:
    counted = [found.tried, found.acknowledged, found.lost, found.half, found.wrong]
    return [f"{n:,}" for n in counted] + [str(found.detected) if detects else "–", str(found.harmless) if may_be_harmless else "–"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true", help="the counts of the long form")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", choices=sorted(KINDS), help="this kind alone")
    parser.add_argument("--number", type=int, help="this chain alone")
    parser.add_argument("--folder", help="where stores are made; default: a temporary folder")
    for name, kind in KINDS.items():
        parser.add_argument(f"--{name}", type=int, metavar="COUNT", help=f"{kind.title}: {kind.short}, in the long form {kind.long}")
    given = parser.parse_args()
    counts = {}
    for name, kind in KINDS.items():
        if given.only in (None, name):
            asked = getattr(given, name)
            counts[name] = asked if asked is not None else kind.long if given.long else kind.short
    folder = given.folder or tempfile.mkdtemp(prefix="lianjie-faults-")
    started = time.monotonic()
    totals = campaign(counts, given.seed, given.jobs, folder, given.number)
    print(table(totals))
    if "flips" in totals:
        print(f"\n{classes(totals['flips'])}\n")
    bad = any(found.bad() for found in totals.values())
    print(f"seed {given.seed}, {time.monotonic() - started:.0f} s: {'BROKEN PROMISES' if bad else 'every promise kept'}")
    if not bad and not given.folder:
        shutil.rmtree(folder)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
