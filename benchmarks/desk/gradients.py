"""Gradient checks beside torch.autograd.gradcheck, in one run and one thread: python benchmarks/desk/gradients.py

Times are CPU seconds of the fastest of several repeats. Directions state an escape probability ≤ 1e-9 and an error bar;
the whole Jacobian has a bar for every entry. gradcheck's fast mode is one projection at a tolerance of 1e-3.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.autograd import gradcheck

from fiducial.checks.gradients import Report, check_gradient

Subject = tuple[Callable[..., Any], tuple[torch.Tensor, ...]]
LARGEST_WHOLE = 4096  # beyond so many inputs directions are meant; the whole Jacobian of the loss is timed with --all


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    """A fixed draw of float64 standard normals."""
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def loss_of_mlp() -> Subject:
    """Cross-entropy of a tanh network with 10,010 parameters on 32 samples."""
    x = normal(32, 100)
    labels = torch.randint(10, (32,), generator=torch.Generator().manual_seed(1))
    return (lambda a, b: torch.nn.functional.cross_entropy(torch.tanh(x @ a) @ b, labels),
            (normal(100, 91, seed=2) / 10, normal(91, 10, seed=3) / 10))


def subjects() -> dict[str, Subject]:
    """The four subjects that are compared, and softmax at further sizes for the growth of the cost."""
    def rows(x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(x, -1)

    return {
        "softmax 16x16": (rows, (normal(16, 16),)),
        "softmax 32x32": (rows, (normal(32, 32),)),
        "softmax 1x1024 (dense)": (rows, (normal(1024),)),
        "layer norm 32x64": (lambda x: torch.nn.functional.layer_norm(x, (64,)), (normal(32, 64),)),
        "softmax 64x64": (rows, (normal(64, 64),)),
        "mlp loss 10,010": loss_of_mlp(),
    }


def seconds(run: Callable[[], object], repeats: int) -> float:
    """CPU time of the fastest repeat, after one that warms up."""
    run()
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        run()
        best = min(best, time.process_time() - start)
    return best


def measured(f: Callable[..., Any], xs: tuple[torch.Tensor, ...], *, whole: bool) -> dict[str, Any]:
    """Times of both modes of gradcheck and of ours, the error bars and the defect that they speak of."""
    leaves = tuple(x.clone().requires_grad_() for x in xs)
    row: dict[str, Any] = {
        "inputs": sum(x.numel() for x in xs),
        "fast": seconds(lambda: gradcheck(f, leaves, fast_mode=True), 20),
        "directions": seconds(lambda: check_gradient(f, *xs, method="directions"), 20),
    }
    row["directions_over_fast"] = row["directions"] / row["fast"]
    report: Report = check_gradient(f, *xs, method="directions")
    row |= {"bar": report.gap.allowed, "escape": report.escape_probability, "defect": report.relative_defect}
    if whole:
        row["slow"] = seconds(lambda: gradcheck(f, leaves), 2)
        row["whole"] = seconds(lambda: check_gradient(f, *xs, method="jacobian"), 3)
        row["slow_over_whole"] = row["slow"] / row["whole"]
        report = check_gradient(f, *xs, method="jacobian")
        row |= {"entry_bar": report.gap.sample["bar"], "columns": report.columns}
    return row | {"verdict": str(report.verdict)}


def line(name: str, row: dict[str, Any]) -> str:
    """One row of the table."""
    whole = (f"{row['slow']:8.3f} {row['whole']:8.3f} {row['slow_over_whole']:6.1f} {row['columns']:7d} "
             f"{row['entry_bar']:9.0e}" if "slow" in row else " " * 42)
    return (f"{name:23s} {row['inputs']:6d} {1e3 * row['fast']:7.2f} {1e3 * row['directions']:7.2f} "
            f"{row['directions_over_fast']:6.1f} {row['bar']:8.0e} {row['defect']:8.0e} {whole}  {row['verdict']}")


def main() -> None:
    """Print the table; write the record where --json names a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--all", action="store_true", help="the whole Jacobian of the largest subject too")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'':23s} inputs fast ms dirs ms      ×      bar   defect   slow s  whole s      × columns entry bar")
    rows = {}
    for name, (f, xs) in subjects().items():
        rows[name] = measured(f, xs, whole=options.all or sum(x.numel() for x in xs) <= LARGEST_WHOLE)
        print(line(name, rows[name]), flush=True)
    if options.json:
        record = {"torch": torch.__version__, "threads": 1, "subjects": rows}
        options.json.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
