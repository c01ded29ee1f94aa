"""Imported by the fork server, so that every subject's process starts with the framework and the harness in memory.

The first optimizer of a torch process imports its compiler, which takes as long as torch itself: one is stepped here.
A framework that is absent or broken is left to the subject's own process, where it becomes a sentence.
"""

from __future__ import annotations

import contextlib

with contextlib.suppress(Exception):
    import torch

    torch.set_num_threads(1)
    _weight = torch.nn.Parameter(torch.zeros(1))
    _weight.grad = torch.zeros(1)
    torch.optim.SGD([_weight]).step()

with contextlib.suppress(ImportError):
    import fiducial.suites.enclosure
    import fiducial.suites.lanes
    import fiducial.suites.worker  # noqa: F401
