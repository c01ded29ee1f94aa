"""Critical points: the second derivative test on Hessians whose eigenvalues are known, and what is refused."""

import numpy as np
import pytest

from fiducial.reference.objectives._critical import critical, second_derivative_test

TURN = np.array([[0.6, -0.8], [0.8, 0.6]])


@pytest.mark.parametrize(("bends", "kind"), [
    ((1.0, 3.0), "local minimum"), ((-1.0, -0.1), "local maximum"), ((-1.0, 2.0), "saddle"), ((0.0, 2.0), "degenerate"),
    ((0.0, -2.0), "degenerate"), ((0.0, 0.0), "degenerate"),
])
def test_the_signs_of_the_eigenvalues_decide(bends: tuple[float, float], kind: str) -> None:
    assert second_derivative_test(np.diag(bends)) == kind
    assert second_derivative_test(TURN @ np.diag(bends) @ TURN.T, tolerance=1e-12) == kind


def test_an_unknown_kind_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError) as raised:
        critical(np.zeros(1), np.float64(0), "inflexion")
    assert str(raised.value) == "kind must be one of minimum, local minimum, local maximum, saddle, got 'inflexion'"
