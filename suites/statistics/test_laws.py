"""Laws: each named one agrees with SciPy's, each form of a claim is read, and each wrong one is said."""

import numpy as np
import pytest

from fiducial.checks import statistics as st
from fiducial.checks.statistics.distributions import cells_of
from fiducial.checks.statistics.laws import Continuous, Discrete, Mixed, normal

GRID = np.linspace(-6, 9, 301)
COUNTS = np.arange(-2.0, 25.0)


def scipy_law(name: str, *arguments: float, **keywords: float) -> object:
    from scipy import stats
    return getattr(stats, name)(*arguments, **keywords)


@pytest.mark.parametrize(("name", "peer"), [
    ("normal(0.5, 2)", ("norm", 0.5, 2)),
    ("normal(mu=0.5, sigma=2)", ("norm", 0.5, 2)),
    ("uniform(-1, 4)", ("uniform", -1, 5)),
    ("exponential(1.5)", ("expon", 0, 1.5)),
    ("laplace(1, 0.7)", ("laplace", 1, 0.7)),
    ("truncated_normal(1, 2, -1, 4)", ("truncnorm", -1, 1.5, 1, 2)),
])
def test_a_named_continuous_law_agrees_with_scipy(name: str, peer: tuple[str, float]) -> None:
    law, other = st.law(name), scipy_law(*peer)
    assert isinstance(law, Continuous)
    np.testing.assert_allclose(law.cdf(GRID), other.cdf(GRID), rtol=1e-11, atol=1e-15)  # type: ignore[attr-defined]
    np.testing.assert_allclose(law.sf(GRID), other.sf(GRID), rtol=1e-11, atol=1e-15)  # type: ignore[attr-defined]
    assert law.support == pytest.approx(other.support())  # type: ignore[attr-defined]


@pytest.mark.parametrize(("name", "peer"), [
    ("binomial(9, 0.3)", ("binom", 9, 0.3)), ("bernoulli(0.2)", ("bernoulli", 0.2)), ("poisson(3.5)", ("poisson", 3.5)),
    ("integers(2, 7)", ("randint", 2, 8)),
])
def test_a_named_discrete_law_agrees_with_scipy(name: str, peer: tuple[str, float]) -> None:
    law, other = st.law(name), scipy_law(*peer)
    assert isinstance(law, Discrete)
    for part in ("cdf", "sf", "pmf"):
        np.testing.assert_allclose(getattr(law, part)(COUNTS), getattr(other, part)(COUNTS), rtol=1e-11, atol=1e-15)


def test_every_form_of_a_claim_is_read() -> None:
    rng = np.random.default_rng(50)
    st.assert_distribution(rng.gamma(2.0, 1.0, 3000), scipy_law("gamma", 2.0))
    st.assert_distribution(rng.negative_binomial(3, 0.4, 3000), scipy_law("nbinom", 3, p=0.4))
    st.assert_distribution(rng.random(3000) ** 2, lambda x: np.sqrt(np.clip(x, 0, 1)))
    cdf, pmf = (lambda k: np.where(k >= 1, 1 - 0.5**k, 0)), (lambda k: np.where(k >= 1, 0.5**k, 0))
    st.assert_distribution(rng.geometric(0.5, 3000), (cdf, pmf))
    st.assert_distribution(rng.choice([-1, 1], 3000), {-1: 0.5, 1: 0.5})
    dropped = rng.normal(size=3000).astype(np.float32) * (rng.random(3000) < 0.9)
    st.assert_distribution(dropped, Mixed({0.0: 0.1}, normal()))


@pytest.mark.parametrize("name", [
    "poisson(2.5)", "poisson(4000)", "binomial(2000, 0.4)", "bernoulli(0.001)", "integers(0, 999)"])
@pytest.mark.parametrize("n", [10, 1000, 100_000])
def test_cells_hold_all_the_mass_and_enough_of_it_each(name: str, n: int) -> None:
    law = st.law(name)
    assert isinstance(law, Discrete)
    upper, p = cells_of(law, n)
    assert p.sum() == pytest.approx(1, abs=1e-12)
    assert np.all(np.diff(upper) > 0)
    assert p.size == 1 or p.min() * n >= 5 * (1 - 1e-12)
    assert p.size <= 257


@pytest.mark.parametrize(("claim", "sentence"), [
    ("gaussian(0, 1)", "no law 'gaussian(0, 1)': write one of normal, uniform"),
    ("normal(0, 1", "no law"),
    ("normal(0, 1, 2)", "no law"),
    ("__import__('os')", "no law"),
    ("normal(0, -1)", "sigma must be positive and finite, got -1"),
    ("uniform(1, 1)", "uniform needs finite a < b"),
    ("truncated_normal(0, 1, 2, 1)", "truncated_normal needs a < b"),
    ("binomial(0, 0.5)", "binomial needs a whole n ≥ 1"),
    ("integers(3, 3)", "integers needs whole numbers a < b"),
    ({0: 0.5}, "the atoms hold 0.5 of the mass"),
    ({0: 1.5}, "atoms need positive probabilities"),
])
def test_a_wrong_claim_is_one_sentence(claim: object, sentence: str) -> None:
    with pytest.raises(ValueError) as error:
        st.law(claim)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_a_claim_that_is_no_law_lists_the_forms() -> None:
    with pytest.raises(TypeError, match=r"a law is a name such as 'normal\(0, 1\)'.*got float"):
        st.law(0.5)


def test_a_cdf_that_leaves_the_unit_interval_is_said() -> None:
    with pytest.raises(ValueError, match="must map values into \\[0, 1\\]"):
        st.assert_distribution(np.random.default_rng(50).normal(size=100), lambda x: x)
