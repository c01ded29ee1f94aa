"""Weight normalization against its claims and torch's parametrization."""

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from fiducial.checks import weight_normalization as roots
from fiducial.checks.claims import Claim
from fiducial.checks.claims_of_maps import (
    follows_definition,
    gradient_follows_definition,
    gradient_is_the_derivative,
)
from fiducial.checks.evidence import Array, Status
from fiducial.checks.normalization import factors, real_arrays
from fiducial.reference.normalization import weight_norm
from fiducial.suites.bindings import Binding, Wrong, define_test, variant

SHAPE = st.shared(st.sampled_from(((2, 3), (3, 2), (1, 4), (2, 3, 2), (4, 2, 2, 2))), key="shape")
DRAWS: dict[str, Any] = {"v": real_arrays(SHAPE), "s": factors(SHAPE.map(lambda shape: shape[:1]))}
FOLLOWS, GRADIENT = follows_definition(weight_norm, **DRAWS), gradient_follows_definition(weight_norm, **DRAWS)
DERIVATIVE = gradient_is_the_derivative(examples=4, **DRAWS)
LENGTHS, SCALE = roots.lengths_are_given(**DRAWS), roots.direction_has_no_length(**DRAWS)
ORTHOGONAL = roots.gradient_is_orthogonal(**DRAWS)
CLAIMS = (FOLLOWS, GRADIENT, DERIVATIVE, LENGTHS, SCALE, ORTHOGONAL)


def _along(s: Array, v: Array) -> Array:
    return s.reshape(-1, *[1] * (v.ndim - 1))


def one_length(v: Array, s: Array) -> Array:
    """One length for the whole weight."""
    return np.asarray(_along(s, v) * v / np.sqrt((v**2).sum()))


def squared_length(v: Array, s: Array) -> Array:
    """v / ‖v‖²."""
    return np.asarray(_along(s, v) * v / (v**2).sum(axis=tuple(range(1, v.ndim)), keepdims=True))


def constant_length(v: Array, s: Array, g: Array) -> Any:
    """∂L/∂v = s g / ‖v‖."""
    length = np.sqrt((v**2).sum(axis=tuple(range(1, v.ndim)), keepdims=True))
    return weight_norm.backward(v, s, g)._replace(v=_along(s, v) / length * g)


def undirected(v: Array, s: Array, g: Array) -> Any:
    """∂L/∂s = Σ g v."""
    return weight_norm.backward(v, s, g)._replace(s=(g * v).reshape(len(v), -1).sum(axis=1))


class TorchWeightNorm:
    """torch's parametrization, on a linear layer or a convolution."""

    def _weight(self, v: Array, s: Array) -> Any:
        import torch

        holder = torch.nn.Module()
        holder.register_parameter("weight", torch.nn.Parameter(torch.tensor(v)))
        holder = torch.nn.utils.parametrizations.weight_norm(holder, "weight", dim=0)
        lists = holder.parametrizations["weight"]
        with torch.no_grad():
            lists.original0.copy_(torch.tensor(_along(s, v)))
        return holder.weight, lists

    def forward(self, v: Array, s: Array) -> Array:
        """The weight that the layer uses."""
        return np.asarray(self._weight(v, s)[0].detach())

    def backward(self, v: Array, s: Array, g: Array) -> dict[str, Array]:
        """By autograd."""
        import torch

        weight, lists = self._weight(v, s)
        weight.backward(torch.tensor(g))
        return {"v": lists.original1.grad.numpy(), "s": lists.original0.grad.numpy().reshape(-1)}


BINDING = Binding(
    row="RMS norm, weight norm, spectral norm", section=4, definition=weight_norm, claims=CLAIMS,
    wrong=[Wrong(variant(weight_norm, forward=one_length), by=FOLLOWS),
           Wrong(variant(weight_norm, backward=undirected), by=GRADIENT),
           Wrong(variant(weight_norm, backward=constant_length), by=DERIVATIVE),
           Wrong(variant(weight_norm, forward=one_length), by=LENGTHS),
           Wrong(variant(weight_norm, forward=squared_length), by=SCALE),
           Wrong(variant(weight_norm, backward=constant_length), by=ORTHOGONAL)])
test_weight_norm = define_test(BINDING)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_torchs_parametrization_keeps_the_same_claims(claim: Claim) -> None:
    pytest.importorskip("torch")
    evidence = claim.examine(TorchWeightNorm())
    assert evidence.status is Status.PASSED, evidence
