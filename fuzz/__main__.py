"""`python -m fuzz`: runs many cases of each kind, prints how they ended, and keeps every file that escaped.

`python -m fuzz --case fit:7:123` looks at one case again, `--file PATH --kind fit` at a file.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from pathlib import Path

from fuzz import growth, prefixes
from fuzz.batches import Find, Tally, run
from fuzz.cases import Case, Verdict, judged
from fuzz.kinds import Kind, kinds

ESCAPED = Path(".fuzz")
"""Where files that escaped are put; git does not know the folder. Once mended, one goes to `fixtures/fuzz/`."""
MOST_KEPT = 20


def main() -> int:
    """0 where nothing escaped, else 1."""
    asked = _asked()
    if asked.case:
        kind, seed, number = asked.case.split(":")
        return _look_at(Case(kind, int(seed), int(number)).data(), kinds()[kind])
    if asked.file:
        return _look_at(asked.file.read_bytes(), kinds()[asked.kind[0]])
    print(f"seed {asked.seed}; a case again: python -m fuzz --case KIND:{asked.seed}:NUMBER", flush=True)
    well = [_fuzzed(kinds()[name], asked) for name in asked.kind or kinds()]
    if asked.growth:
        well.append(_grown(asked.growth, seed=asked.seed))
    if asked.cuts:
        well.append(_cut(asked.cuts, seed=asked.seed))
    return 0 if all(well) else 1


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--kind", action="append", choices=list(kinds()), help="only this kind; may be given again")
    parser.add_argument("--cases", type=int, default=200_000, help="cases of each kind")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="what the cases are drawn from")
    parser.add_argument("--cores", type=int, help="children at a time; all cores")
    parser.add_argument(
        "--growth", type=int, default=0, metavar="CASES", help="run so many cases ten times, look at memory"
    )
    parser.add_argument("--cuts", type=int, default=0, metavar="CUTS", help="cut every real file at so many places")
    parser.add_argument("--case", help="one case, as it is printed")
    parser.add_argument("--file", type=Path, help="one file, of the kind given")
    return parser.parse_args()


def _fuzzed(kind: Kind, asked: argparse.Namespace) -> bool:
    whole, began = Tally(), time.monotonic()
    cases = range(asked.first, asked.first + asked.cases)
    for tally in run(kind.id, seed=asked.seed, cases=cases, cores=asked.cores):
        for find in tally.finds:
            _keep(find, kind, count=len(whole.finds))
        tenths = 10 * whole.codes.total() // asked.cases
        whole.add(tally)
        if tenths < 10 * whole.codes.total() // asked.cases < 10:
            print(f"    {whole.codes.total():,} so far, {len(whole.finds)} escaped", file=sys.stderr, flush=True)
    took = time.monotonic() - began
    print(
        f"{kind.id}: {whole.codes.total():,} cases in {took:.0f} s ({whole.cpu_s:.0f} s of CPU), "
        f"{len(whole.finds)} escaped"
    )
    print("   ", ", ".join(f"{code} {count:,}" for code, count in whole.codes.most_common()), flush=True)
    return not whole.finds


def _keep(find: Find, kind: Kind, *, count: int) -> None:
    if count >= MOST_KEPT:
        return
    ESCAPED.mkdir(exist_ok=True)
    path = ESCAPED / f"{kind.id}_{find.case.seed}_{find.case.number}{kind.suffix}"
    path.write_bytes(find.case.data())
    print(f"    {find.case} {find.verdict.code}: {find.verdict.wrong} -> {path}", flush=True)


def _grown(cases: int, *, seed: int) -> bool:
    found = growth.measured(cases, seed=seed)
    print(found.sentence(), flush=True)
    return found.is_well()


def _cut(cuts: int, *, seed: int) -> bool:
    wrong = 0
    for line in prefixes.over_the_corpus(cuts, seed=seed):
        wrong += line.wrong != ""
        print(line, flush=True)
    return not wrong


def _look_at(data: bytes, kind: Kind) -> int:
    verdict: Verdict = judged(data, kind, chain=True)
    print(f"{len(data):,} bytes: {verdict.code} {verdict.wrong}")
    return 1 if verdict.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
