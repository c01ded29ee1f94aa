"""torch functions and modules as the claims call them: NumPy arrays in and out, gradients by autograd."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fiducial.checks.adapters.callings import Adapted, CallingMap, Sample, called
from fiducial.checks.claims import Raised, Refused
from fiducial.checks.evidence import Array


def tensor(x: Array) -> Tensor:
    """A tensor over the same memory, strides and all."""
    return torch.from_numpy(x if x.flags.writeable else x.copy())


def array(t: Any) -> Any:
    """A tensor as an array; anything else as it is."""
    return t.detach().numpy() if isinstance(t, Tensor) else t


def is_module(thing: Any) -> bool:
    """Whether a thing builds torch modules."""
    return inspect.isclass(thing) and issubclass(thing, torch.nn.Module)


class TorchMap(Adapted[CallingMap]):
    """A torch function, or a module class that is built for each sample.

    settings  keywords that the call fixes: they go to the function, or to the constructor
    """

    dtypes = ("float64", "float32")

    def forward(self, **sample: Any) -> Any:
        """The values, without a graph."""
        with torch.no_grad():
            found = self._evaluate(sample, {})[0]
        if not isinstance(found, Tensor | np.ndarray | float | int):
            raise Raised(f"it returned {type(found).__name__}, and one tensor is expected")
        return array(found)

    def backward(self, g: Array, **sample: Any) -> dict[str, Array]:
        """The gradients of every argument that is data, by autograd."""
        leaves: dict[str, Tensor] = {name: tensor(value).requires_grad_() for name, value in sample.items()
                                     if isinstance(value, np.ndarray) and value.dtype.kind == "f"
                                     and name not in self._calling.buffers}
        y, leaves = self._evaluate(sample, leaves)
        if not isinstance(y, Tensor) or not y.requires_grad:
            return {name: np.zeros(leaf.shape) for name, leaf in leaves.items()}
        names = [name for name, leaf in leaves.items() if leaf.requires_grad]
        found = called(torch.autograd.grad, y, [leaves[name] for name in names], tensor(np.asarray(g)).to(y.dtype),
                       allow_unused=True)
        return {name: np.zeros(leaves[name].shape) if grad is None else array(grad)
                for name, grad in zip(names, found, strict=True)}

    def _evaluate(self, sample: Sample, leaves: dict[str, Tensor]) -> tuple[Any, dict[str, Tensor]]:
        """The output, and the tensors that gradients are asked for: a module's are its own parameters."""
        given = {name: leaves.get(name, tensor(v) if isinstance(v, np.ndarray) else v) for name, v in sample.items()}
        if self.in_place:
            given = {name: v.clone() if isinstance(v, Tensor) else v for name, v in given.items()}
        if is_module(self._thing):
            module, held = self._built(sample)
            first = [given[name] for name in self._calling.positional if name in given and name not in held]
            return called(module, *first), {**leaves, **{name: held[name] for name in leaves if name in held}}
        first_names = [name for name in self._calling.positional if name in given]
        told = self._told(given, sample, [name for name in given if name not in first_names])
        words = self._words(told, "forward", beside={**self._sized(sample), **self._fixed()})
        return called(self._thing, *[given[name] for name in first_names], **words), leaves

    def _told(self, given: Sample, sample: Sample, names: list[str]) -> dict[str, Any]:
        """Options as the subject is told them."""
        own = self._calling.options
        return {name: own[name](given[name], sample) if name in own else given[name] for name in names}

    def _fixed(self) -> dict[str, Any]:
        """What the rule gives every subject that takes it."""
        return {name: value for name, value in self._calling.keywords.items() if name in self._signature.keywords}

    def _sized(self, sample: Sample) -> dict[str, Any]:
        """What follows from the shapes of a sample, where the subject takes it."""
        return {word: size(sample) for word, size in self._calling.sizes.items() if word in self._signature.keywords}

    def _built(self, sample: Sample) -> tuple[torch.nn.Module, dict[str, Tensor]]:
        """A module with the sample's options and parameters, and those parameters by argument."""
        kept = {**self._calling.parameters, **self._calling.buffers}
        data = [name for name in self._calling.positional if name in sample and name not in kept]
        told = self._told(sample, sample, [n for n in sample if n not in data and n not in kept])
        words = self._words(told, "forward", beside={**self._sized(sample), **self._fixed()})
        module: torch.nn.Module = called(self._thing, **words)
        dtype = next((v.dtype for v in sample.values() if isinstance(v, np.ndarray) and v.dtype.kind == "f"), None)
        module = module.to(torch.float32 if dtype == np.float32 else torch.float64).train(self._calling.training)
        return module, {name: found for name in kept if name in sample
                        and (found := self._set(module, kept[name], sample[name], name)) is not None}

    def _set(self, module: torch.nn.Module, attributes: tuple[str, ...], value: Any, name: str) -> Tensor | None:
        """Write a sample's array into a module's parameter or buffer."""
        held = next((t for a in attributes if isinstance(t := getattr(module, a, None), Tensor)), None)
        if value is None and held is None:
            return None
        if held is None or value is None:
            raise Refused(f"{self.title} keeps no {name} of its own" if held is None
                          else f"{self.title} always has {name}")
        with torch.no_grad():
            held.copy_(tensor(value).reshape(held.shape))
        return held
