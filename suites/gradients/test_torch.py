"""torch functions, Functions and modules, in every dtype; JAX where it is installed."""

from typing import Any

import numpy as np
import pytest
import torch

from fiducial.checks.gradients import Verdict, assert_gradient, check_gradient, dot_product_test


def inputs(*shape: int, dtype: Any = torch.float64, seed: Any = 0) -> Any:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)).to(dtype)


class Cube(torch.autograd.Function):
    """x³ with a backward whose factor can be set wrong."""

    factor = 3.0

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return Cube.factor * g * x**2


def test_a_function_in_one_line() -> None:
    assert_gradient(lambda x: torch.softmax(x, -1), inputs(4, 6))


def test_an_autograd_function_right_and_wrong(monkeypatch: Any) -> None:
    assert_gradient(Cube.apply, inputs(5))
    monkeypatch.setattr(Cube, "factor", 2.0)
    with pytest.raises(AssertionError, match=r"off by the factor 0\.6666667"):
        assert_gradient(Cube.apply, inputs(5))


def test_a_module_with_its_parameters_and_buffers() -> None:
    torch.manual_seed(1)
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Tanh()).double()
    before = {k: v.clone() for k, v in module.state_dict().items()}
    assert_gradient(module, inputs(6, 3))
    assert all(torch.equal(v, before[k]) for k, v in module.state_dict().items())
    assert all(p.grad is None for p in module.parameters())


def test_a_wrong_parameter_is_named() -> None:
    class Scaled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gain = torch.nn.Parameter(torch.tensor([1.5, -0.5], dtype=torch.float64))

        def forward(self, x: Any) -> Any:
            return x * (self.gain + self.gain.detach())

    report = check_gradient(Scaled(), inputs(3, 2))
    assert report.verdict is Verdict.WRONG
    assert report.failures[0].input == "gain"


def test_a_detached_graph_is_rejected() -> None:
    report = check_gradient(lambda x: torch.sin(x.detach()), inputs(4))
    assert report.reason == "the analytic gradient is zero; is the graph detached?"
    assert check_gradient(lambda x: x.sin() + x.cos().detach(), inputs(4)).verdict is Verdict.WRONG


def test_dropout_is_not_deterministic() -> None:
    report = check_gradient(torch.nn.Dropout(0.5), inputs(40))
    assert "not deterministic" in report.reason


def test_relu_at_zero_and_beside_it() -> None:
    assert check_gradient(torch.relu, torch.zeros(3, dtype=torch.float64)).verdict is Verdict.KINK
    assert_gradient(torch.relu, inputs(30))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize(("factor", "right"), [(1.0, True), (3.0, False), (-1.0, False)])
def test_narrow_dtypes(dtype: Any, factor: Any, right: Any) -> None:
    def f(x: Any) -> Any:
        y = torch.nn.functional.layer_norm(x, (16,))
        return y * factor + (y * (1 - factor)).detach()

    report = check_gradient(f, inputs(8, 16, dtype=dtype))
    assert report.holds == right, str(report)


def test_complex_second_order_and_forward_mode() -> None:
    assert_gradient(lambda z: z**2 * z.conj(), inputs(4, dtype=torch.complex128) * (1 + 0.5j))
    assert_gradient(lambda x: torch.softmax(x, -1), inputs(3, 4), order=2)
    assert_gradient(Cube.apply, inputs(3), order=2)
    assert_gradient(lambda x: torch.tanh(x), inputs(3, 4), forward=True)
    assert dot_product_test(lambda x: torch.tanh(x), inputs(3, 4)).holds


def test_a_wrong_second_backward_is_found() -> None:
    class Once(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 3 * g * (x * x.detach())

    assert_gradient(Once.apply, inputs(4))
    assert check_gradient(Once.apply, inputs(4), order=2).verdict is Verdict.WRONG


def test_several_outputs_and_inputs() -> None:
    assert_gradient(lambda a, b: (a @ b, (a * a).sum()), inputs(3, 4), inputs(4, 2, seed=1))


def test_a_large_sparse_jacobian_takes_few_columns() -> None:
    report = check_gradient(lambda x: torch.softmax(x, -1), inputs(32, 32), method="jacobian")
    assert report.holds
    assert report.columns == 32
    assert report.gap.sample["bar"] <= 1e-10


def test_what_the_compressed_jacobian_leaves_out_is_seen() -> None:
    class Forgets(torch.autograd.Function):
        @staticmethod
        def forward(x: Any) -> Any:
            return torch.sin(x) + 1e-3 * torch.roll(x, 1, 0)

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> Any:
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * torch.cos(ctx.saved_tensors[0])

    assert check_gradient(Forgets.apply, inputs(64, 2), method="jacobian").verdict is Verdict.WRONG


def test_jax() -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    jax.config.update("jax_enable_x64", True)
    x = jax.numpy.asarray(np.random.default_rng(0).standard_normal((3, 4)))
    assert_gradient(lambda x: jax.nn.softmax(x), x, forward=True)
    assert_gradient(lambda z: z**2 * jax.numpy.conj(z), x * (1 + 0.5j))
    assert_gradient(lambda x: jax.nn.softmax(x), x, order=2)
