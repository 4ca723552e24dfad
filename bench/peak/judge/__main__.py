"""`python -m bench.peak.judge`: `springtide peak backtest` beside methods that anybody has, case by case."""

import argparse
import hashlib
import pickle
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bench.machine import described, in_a_line
from bench.peak.judge.case import Case
from bench.peak.judge.made import made_cases, wide_case
from bench.peak.judge.opponents import Said, ask_all, at_keys
from bench.peak.judge.ours import run
from bench.peak.judge.real import real_cases
from bench.peak.judge.scores import Score, score_of

_SAMPLED = 100
OURS = "**peak backtest**"
_HEADER = (
    "| method | WAPE | of medians | RMSSE | pinball | P10, P50, P90, P99 cover | total: WAPE | bias | pinball"
    " | P10, P50, P90, P99 cover | CPU s |\n|---|---|---|---|---|---|---|---|---|---|---|"
)


def main(words: Sequence[str] | None = None) -> int:
    """Print a table for each case, and who won where."""
    options = _parser().parse_args(words)
    _say(in_a_line(described()))
    kept = Path(options.keep) if options.keep else Path(tempfile.mkdtemp(prefix="judge-"))
    kept.mkdir(parents=True, exist_ok=True)
    if options.wide:
        return _wide(kept)
    won: dict[str, list[str]] = {}
    for case in _cases(options):
        folder = kept / case.name.replace(" ", "-").replace(",", "")
        ours = run(case, folder)
        scores = {OURS: score_of(case, ours.said)}
        scores |= {name: score_of(case, said) for name, said in _opponents(case, folder).items()}
        _say(f"\n### {case.name}\n\n{case.shape}; to {case.train_until}, {case.horizon * case.step_days} days ahead\n")
        _say(_HEADER)
        for name, score in scores.items():
            _say(_row(name, score))
        _say(f"\n{ours.seconds:.1f} s of processor time and {ours.megabytes:,.0f} MB for the whole command")
        for line in ours.noise.splitlines():
            _say(f"on standard error: {line}")
        won[case.name] = _won(scores)
    _say("\n### Ours against the best of the others, in percent of theirs\n")
    _say("| case | WAPE | RMSSE | pinball | total WAPE | total pinball | P90 covers | total's P90 covers |")
    _say("|---|---|---|---|---|---|---|---|")
    for name, cells in won.items():
        _say(f"| {name} | {' | '.join(cells)} |")
    return 0


def _wide(kept: Path) -> int:
    """Say what many keys cost, beside AutoETS on some of them, taken times what is left out."""
    case = wide_case()
    ours = run(case, kept / "wide")
    sample = slice(0, None, len(case.names) // _SAMPLED)
    few = replace(case, units=case.units[:, sample], keys=case.names[sample])
    said = ask_all(few)["AutoETS"]
    times = len(case.names) / len(few.names)
    theirs, mine = score_of(few, said), score_of(few, at_keys(ours.said, sample))
    _say(f"{case.shape}, {case.horizon} days ahead")
    _say(f"ours: {ours.seconds:.0f} s of processor time, {ours.megabytes:,.0f} MB for the whole command")
    _say(f"AutoETS: {times * said.seconds:.0f} s, from {len(few.names)} of them, without reading and writing")
    _say(f"WAPE of those {mine.wape:.1%} and {theirs.wape:.1%}, RMSSE {mine.rmsse:.3f} and {theirs.rmsse:.3f}")
    return 0


def _cases(options: argparse.Namespace) -> Iterator[Case]:
    cases = [*made_cases(options.seed), *real_cases(Path(options.data))]
    wanted = options.only.split(",") if options.only else [case.name for case in cases]
    return (case for case in cases if case.name in wanted)


def _opponents(case: Case, folder: Path) -> dict[str, Said]:
    """Return their answers, which do not change while the case does not: kept beside it."""
    mark = hashlib.sha256(case.past.tobytes() + str((case.horizon, case.step_days)).encode()).hexdigest()[:16]
    path = folder / f"opponents-{mark}.pickle"
    if path.exists():
        said: dict[str, Said] = pickle.loads(path.read_bytes())  # noqa: S301 - made by ourselves
        return said
    said = ask_all(case)
    path.write_bytes(pickle.dumps(said))
    return said


def _row(name: str, score: Score) -> str:
    cells = [
        f"{score.wape:.1%}",
        _share(score.wape_median),
        f"{score.rmsse:.3f}",
        _share(score.pinball),
        _shares(score.covered),
        f"{score.total_wape:.1%}",
        f"{score.total_bias:+.1%}",
        _share(score.total_pinball),
        _shares(score.total_covered),
        f"{score.seconds:.1f}",
    ]
    return f"| {name} | {' | '.join(cells)} |"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _shares(values: tuple[float, ...] | None) -> str:
    return "-" if values is None else ", ".join(f"{100 * value:.0f}" for value in values)


def _won(scores: dict[str, Score]) -> list[str]:
    """Return ours less the best of the others in percent of it, each figure against its own best."""
    ours, others = scores[OURS], [score for name, score in scores.items() if name != OURS]
    cells = []
    for name in ("wape", "rmsse", "pinball", "total_wape", "total_pinball"):
        best = min(value for score in others if (value := getattr(score, name)) is not None)
        cells.append(f"{100 * (getattr(ours, name) / best - 1):+.0f}")
    assert ours.covered
    assert ours.total_covered
    return [*cells, f"{ours.covered[2]:.0%}", f"{ours.total_covered[2]:.0%}"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.peak.judge", description=__doc__)
    parser.add_argument(
        "--data", default="/work/shared/data", help="folder with the public data; missing: made-up only"
    )
    parser.add_argument("--only", default="", help="names of cases, with commas between")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--wide", action="store_true", help="5,000 keys instead, for time and memory")
    parser.add_argument("--keep", default="", help="keep files and what the others said in this folder")
    return parser


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
