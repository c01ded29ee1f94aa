"""Definitions that are no rules: no gradients determine their steps; and what can be held against them instead."""

from __future__ import annotations

import re

COMPARED = "a definition to compare with, not a rule"
SENTENCES = {
    "newton": f"newton is {COMPARED}: a step needs the Hessian, which no public class of optimizers is given; call "
              "fiducial.reference.optimizers.newton.step beside your own",
    "diagonal_newton": f"diagonal_newton is {COMPARED}: a step needs the Hessian's diagonal, which no public class of "
                       "optimizers is given; call fiducial.reference.optimizers.diagonal_newton.step beside your own",
    "sophia": f"sophia is {COMPARED}: its step needs an estimate of the Hessian's diagonal, which each class draws at "
              "random in its own way; call fiducial.reference.optimizers.sophia.step beside your own, with the same "
              "estimates",
    "noisy_sgd": "noisy_sgd adds noise of its own to every gradient, so that no gradients determine its path; without "
                 "the noise it can be certified: --rule sgd/plain --set eta=0.0 --set key=0",
    "polyak_sgd": "polyak_sgd steps by the value of the loss, and a plan holds gradients alone: there is no rule that "
                  "could be held against it",
}
ALSO = {"sophiag": "sophia", "sophiah": "sophia", "newtonmethod": "newton", "diagonalnewton": "diagonal_newton",
        "noisysgd": "noisy_sgd", "polyaksgd": "polyak_sgd"}


def sentence(name: str) -> str | None:
    """Why there is no rule of this name, though there is an algorithm; None for all other names."""
    word = re.split(r"[:.]", name)[-1].lower().replace("-", "_")
    return SENTENCES.get(ALSO.get(word.replace("_", ""), word))
