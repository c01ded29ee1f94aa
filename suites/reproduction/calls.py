"""A call of a public callable as Python: arrays with their dtype and their layout, modules with what they keep."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from fiducial.checks.evidence import Array
from fiducial.suites.reproduction.program import Unwritable, call, indented, literal
from fiducial.suites.reproduction.witness import Call, Native

MANY = 16  # numbers; more of them that are all equal are not written out
GRADIENTS = ("backward", "train_with_gradient")


def array_source(x: Array) -> str:
    """A NumPy array as Python, laid out in memory as it is."""
    dtype = "" if x.dtype in (np.float64, np.int64, np.bool_) and x.size else f", dtype=np.{x.dtype.name}"
    if x.size and not _even(x):
        plain = f"np.array({literal(x)}{dtype})"
    else:
        plain = f"np.full({literal(x.shape)}, {literal(x.flat[0] if x.size else 0)}{dtype})"
    if x.flags.c_contiguous:
        return plain
    if x.flags.f_contiguous:
        return f"np.asfortranarray({plain})"
    return f"np.repeat({plain}, 2, axis=-1)[..., ::2]"


def _even(x: Array) -> bool:
    """Whether an array holds one number many times."""
    return bool(x.size > MANY and (x == x.flat[0]).all())


def tensor_source(x: Array) -> str:
    """The same as a torch tensor."""
    dtype = {"float64": ", dtype=torch.float64", "float32": ", dtype=torch.float32"}.get(x.dtype.name, "")
    if x.size and not _even(x):
        plain = f"torch.tensor({literal(x)}{dtype})"
    else:
        plain = f"torch.full({literal(x.shape)}, {literal(x.flat[0] if x.size else 0)}{dtype})"
    if x.flags.c_contiguous:
        return plain
    if x.flags.f_contiguous:
        turn = literal(tuple(range(x.ndim))[::-1])
        return f"{plain}.permute({turn}).contiguous().permute({turn})"
    return f"{plain}.repeat_interleave(2, -1)[..., ::2]"


def _source(value: Any) -> str:
    """An argument: a tensor, an array, or what has a literal."""
    if hasattr(value, "detach"):
        return tensor_source(value.detach().numpy())
    return array_source(value) if isinstance(value, np.ndarray) else literal(value)


def lines(made: Call, subject: Any) -> list[str]:
    """The call, whose result is `y`."""
    kind = type(subject).__name__
    if kind == "TorchSchedule":
        return _scheduled(made)
    if kind == "TorchInitializer":
        return _filled(made)
    if kind == "TorchClip":
        return _clipped(made)
    if kind in ("TorchMap", "TorchRandomMap"):
        return _mapped(made)
    return _plain(made, subject, kind)


def _plain(made: Call, subject: Any, kind: str) -> list[str]:
    """A NumPy function, or an object with several."""
    args, kwargs = made.args, made.kwargs
    name = f"Subject.{made.name}"
    if kind == "NumpyMap":
        args, kwargs = made.native[0].args, made.native[0].kwargs
        name = name if getattr(subject, "_backward", None) is not None else "Subject"
    given = [_source(a) for a in args] if made.name != "clip" else [
        "[" + ", ".join(_source(g) for g in args[0]) + "]", *(_source(a) for a in args[1:])]
    words = [f"{word}={_source(value)}" for word, value in kwargs.items()]
    return [f"y = {name}({', '.join([*given, *words])})"]


def _mapped(made: Call) -> list[str]:
    """A torch function or module, with its gradients where they were asked for."""
    if len(made.native) != 1:
        raise Unwritable("one call became several")
    native = made.native[0]
    body, leaves = [], []
    given = []
    for i, value in enumerate(native.args):
        source = _source(value)
        if made.name in GRADIENTS and getattr(value, "requires_grad", False):
            body.append(f"x{i} = {source}.requires_grad_()")
            leaves.append(f"x{i}")
            source = f"x{i}"
        given.append(source)
    body += _module(native) if native.made is not None else []
    words = [f"{word}={_source(value)}" for word, value in native.kwargs.items()]
    function = "Subject" if native.made is None else "module"
    body.append(f"y = {function}({', '.join([*given, *words])})")
    if made.name == "backward":
        wanted = leaves if native.made is None else [*leaves, *(f"module.{n}" for n in _parameters(native))]
        cotangent = tensor_source(made.kwargs["g"])
        body.append(f"grads = torch.autograd.grad(y, [{', '.join(wanted)}], {cotangent}.to(y.dtype))")
    if made.name == "train_with_gradient":
        body.append(f"dx, = torch.autograd.grad(y, [{leaves[0]}], {tensor_source(made.args[1])}); y = y.detach()")
    return body


def _filled(made: Call) -> list[str]:
    """A tensor filled in place, or returned."""
    return [f"x = torch.full({literal(tuple(made.args[0]))}, torch.nan, dtype=torch.float64)",
            f"y = {call('Subject', 'x', made.native[0].kwargs)}", "y = y if isinstance(y, torch.Tensor) else x"]


def seeded_lines(made: Call, subject: Any) -> tuple[list[str], list[str]]:
    """Seeds, and one draw, which is `y` (and `dx`)."""
    if hasattr(subject, "_thing"):
        return ["torch.manual_seed(0)"], lines(made, subject)
    body = _plain(replace(made, kwargs={n: v for n, v in made.kwargs.items() if n != "rng"}), subject, "")
    body[-1] = body[-1].removesuffix(")") + ", rng=rng)"
    if made.name == "train_with_gradient":
        body[-1] = body[-1].replace("y = ", "y, dx = ", 1)
    return ["rng = np.random.default_rng(0)"], body


def _parameters(native: Native) -> list[str]:
    return [name for name, value in native.kept.items() if "." not in name and not name.startswith("running")
            and value.is_floating_point()]


def _module(native: Native) -> list[str]:
    """A module built and filled."""
    assert native.made is not None
    args, kwargs = native.made
    words = [*(literal(a) for a in args), *(f"{name}={literal(value)}" for name, value in kwargs.items())]
    narrow = any(str(v.dtype) == "torch.float32" for v in native.kept.values())
    lines = [f"module = Subject({', '.join(words)}).{'float' if narrow else 'double'}().train({native.training})"]
    if native.kept:
        kept = ", ".join(f"{name!r}: {_source(value)}" for name, value in native.kept.items())
        lines.append(f"module.load_state_dict({{{kept}}})")
    return lines


def part(made: Call, which: str | int | None, subject: Any) -> str:
    """The part of a result that is compared."""
    kind = type(subject).__name__
    if kind == "TorchClip":
        return "norm" if which == "norm" else f"ps[{which}].grad"
    if made.name == "clip":
        return "y[1]" if which == "norm" else f"y[0][{which}]"
    if which is None:
        return "y" if made.name != "forward" or kind == "TorchMap" else "np.asarray(y)"
    if kind == "TorchMap":
        return f"grads[{_position(made, str(which), subject)}]"
    if hasattr(made.result, "_asdict"):
        return f"np.asarray(y.{which})"
    several = isinstance(made.result, dict) and kind != "NumpyMap"
    return f"np.asarray(y[{which!r}])" if several else "np.asarray(y)"


def _position(made: Call, name: str, subject: Any) -> int:
    """Where the gradient of an argument stands among those that the script takes."""
    native, calling = made.native[0], subject._calling
    given = [n for n in calling.positional if n in made.kwargs]
    if native.made is not None and name in calling.parameters:
        data = sum(1 for value in native.args if getattr(value, "requires_grad", False))
        attribute = next(a for a in calling.parameters[name] if a in native.kept)
        return data + _parameters(native).index(attribute)
    leaves = [n for n, value in zip(given, native.args, strict=False) if getattr(value, "requires_grad", False)]
    if name not in leaves:
        raise Unwritable("the gradient is of a keyword")
    return leaves.index(name)


def _scheduled(made: Call) -> list[str]:
    """A scheduler over an SGD with one parameter; a saved one goes on in a fresh one."""
    words = made.native[0].kwargs
    at = made.kwargs.get("at")
    base = literal(made.kwargs["base"])
    key = "momentum" if made.name == "momenta" else "lr"
    resumed = [f"if k == {at}:", "    saved = optimizer.state_dict(), scheduler.state_dict()",
               "    optimizer, scheduler = build()",
               "    optimizer.load_state_dict(saved[0]); scheduler.load_state_dict(saved[1])"] if at is not None else []
    return ["def build():", "    p = torch.nn.Parameter(torch.zeros((), dtype=torch.float64))",
            "    p.grad = torch.zeros_like(p)", f"    optimizer = torch.optim.SGD([p], lr={base}, momentum=0.9)",
            f"    return optimizer, {call('Subject', 'optimizer', words)}", "optimizer, scheduler = build()",
            f"y = [optimizer.param_groups[0]['{key}']]", f"for k in range({made.args[0]}):",
            *indented([*resumed, "optimizer.step(); scheduler.step()",
                       f"y.append(optimizer.param_groups[0]['{key}'])"])]


def _clipped(made: Call) -> list[str]:
    """Gradients in parameters, clipped in place."""
    gradients = ", ".join(tensor_source(np.asarray(g)) for g in made.args[0])
    return [f"gradients = [{gradients}]", "ps = [torch.nn.Parameter(torch.zeros_like(g)) for g in gradients]",
            "for p, g in zip(ps, gradients): p.grad = g", f"norm = {call('Subject', 'ps', made.native[0].kwargs)}"]

