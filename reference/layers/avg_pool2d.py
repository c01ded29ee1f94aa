"""Average pooling: the mean of each window, zeros outside counted.

    y[n,c,h,v] = 1/(K K') Σ_{k,l} x[n, c, h·s - p + k, v·s' - p' + l]      x = 0 outside
    x (N, C, H, W), y (N, C, H', W'); kernel (K, K'), s stride (the kernel if None), p padding ≤ half the kernel
    ∂x[n,c,i,j] = 1/(K K') Σ over the windows that read (i, j) of g

Source   LeCun et al., Gradient-based learning applied to document recognition, 1998, section II.B (subsampling).
Variant  torch: as here; with count_include_pad=False, and in Keras, the mean of the entries inside: `inside_forward`.
"""

import numpy as np

from .._arguments import real
from .._arrays import Array
from ._windows import pair, places, selection

Pair = int | tuple[int, int]


def forward(x: Array, *, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0) -> Array:
    """y, shaped (N, C, H', W'). Raises ValueError where no window fits."""
    rows, columns = _averages(x, kernel_size, stride, padding)
    return np.einsum("nchj,vj->nchv", np.einsum("ncij,hi->nchj", x, rows), columns)


def backward(x: Array, g: Array, *, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0) -> Array:
    """∂x for a cotangent g shaped like y."""
    rows, columns = _averages(x, kernel_size, stride, padding)
    return np.einsum("nchj,hi->ncij", np.einsum("nchv,vj->nchj", g, columns), rows)


def inside_forward(x: Array, *, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0) -> Array:
    """The mean over those entries of a window that lie inside."""
    share = forward(np.ones(x.shape), kernel_size=kernel_size, stride=stride, padding=padding)
    return forward(x, kernel_size=kernel_size, stride=stride, padding=padding) / share


def _averages(x: Array, kernel: Pair, stride: Pair | None, padding: Pair) -> list[Array]:
    """The matrices that average over rows and over columns, shaped (H', H) and (W', W)."""
    kernels, paddings = pair("kernel_size", kernel, 1), pair("padding", padding, 0)
    if any(2 * p > k for p, k in zip(paddings, kernels, strict=True)):
        raise ValueError(f"padding must be at most half of the kernel size, got {padding} for {kernel}")
    strides = kernels if stride is None else pair("stride", stride, 1)
    sizes = zip(real("x", x, ndim=4).shape[2:], kernels, strides, paddings, strict=True)
    return [np.mean(selection(places(n, k, stride=s, padding=p, dilation=1), n), axis=1) for n, k, s, p in sizes]
