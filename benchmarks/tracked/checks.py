"""The checks, family by family, on torch's AdamW in this process; and the claims about a map on their definition."""

from __future__ import annotations

from typing import Any

FAMILIES = ("construction", "rule", "gradient", "closure", "state", "groups", "hooks", "behaviour", "resources",
            "dtype")
MAPS = ("softmax", "gelu", "cross_entropy", "layer_norm", "conv2d")


class OfAnOptimizer:
    """Every check of a family at level quick; the draws and runs that they share are made anew."""

    params = FAMILIES
    param_names = ("family",)
    timeout = 120
    number = 1

    def setup(self, family: str) -> None:
        """Load the subject. The seed is another each time, so that nothing is remembered."""
        try:
            import torch
        except ImportError as absent:
            raise NotImplementedError("torch is not installed") from absent
        from fiducial.suites.jobs import Job
        from fiducial.suites.worker import load

        torch.set_num_threads(1)
        self.seed = getattr(self, "seed", 0) + 1
        self.job = Job(subject="torch.optim:AdamW", level="quick", seed=self.seed)
        self.ids = [check.id for check in load(self.job).checks
                    if check.reason is None and check.id.startswith(f"{family}.")]

    def time_family(self, family: str) -> None:
        """Seconds of the family."""
        from fiducial.suites.worker import judge

        for check in self.ids:
            judge(self.job, check)


class OfAMap:
    """Every claim about a map, on the definition itself, on five drawn samples each."""

    params = MAPS
    param_names = ("definition",)
    timeout = 120
    number = 1

    def setup(self, name: str) -> None:
        """Draw the samples."""
        from hypothesis.strategies import fixed_dictionaries

        from fiducial.checks.engine import draw
        from fiducial.suites.rules import registry

        rule: Any = registry.find(name)
        self.definition = rule.definition
        self.claims = [(claim, draw(fixed_dictionaries(dict(claim.samples)), 5, 0)) for claim in rule.claims
                       if "float32" not in claim.id]  # the definition itself takes float64 alone

    def time_claims(self, name: str) -> None:
        """Seconds of all claims on their samples."""
        for claim, samples in self.claims:
            for sample in samples:
                claim(self.definition, **sample)
