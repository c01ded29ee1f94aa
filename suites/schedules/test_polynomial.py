"""Polynomial decay against its claims, torch's PolynomialLR among its subjects."""

from fiducial.suites.bindings import Binding, Wrong, define_test
from fiducial.suites.rules.schedules import POLYNOMIAL, whole_runs
from fiducial.suites.schedules.wrong_runs import chained_early, forgetful, late, to_a_fixed_rate

FOLLOWS, CHAIN, RELOAD, SCALES, ENDS = POLYNOMIAL.claims


def power_of_what_is_done(k: int, *, base: float, total_iters: int = 5, power: float = 1.0) -> float:
    """1 - (k/T)^p."""
    return float(base * (1 - (min(k, total_iters) / total_iters) ** power))


def turning_back(k: int, *, base: float, total_iters: int = 5, power: float = 1.0) -> float:
    """|1 - k/T|^p, which rises again."""
    return float(base * abs(1 - k / total_iters) ** power)


BINDING = Binding(
    row="polynomial", section=9, rule=POLYNOMIAL, against=("torch.optim.lr_scheduler:PolynomialLR",),
    wrong=[
        Wrong(whole_runs(power_of_what_is_done), by=FOLLOWS),
        Wrong(late(POLYNOMIAL.definition), by=FOLLOWS),
        Wrong(chained_early(POLYNOMIAL.definition), by=CHAIN),
        Wrong(forgetful(POLYNOMIAL.definition), by=RELOAD),
        Wrong(to_a_fixed_rate(POLYNOMIAL.definition), by=SCALES),
        Wrong(whole_runs(turning_back), by=ENDS),
    ])

test_polynomial = define_test(BINDING)
