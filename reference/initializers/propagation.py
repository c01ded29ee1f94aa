"""Propagation: what independent random weights of mean 0 do to second moments, in the mean over nets.

    x_{d+1} = W_d x_d  or  W_d max(x_d, 0),  d = 1 … N-1         W_d (n_{d+1}, n_d), v_d = D(w) in W_d
    linear    E x_{d+1}² = E x_1² Π_{j ≤ d} n_j v_j
    ReLU      E s_1² = n_1 v_1 E x_1²,   E s_{d+1}² = ½ n_{d+1} v_{d+1} E s_d²     the input is cut by no ReLU: no ½
    backward  E g_d² = E g_N² Π_{d ≤ j ≤ N-1} n_{j+1} v_j        N - d layers lie between d and N
    bias      E s² = n v E x² + D(b): a random bias adds its own variance
    product   D(u w) = E u² E w² - (E u)² (E w)²                 u, w independent; D(u) D(w) only at means 0
    ReLU      E max(s, 0)² = ½ D(s)                              s symmetric about 0

Source   Glorot, Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010, eq. 5, 6;
         He, Zhang, Ren, Sun, Delving deep into rectifiers, 2015, eq. 6 to 9 (ReLU).
Variant  none in use.
"""

from collections.abc import Sequence

import numpy as np

from .._arguments import at_least
from .._arrays import Array

Moments = list[float]


def linear(second_moment: float, widths: Sequence[int], variances: Sequence[float]) -> Moments:
    """E x_d² for d = 1 … N, of a linear net with N widths and N - 1 weight variances."""
    found = [second_moment]
    for n, v in zip(widths, variances, strict=False):
        found.append(n * at_least("variance", v, 0) * found[-1])
    return found


def rectified(second_moment: float, widths: Sequence[int], variances: Sequence[float]) -> Moments:
    """E s_d² for d = 1 … N-1: the pre-activations of a net whose hidden units are ReLUs."""
    found = [widths[0] * variances[0] * second_moment]
    for n, v in zip(widths[1:], variances[1:], strict=False):
        found.append(n * at_least("variance", v, 0) * found[-1] / 2)
    return found


def backward(second_moment: float, widths: Sequence[int], variances: Sequence[float]) -> Moments:
    """E g_d² for d = 1 … N, of a linear net whose output has gradients with this second moment."""
    found = [second_moment]
    for n, v in zip(reversed(widths[1:]), reversed(variances), strict=True):
        found.append(n * at_least("variance", v, 0) * found[-1])
    return found[::-1]


def biased(second_moment: float, width: int, variance: float, bias_variance: float) -> float:
    """E s² of one layer whose bias is random, independent and of mean 0."""
    return width * variance * second_moment + bias_variance


def product(mean_u: float, variance_u: float, mean_w: float, variance_w: float) -> float:
    """D(u w) of independent u and w."""
    return (variance_u + mean_u**2) * (variance_w + mean_w**2) - mean_u**2 * mean_w**2


def half(s: Array) -> Array:
    """½ D(s): E max(s, 0)² of a symmetric law that gives each entry of s equally often."""
    return np.mean((s - np.mean(s)) ** 2) / 2
