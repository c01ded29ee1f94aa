"""The plan of a named test: its sample size from the effect, or its smallest effect from the sample size."""

from __future__ import annotations

from functools import partial
from typing import Any

from fiducial.checks.statistics import continuous, dependence, means, multinomial, proportions, variances
from fiducial.checks.statistics.plans import Plan, Power, detectable, sample_size

POWERS: dict[str, tuple[Any, str]] = {
    "proportion": (proportions.proportion_power, "a distance from p"),
    "mean_of_normal": (means.mean_of_normal_power, "a shift in σ"),
    "mean_student": (means.mean_student_power, "a shift in σ"),
    "mean_of_bounded": (means.mean_of_bounded_power, "a shift over b - a"),
    "variance_of_normal": (variances.variance_of_normal_power, "a relative variance error"),
    "variance_of_bounded": (variances.variance_of_bounded_power, "a variance error over (b - a)²/2"),
    "correlation": (dependence.correlation_power, "a distance from ρ"),
    "covariance": (dependence.covariance_power, "a correlation of two whitened coordinates"),
    "fisher": (dependence.fisher_power, "a correlation of two masks"),
    "independence": (dependence.independence_power, "a correlation of the normal scores"),
    "serial_independence": (dependence.serial_independence_power, "a correlation of the normal scores"),
    "cells": (multinomial.cells_power, "√(2 KL(q ‖ p))"),
    "kolmogorov": (continuous.kolmogorov_power, "a cdf distance"),
    "cut": (continuous.cut_power, "a tail mass cut off"),
}


def plan(test: str, *, alpha: float, effect: float | None = None, n: int | None = None, power: float = 0.99,
         **parameters: float) -> Plan:
    """The plan of a test, from exactly one of `effect` (the sample size is found) and `n` (the effect is found).

    `parameters` are those of the test's power: p (proportion), sigma (mean_of_bounded), rho (correlation), d
    (covariance), k and smallest (cells).
    ValueError for an unknown test, for both or neither of effect and n, and for a parameter that the test lacks.
    """
    if test not in POWERS:
        raise ValueError(f"no test {test!r} to plan: choose one of {', '.join(POWERS)}")
    if (effect is None) == (n is None):
        raise ValueError(f"give exactly one of effect and n to plan {test}, got effect={effect}, n={n}")
    function, unit = POWERS[test]
    of: Power = partial(function, **parameters)
    try:
        if effect is not None:
            return sample_size(of, test, alpha=alpha, effect=effect, power=power, unit=unit)
        return detectable(of, test, alpha=alpha, n=n or 0, power=power, unit=unit)
    except TypeError as error:
        raise ValueError(f"the power of {test} does not take {parameters or 'no parameters'}: {error}") from error
