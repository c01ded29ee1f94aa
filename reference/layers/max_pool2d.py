"""Max pooling: the largest entry of each window, and the gradient to it alone.

    y[n,c,h,v] = max_{k,l} x[n, c, h·s - p + k·d, v·s' - p' + l·d']        what lies outside is never the largest
    x (N, C, H, W), y (N, C, H', W'); s stride (the kernel if None), p padding ≤ half the kernel, d dilation
    ∂x[n,c,i,j] = Σ over the windows whose largest entry is (i, j) of g;  of equal ones the first takes all

Source   Zhou, Chellappa, Computation of optical flow using a neural network, 1988.
         Goodfellow, Bengio, Courville, Deep learning, 2016, section 9.3.
Variant  torch: as here. Ties shared among the equal, or each given all (some NumPy codes): other gradients at ties.
"""

import numpy as np

from .._arguments import real
from .._arrays import Array
from ._windows import pair, places

Pair = int | tuple[int, int]


def forward(x: Array, *, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, dilation: Pair = 1) -> Array:
    """y, shaped (N, C, H', W'). Raises ValueError where no window fits."""
    return np.max(_seen(x, *_where(x, kernel_size, stride, padding, dilation)), axis=-1)


def backward(x: Array, g: Array, *, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0,
             dilation: Pair = 1) -> Array:
    """∂x for a cotangent g shaped like y."""
    down, across = _where(x, kernel_size, stride, padding, dilation)
    seen = _seen(x, down, across)
    largest, taken, found = np.max(seen, axis=-1), np.zeros(g.shape), np.zeros(x.shape)
    for k in range(seen.shape[-1]):
        first = np.where(seen[..., k] == largest, 1.0, 0.0) * (1.0 - taken)
        taken = taken + first
        rows, columns = (np.eye(n)[where[:, at]] for n, where, at in zip(
            x.shape[2:], (down, across), divmod(k, across.shape[1]), strict=True))
        found = found + np.einsum("nchv,hi,vj->ncij", first * g, rows, columns)
    return found


def _where(x: Array, kernel: Pair, stride: Pair | None, padding: Pair, dilation: Pair) -> list[Array]:
    """Places of the windows along both axes; one outside stands for the first inside its window."""
    sizes, found = real("x", x, ndim=4).shape[2:], []
    kernels, paddings, dilations = pair("kernel_size", kernel, 1), pair("padding", padding, 0), pair(
        "dilation", dilation, 1)
    if any(2 * p > k for p, k in zip(paddings, kernels, strict=True)):
        raise ValueError(f"padding must be at most half of the kernel size, got {padding} for {kernel}")
    strides = kernels if stride is None else pair("stride", stride, 1)
    for n, k, s, p, d in zip(sizes, kernels, strides, paddings, dilations, strict=True):
        where = places(n, k, stride=s, padding=p, dilation=d)
        inside = (where >= 0) & (where < n)
        if not inside.any(axis=1).all():
            raise ValueError(f"padding must leave a place of x in each window, got {padding} for {n} places")
        first = np.take_along_axis(where, np.argmax(inside, axis=1)[:, None], axis=1)
        found.append(np.where(inside, where, first))
    return found


def _seen(x: Array, down: Array, across: Array) -> Array:
    """The entries of each window in one last axis, row by row."""
    seen = np.swapaxes(x[:, :, down][:, :, :, :, across], 3, 4)
    return np.reshape(seen, (*seen.shape[:4], -1))
