"""Statistics: exact tests of what is random, each with its false-alarm rate, its power and the sample size for both.

A test is a pure function `sample → Gap(measured, allowed)` at a given α; `plan` says how large an effect it finds, and
`Budget` splits one chance of a false alarm over all checks of a run. From the simplest to the most intricate:
plans, proportions, means, variances, dependence, multinomial counts, laws, distributions, sequential tests.
"""

from fiducial.checks.statistics.assertions import assert_distribution
from fiducial.checks.statistics.continuous import of_continuous
from fiducial.checks.statistics.dependence import correlation, covariance, fisher, independence, serial_independence
from fiducial.checks.statistics.distributions import (
    distribution,
    distribution_plans,
    of_discrete,
    of_mixed,
    parts,
)
from fiducial.checks.statistics.laws import Continuous, Discrete, Law, Mixed, law
from fiducial.checks.statistics.means import mean_of_bounded, mean_of_normal, mean_student
from fiducial.checks.statistics.multinomial import cells, each_cell
from fiducial.checks.statistics.planning import plan
from fiducial.checks.statistics.plans import Budget, Plan, detectable, sample_size, stream
from fiducial.checks.statistics.proportions import counted, proportion
from fiducial.checks.statistics.samples import BadSample
from fiducial.checks.statistics.sequential import (
    Follows,
    NormalMean,
    NormalVariance,
    Outcome,
    Proportion,
    Stages,
    Watch,
    in_stages,
    stages,
    watch_mean,
    watch_proportion,
)
from fiducial.checks.statistics.variances import variance_about, variance_of_bounded, variance_of_normal

__all__ = [
    "BadSample", "Budget", "Continuous", "Discrete", "Follows", "Law", "Mixed", "NormalMean", "NormalVariance",
    "Outcome", "Plan", "Proportion", "Stages", "Watch", "assert_distribution", "cells", "correlation",
    "counted", "covariance", "detectable", "distribution", "distribution_plans", "each_cell", "fisher",
    "in_stages", "independence", "law", "mean_of_bounded", "mean_of_normal", "mean_student", "of_continuous",
    "of_discrete", "of_mixed", "parts", "plan", "proportion", "sample_size", "serial_independence", "stages",
    "stream", "variance_about", "variance_of_bounded", "variance_of_normal", "watch_mean", "watch_proportion",
]
