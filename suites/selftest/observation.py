"""Observation: everything that can be seen of an optimizer over many scenes, and the first thing that two differ in.

Seen are parameters, every state tensor with its dtype and shape, `.grad` after the step, the options of the groups,
what step() returns, how often the closure ran and whether autograd was on, what shares memory with what, which
generators moved, and what was raised.
"""

from __future__ import annotations

import copy
import functools
import random
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from fiducial.suites.selftest.scenes import Scene, Tensor, scenes

SCENES = 400
RAISED = "raised"
ROUNDING = {"float64": 1e-11, "complex128": 1e-11, "float32": 2e-4, "bfloat16": 0.1}  # of the largest number near by
Sight = tuple[str, Any]  # what was looked at, and what was seen


def difference(original: Any, other: Any, count: int = SCENES, *, refusals: bool = True) -> str | None:
    """The first thing in which two classes differ beyond rounding, in words; None where nothing is found.

    What the original raises on says nothing: it does not take that. Without `refusals`, nor does what the other does.
    """
    for index, scene in enumerate(drawn(original, count)):
        before = seen_of_original(original, index, count)
        after = seen(other, scene)
        if after[-1][0] == RAISED and not refusals:
            before, after = before[:len(after) - 1], after[:-1]
        if before and before[-1][0] == RAISED:
            before, after = before[:-1], after[:len(before) - 1]
        found = apart(before, after, ROUNDING[scene.dtype])
        if found is not None:
            return f"scene {index}: {found}"
    return None


@functools.lru_cache(maxsize=20)
def drawn(kind: Any, count: int) -> list[Scene]:
    """The scenes of a class, drawn once."""
    return list(scenes(kind, count))


@functools.lru_cache(maxsize=20 * SCENES)
def seen_of_original(kind: Any, index: int, count: int) -> list[Sight]:
    """What is seen of an original, which many mutants are held against."""
    return seen(kind, drawn(kind, count)[index])


def apart(one: Sequence[Sight], other: Sequence[Sight], rounding: float) -> str | None:
    """The first sight that differs, in words."""
    for (what, a), (also, b) in zip(one, other, strict=False):
        if what != also:
            return f"{what} against {also}"
        if not _alike(a, b, rounding):
            return f"{what}: {_spoken(a)} against {_spoken(b)}"
    return None if len(one) == len(other) else "one ends before the other"


def _alike(a: Any, b: Any, rounding: float) -> bool:
    if not isinstance(a, np.ndarray):
        return bool(a == b or (a != a and b != b))
    if not isinstance(b, np.ndarray) or a.shape != b.shape or a.dtype != b.dtype:
        return False
    with np.errstate(all="ignore"):
        near = rounding * np.maximum(np.abs(a), np.abs(a[np.isfinite(a)]).max(initial=0.0))
        same = (a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= near)
    return bool(same.all())


def _spoken(value: Any) -> str:
    text = str(value.ravel()[:4].tolist()) if isinstance(value, np.ndarray) else str(value)
    return text if len(text) < 90 else f"{text[:90]}…"


def seen(kind: type[Any], scene: Scene) -> list[Sight]:
    """What is seen of one class in one scene."""
    sights: list[Sight] = []
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002  # the global generators are watched
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            sights.extend(_Run(kind, scene).sights())
        except Exception as error:
            sights.append((RAISED, type(error).__name__))
    return sights


class _Run:
    """One scene in course."""

    def __init__(self, kind: type[Any], scene: Scene) -> None:
        import torch

        torch.manual_seed(1)
        self.torch, self.kind, self.scene = torch, kind, scene
        self.parameters = [[torch.nn.Parameter(self._laid(t.start, t.form)) for t in tensors]
                           for _, tensors in scene.groups]
        self.calls: list[bool] = []

    def sights(self) -> Iterator[Sight]:
        """Everything, as it comes."""
        self.optimizer = self._built(self.parameters)
        for k in range(self.scene.steps):
            self._before(k)
            held = [(p, p.data_ptr(), p.grad) for group in self.parameters for p in group]
            self.calls.clear()
            returned = self.optimizer.step(self._closure(k)) if self.scene.closure else self.optimizer.step()
            yield f"return of step {k + 1}", float(returned) if hasattr(returned, "item") else returned
            yield f"closure in step {k + 1}", str(self.calls)
            for index, (p, pointer, gradient) in enumerate(held):
                where = f"parameter {index} after step {k + 1}"
                yield where, _array(p)
                yield f"gradient of {where}", None if p.grad is None else _array(p.grad)
                yield f"memory of {where}", (p.data_ptr() == pointer, self.scene.closure or p.grad is gradient)
                yield from self._state(p, where)
            yield f"options after step {k + 1}", str([_plain(group) for group in self.optimizer.param_groups])
        yield from self._generators()

    def _built(self, parameters: list[list[Any]], joined: bool = False) -> Any:
        specs = [{"params": ps, **options} for (options, _), ps in zip(self.scene.groups, parameters, strict=True)]
        return self.kind(specs if joined or not self.scene.joins else specs[:-1], **self.scene.common)

    def _before(self, k: int) -> None:
        """What happens before a step: a copy, a new group, other options, gradients."""
        if k and k == self.scene.joins:
            self.optimizer.add_param_group({"params": self.parameters[-1], **self.scene.groups[-1][0]})
        self.optimizer.param_groups[0].update(self.scene.changes.get(k, {}))
        if (how := self.scene.copies.get(k)) == "deepcopy":
            self.optimizer, self.parameters = copy.deepcopy((self.optimizer, self.parameters))
        elif how is not None:
            fresh = [[self.torch.nn.Parameter(p.detach().clone()) for p in group] for group in self.parameters]
            other = self._built(fresh, joined=k >= self.scene.joins)
            other.load_state_dict(copy.deepcopy(self.optimizer.state_dict()))
            self.optimizer, self.parameters = other, fresh
        self._give(k, only=not self.scene.closure)

    def _give(self, k: int, only: bool) -> None:
        """The gradients of a step, or none yet."""
        for (_, tensors), ps in zip(self.scene.groups, self.parameters, strict=True):
            for tensor, p in zip(tensors, ps, strict=True):
                p.grad = self._gradient(tensor, p, k) if only else None

    def _gradient(self, tensor: Tensor, p: Any, k: int) -> Any:
        if tensor.gradients[k] is None:
            return None
        laid = self._laid(tensor.gradients[k], tensor.gradient_form)
        if self.kind.__name__ == "LBFGS":  # a slope that follows the parameter, and ends in a minimum
            return laid * 1e-3 + p.detach()
        return self._sparse(laid, k) if self.kind.__name__ == "SparseAdam" and p.dim() else laid

    def _sparse(self, laid: Any, k: int) -> Any:
        sparse = laid.to_sparse(1)
        if k % 2 == 0:
            return sparse
        return self.torch.sparse_coo_tensor(self.torch.cat([sparse._indices()] * 2, 1),
                                            self.torch.cat([sparse._values() / 2] * 2), laid.shape)

    def _closure(self, k: int) -> Any:
        def closure() -> Any:
            self.calls.append(self.torch.is_grad_enabled())
            self._give(k, only=True)
            sizes = [float((p.detach().abs() ** 2).sum()) for group in self.parameters for p in group]
            return self.torch.tensor(0.5 * sum(sizes) + k, dtype=self.torch.float64)

        return closure

    def _state(self, p: Any, where: str) -> Iterator[Sight]:
        kept = self.optimizer.state.get(p, {})
        yield f"state of {where}", str(sorted(str(name) for name in kept))
        for name, value in sorted(kept.items(), key=lambda item: str(item[0])):
            if isinstance(value, self.torch.Tensor):
                owners = [other for other in (p, p.grad) if other is not None and not other.is_sparse]
                yield f"{name} of {where}", _array(value)
                yield f"kind of {name} of {where}", (str(value.dtype), value.stride() == p.stride(), any(
                    value.untyped_storage().data_ptr() == o.untyped_storage().data_ptr() != 0 for o in owners))
            elif isinstance(value, int | float):
                yield f"{name} of {where}", np.asarray(float(value))

    def _generators(self) -> Iterator[Sight]:
        yield "torch's generator", int(self.torch.randint(10**9, ()))
        yield "numpy's generator", int(np.random.randint(10**9))  # noqa: NPY002
        yield "random's generator", random.random()

    def _laid(self, numbers: Any, form: str) -> Any:
        """Numbers as a tensor of the scene's dtype, laid out in memory as told."""
        plain = self.torch.tensor(np.asarray(numbers), dtype=getattr(self.torch, self.scene.dtype))
        if form == "transposed" and plain.dim() > 1:
            return plain.transpose(0, -1).contiguous().transpose(0, -1)
        if form == "strided" and plain.dim() > 0:
            return self.torch.stack([plain, plain], -1)[..., 0]
        return plain


def _array(tensor: Any) -> Any:
    """A tensor's numbers."""
    tensor = tensor.detach()
    tensor = tensor.to_dense() if tensor.is_sparse else tensor
    return np.array((tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy())


def _plain(group: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted((name, value) for name, value in group.items() if name != "params")
