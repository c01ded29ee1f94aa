"""torch and JAX functions as the gradient checks see them: values in float64, claims in their own dtype."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from fiducial.checks.gradients.subject import (
    UNIT,
    Differentiable,
    Layout,
    Matrix,
    Unusable,
    Vector,
    as_tuple,
    guarded,
    row_by_row,
    settled_layout,
)

TORCH_ROUNDOFF = {"float64": UNIT, "complex128": UNIT, "float32": 2.0**-24, "complex64": 2.0**-24,
                  "float16": 2.0**-11, "bfloat16": 2.0**-8 / 2}
BATCHED_ROWS = 8  # fewer cotangents are pulled back one by one
LARGEST_BATCH = 2**20  # numbers in one vmapped batch


class TorchFunction:
    """A torch function over flat vectors; a Module's parameters are inputs too, its buffers are fresh at each call."""

    def __init__(self, f: Callable[..., Any], xs: Sequence[Any]) -> None:
        import torch
        self.torch = torch
        parameters: dict[str, Any] = {}
        self.buffers: dict[str, Any] = {}
        self.f = f
        if isinstance(f, torch.nn.Module):
            parameters = {k: p for k, p in f.named_parameters() if p.requires_grad}
            frozen = {k: p for k, p in f.named_parameters() if not p.requires_grad}
            self.buffers = {k: b.detach() for k, b in (*f.named_buffers(), *frozen.items())}
        self.names = tuple(parameters)
        self.given = len(xs)
        leaves = [torch.as_tensor(x).detach() for x in (*xs, *parameters.values())]
        for leaf in leaves:
            if not (leaf.is_floating_point() or leaf.is_complex()):
                raise Unusable(f"inputs must be floating or complex, got {leaf.dtype}; close over the others")
        self.dtypes = [leaf.dtype for leaf in leaves]
        self.device = leaves[0].device
        named = ["input"] if self.given == 1 else [f"input {i}" for i in range(self.given)]
        self.inputs = Layout.of(leaves, "input", single=len(leaves) == 1, names=(*named, *self.names))
        self.x = self.flat(leaves)
        self.roundoff = max(TORCH_ROUNDOFF.get(str(d).removeprefix("torch."), 2.0**-4) for d in self.dtypes)

    def call(self, leaves: Sequence[Any], *, wide: bool) -> Any:
        """f at these tensors."""
        if not isinstance(self.f, self.torch.nn.Module):
            return self.f(*leaves)
        state = dict(zip(self.names, leaves[self.given:], strict=True))
        buffers = {k: b.to(self.torch.float64 if wide and b.is_floating_point() else b.dtype, copy=True)
                   for k, b in self.buffers.items()}
        return self.torch.func.functional_call(self.f, {**state, **buffers}, tuple(leaves[:self.given]))

    def tensors(self, flat: Any) -> list[Any]:
        """float64 tensors that share the memory of flat vectors (leading axes are batches)."""
        whole = self.torch.from_numpy(flat).to(self.device)
        views = []
        for piece, c, shape in zip(self.inputs.pieces(whole), self.inputs.is_complex, self.inputs.shapes, strict=True):
            full = (*piece.shape[:-1], *shape)
            views.append(self.torch.view_as_complex(piece.reshape(*full, 2)) if c else piece.reshape(full))
        return views

    def narrow(self, flat: Vector, dtypes: Sequence[Any]) -> list[Any]:
        """Fresh tensors in the subject's own dtypes."""
        return [t.to(d, copy=True) for t, d in zip(self.tensors(flat), dtypes, strict=True)]

    def flat(self, tensors: Sequence[Any], batch: tuple[int, ...] = ()) -> Vector:
        """Tensors, with leading batch axes, as flat float64 vectors."""
        torch = self.torch
        wide = [torch.view_as_real(t.detach().to(torch.complex128)) if t.is_complex() else t.detach().double()
                for t in tensors]
        parts = [t.reshape(*batch, t[(0,) * len(batch)].numel()).cpu().numpy() for t in wide]
        return np.asarray(parts[0]) if len(parts) == 1 else np.concatenate(parts, axis=-1)


@contextmanager
def _quiet(torch: Any) -> Iterator[None]:
    """No gradient is recorded, and vmap does not complain of operations that it does one by one."""
    import warnings
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def torch_subject(f: Callable[..., Any], xs: Sequence[Any], *, order: int = 1) -> Differentiable:
    """A torch function, Function.apply or Module: claims by autograd's reverse mode, values by vmap where that works.

    order=2: the function is Jᵀu for one random u, and its claims are autograd's second backward pass.
    Raises Unusable.
    """
    fun = TorchFunction(f, xs)
    torch = fun.torch
    if order == 2:
        _differentiate(fun)
    first = guarded(_outputs, fun, fun.tensors(fun.x.copy()))
    outputs = settled_layout(first, lambda: guarded(_outputs, fun, fun.tensors(fun.x.copy())), single=len(first) == 1)

    def value(flat: Vector) -> Vector:
        found = guarded(_outputs, fun, fun.tensors(flat))
        if tuple(tuple(y.shape) for y in found) != outputs.shapes:
            raise Unusable("f returned another shape at another input; let it depend on the inputs' shapes alone")
        return fun.flat(found)

    batched = _batched(fun, outputs, value) if order == 1 else row_by_row(value, outputs.size)
    pull = _torch_pull(fun, outputs)

    def shaken(flat: Vector, rows: Matrix, seed: int) -> Matrix:
        with _shaking(torch, seed):
            few = BATCHED_ROWS - 1  # rows that are pulled back one by one: vmap would hide the operations
            return np.concatenate([pull(flat, rows[k:k + few]) for k in range(0, len(rows), few)])

    return Differentiable(fun.inputs, outputs, fun.x, value, batched, pull, _torch_push(fun, outputs), fun.roundoff,
                          shaken)


def _outputs(fun: TorchFunction, leaves: Sequence[Any], *, wide: bool = True) -> tuple[Any, ...]:
    with _quiet(fun.torch):
        found = as_tuple(fun.call(leaves, wide=wide))
    for y in found:
        if not isinstance(y, fun.torch.Tensor):
            raise Unusable(f"f must return tensors, got {type(y).__name__}; return a tensor or a tuple of them")
    return found


def _differentiate(fun: TorchFunction) -> None:
    """Put x -> Jᵀu in the place of f, for a fixed random u."""
    torch, inner = fun.torch, fun.call

    def gradient(leaves: Sequence[Any], *, wide: bool) -> Any:
        with torch.enable_grad():
            mine = [leaf if leaf.requires_grad else leaf.detach().requires_grad_() for leaf in leaves]
            ys = as_tuple(inner(mine, wide=wide))
            rng = np.random.default_rng(0x6f32)
            us = [torch.from_numpy(rng.standard_normal(tuple(y.shape))).to(y.device, y.dtype) for y in ys]
            return torch.autograd.grad(ys, mine, us, create_graph=True, materialize_grads=True)

    fun.call = gradient  # type: ignore[method-assign]


def _batched(fun: TorchFunction, outputs: Layout, value: Callable[[Vector], Vector]) -> Callable[[Matrix], Matrix]:
    """Rows by vmap in batches; one by one where vmap refuses, or gives another value than one row does."""
    alone, torch = row_by_row(value, outputs.size), fun.torch
    mapped = torch.func.vmap(lambda *leaves: as_tuple(fun.call(leaves, wide=True)))
    size = max(1, LARGEST_BATCH // max(fun.inputs.size, outputs.size))
    works: list[bool] = []

    def together(rows: Matrix) -> Matrix:
        with _quiet(torch):
            return fun.flat(mapped(*fun.tensors(np.ascontiguousarray(rows))), (len(rows),))

    def tried(rows: Matrix) -> bool:
        try:
            one, both = alone(rows[:1]), together(rows[[0, 0]])
        except Exception:  # whatever vmap says of other people's code, one by one is the answer
            return False
        size = np.abs(one).max(initial=0.0)
        return bool((np.abs(both - one) <= 1e-9 * size).all())

    def values(rows: Matrix) -> Matrix:
        if not works:
            works.append(len(rows) > 1 and tried(rows))
        if not works[0]:
            return alone(rows)
        parts = [together(rows[i:i + size]) for i in range(0, len(rows), size)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    return values


def _shaking(torch: Any, seed: int) -> Any:
    """A mode under which the floating result of every operation is moved, up or down, by a unit in its last place."""
    from torch.utils._python_dispatch import TorchDispatchMode
    generator = torch.Generator().manual_seed(seed)

    def moved(y: Any) -> Any:
        if not isinstance(y, torch.Tensor) or not (y.is_floating_point() or y.is_complex()):
            return y
        signs = torch.randint(0, 2, y.shape, generator=generator).to(y.device) * 2 - 1
        return (y * (1 + signs * torch.finfo(y.dtype).eps)).to(y.dtype)

    class Shaking(TorchDispatchMode):  # type: ignore[misc, no-untyped-call, unused-ignore]
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            result = func(*args, **(kwargs or {}))
            if any(r.alias_info is not None for r in func._schema.returns):
                return result  # a view, or written in place: moving it would part it from its storage
            return type(result)(map(moved, result)) if isinstance(result, tuple | list) else moved(result)

    mode: Any = Shaking
    return mode()


def _torch_pull(fun: TorchFunction, outputs: Layout) -> Callable[[Vector, Matrix], Matrix]:
    torch = fun.torch

    def graph(flat: Vector) -> tuple[list[Any], tuple[Any, ...]]:
        leaves = [leaf.requires_grad_() for leaf in fun.narrow(flat, fun.dtypes)]
        with torch.enable_grad():
            passed = [leaf.clone() for leaf in leaves]  # f may write to what it is given
            return leaves, as_tuple(guarded(lambda: fun.call(passed, wide=False)))

    def cotangents(ys: tuple[Any, ...], rows: Matrix) -> list[Any]:
        whole = torch.from_numpy(np.ascontiguousarray(rows)).to(fun.device)
        shaped = []
        for y, piece, c in zip(ys, outputs.pieces(whole), outputs.is_complex, strict=True):
            full = (len(rows), *y.shape)
            g = torch.view_as_complex(piece.reshape(*full, 2)) if c else piece.reshape(full)
            shaped.append(g.to(y.dtype))
        return shaped

    def pull(flat: Vector, rows: Matrix) -> Matrix:
        leaves, ys = graph(flat)
        live = [i for i, y in enumerate(ys) if y.requires_grad]
        if not live:
            return np.zeros((len(rows), fun.inputs.size))
        heads, all_rows = [ys[i] for i in live], cotangents(ys, rows)

        def back(gs: list[Any], batched: bool) -> Vector:
            grads = torch.autograd.grad(heads, leaves, gs, retain_graph=True, allow_unused=True,
                                        is_grads_batched=batched)
            lead = (len(rows),) if batched else ()
            return fun.flat([torch.zeros(lead + tuple(leaf.shape), dtype=leaf.dtype, device=leaf.device)
                             if g is None else g for g, leaf in zip(grads, leaves, strict=True)], lead)

        chosen = [all_rows[i] for i in live]
        if len(rows) >= BATCHED_ROWS:
            try:
                with _quiet(torch):
                    return back(chosen, True)
            except RuntimeError:
                pass  # a Function of one's own without a batching rule: one by one
        return np.stack([guarded(back, [g[k] for g in chosen], False, who="backward") for k in range(len(rows))])

    return pull


def _torch_push(fun: TorchFunction, outputs: Layout) -> Callable[[Vector, Vector], Vector]:
    def push(flat: Vector, v: Vector) -> Vector:
        primals, tangents = (tuple(fun.narrow(part, fun.dtypes)) for part in (flat, v))

        def function(*leaves: Any) -> tuple[Any, ...]:
            return as_tuple(fun.call(leaves, wide=False))

        with _quiet(fun.torch):
            return fun.flat(guarded(fun.torch.func.jvp, function, primals, tangents, who="forward mode")[1])

    return push


def jax_subject(f: Callable[..., Any], xs: Sequence[Any], *, order: int = 1) -> Differentiable:
    """A JAX function of arrays: claims by jax.vjp, tangents by jax.jvp, values row by row in float64 under x64.

    JAX pulls g back as gJ without a conjugate; both sides are conjugated here. Raises Unusable.
    """
    import jax
    import jax.numpy as jnp
    if not jax.config.jax_enable_x64:
        raise Unusable("JAX computes in float32 only; call jax.config.update('jax_enable_x64', True) first")
    given = [jnp.asarray(x) for x in xs]
    inputs = Layout.of(given, "input", single=len(given) == 1)
    x = inputs.pack([np.asarray(a) for a in given])
    function = _jax_gradient(jax, jnp, f) if order == 2 else lambda *leaves: as_tuple(f(*leaves))

    def wide(flat: Vector) -> tuple[Any, ...]:
        return tuple(guarded(function, *map(jnp.array, inputs.unpack(flat))))

    first = wide(x)
    outputs = settled_layout(first, lambda: wide(x), single=len(first) == 1)

    def value(flat: Vector) -> Vector:
        return outputs.pack([np.asarray(y) for y in wide(flat)])

    def own(flat: Vector) -> list[Any]:
        return [jnp.asarray(a, dtype=g.dtype) for a, g in zip(inputs.unpack(flat), given, strict=True)]

    def pull(flat: Vector, rows: Matrix) -> Matrix:
        ys, back = guarded(jax.vjp, function, *own(flat))
        def one(row: Vector) -> Vector:
            gs = tuple(jnp.conj(jnp.asarray(g, dtype=y.dtype)) for g, y in zip(outputs.unpack(row), ys, strict=True))
            return inputs.pack([np.conj(np.asarray(g)) for g in guarded(back, gs, who="backward")])
        return np.stack([one(np.ascontiguousarray(row)) for row in rows])

    def push(flat: Vector, v: Vector) -> Vector:
        tangents = guarded(jax.jvp, function, own(flat), own(v), who="forward mode")[1]
        return outputs.pack([np.asarray(t) for t in tangents])

    roundoff = max(float(jnp.finfo(g.dtype).eps) / 2 for g in given)
    return Differentiable(inputs, outputs, x, value, row_by_row(value, outputs.size), pull, push, roundoff)


def _jax_gradient(jax: Any, jnp: Any, f: Callable[..., Any]) -> Callable[..., tuple[Any, ...]]:
    """x -> Jᵀu for a fixed random u."""
    def gradient(*leaves: Any) -> tuple[Any, ...]:
        ys, back = jax.vjp(lambda *inner: as_tuple(f(*inner)), *leaves)
        rng = np.random.default_rng(0x6f32)
        return tuple(back(tuple(jnp.asarray(rng.standard_normal(y.shape), dtype=y.dtype) for y in ys)))
    return gradient
