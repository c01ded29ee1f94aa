"""Bias and variance: what to try next, from the error on the training set and that on the validation set.

    train > target                          underfit: a bigger model, or longer training
    train ≤ target, validation > target     overfit: more data, or regularization
    both ≤ target                           done

For least squares with p weights on n examples with noise σ², where the truth is within reach, and fresh noise at the
same inputs for validation,
    E train = σ² (1 - p/n),   E validation = σ² (1 + p/n)      mean squared errors, so that the gap is 2 p σ²/n

Source   Ng, Machine learning yearning, 2018, the chapters on bias and variance (the flowchart).
         Hastie, Tibshirani, Friedman, The elements of statistical learning, 2009, section 7.4 (the optimism 2 p σ²/n).
Variant  a gap of its own, validation - train > margin, in place of the one target.
"""

from .._arguments import at_least, whole

BIGGER, DATA, DONE = "a bigger model", "more data or regularization", "done"


def advice(train: float, validation: float, *, target: float) -> str:
    """What to try next; bias is seen to first. Raises ValueError for a negative error."""
    for name, error in (("train", train), ("validation", validation), ("target", target)):
        at_least(name, error, 0)
    return BIGGER if train > target else DATA if validation > target else DONE


def expected_errors(p: int, n: int, *, variance: float) -> tuple[float, float]:
    """E train and E validation of least squares. Raises ValueError unless 0 ≤ p ≤ n."""
    if not 0 <= whole("p", p) <= whole("n", n, least=1):
        raise ValueError(f"p must lie between 0 and n = {n}, got {p}")
    at_least("variance", variance, 0)
    return variance * (1 - p / n), variance * (1 + p / n)
