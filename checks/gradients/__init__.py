"""Is this gradient right? Values with error bars, verdicts beyond right and wrong, and one line for anybody's pytest.

    assert_gradient(f, x)                        torch function, Function.apply, Module, or JAX function
    assert_gradient(f, x, backward=backward)     NumPy function, backward(x, g) -> cotangent of x

In reading order: subject (what is judged), differences, complex_steps, second_derivatives, directions, jacobians,
diagnosis, verdicts, explanation, checking.
"""

from fiducial.checks.gradients.checking import assert_gradient, check_gradient, dot_product_test
from fiducial.checks.gradients.complex_steps import complex_step
from fiducial.checks.gradients.differences import Estimate, derivative
from fiducial.checks.gradients.directions import escape_probability
from fiducial.checks.gradients.jacobians import jacobian
from fiducial.checks.gradients.second_derivatives import second_derivative
from fiducial.checks.gradients.subject import Unusable
from fiducial.checks.gradients.verdicts import Failure, Report, Verdict

__all__ = ["Estimate", "Failure", "Report", "Unusable", "Verdict", "assert_gradient", "check_gradient", "complex_step",
           "derivative", "dot_product_test", "escape_probability", "jacobian", "second_derivative"]
