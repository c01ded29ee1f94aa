"""`fiducial selftest`: plant mistakes, count those that are found; certify sound classes, count those that are not."""

from __future__ import annotations

from typing import Annotated

import typer

PROMISED = {"standard": 0.98, "quick": 0.90}  # the share of planted mistakes that a level finds


def selftest(
    seed: Annotated[int, typer.Option(help="of the mutants that are drawn, and of every draw of the checks")] = 0,
    minutes: Annotated[float | None, typer.Option(help="stop after so long; what was judged is kept",
                                                  show_default=False)] = None,
    level: Annotated[str, typer.Option(help="quick or standard")] = "standard",
    mutants: Annotated[int, typer.Option(help="mistakes planted in torch.optim's own source")] = 200,
    terms: Annotated[int, typer.Option(help="terms changed in our definitions, of optimizers and of all else")] = 100,
    clean: Annotated[int, typer.Option(help="certificates of sound classes")] = 30,
    json: Annotated[str | None, typer.Option("--json", metavar="F",
                                             help="keep the record here, and go on where it stops")] = None,
    jobs: Annotated[int | None, typer.Option(help="processes at a time (one a core)", show_default=False)] = None,
) -> None:
    """Hold the harness to account: 0 as promised, 1 too many mistakes missed or a false alarm, 2 wrong call."""
    from fiducial.suites.certify import cores, one_of, positive, whole
    from fiducial.suites.selftest.account import Wanted, held_to_account

    wanted = Wanted(seed=whole("seed", seed, 0), level=one_of("level", level, tuple(PROMISED)),
                    mutants=whole("mutants", mutants, 0), terms=whole("terms", terms, 0),
                    clean=whole("clean", clean, 0), file=json,
                    seconds=None if minutes is None else 60 * positive("minutes", minutes),
                    jobs=whole("jobs", jobs if jobs is not None else cores(), 1))
    raise typer.Exit(held_to_account(wanted, PROMISED[level]))
