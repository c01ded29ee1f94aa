"""What a user waits for: importing the package, asking for help, certifying a class from the shell."""

from __future__ import annotations

import subprocess
import sys

QUICK = ["certify", "--level", "quick", "--jobs", "2"]


def run(*words: str) -> None:
    """A Python process that must end well, or with a verdict."""
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)


class FromTheShell:
    """Whole processes."""

    number = 1
    timeout = 300

    def time_import(self) -> None:
        """Seconds of `import fiducial`, the interpreter's start included."""
        run("-c", "import fiducial")

    def time_help(self) -> None:
        """Seconds of `fiducial --help`."""
        run("-m", "fiducial", "--help")

    def time_list_rules(self) -> None:
        """Seconds of `fiducial list rules`."""
        run("-m", "fiducial", "list", "rules")


class Certify:
    """Level quick, in processes of their own; the growth with the number of subjects is linear."""

    params = ("torch.optim:SGD", "torch.optim:AdamW", "torch.optim:SGD torch.optim:AdamW",
              "torch.nn.functional:softmax")
    param_names = ("subjects",)
    number = 1
    warmup_time = 0
    timeout = 300

    def setup(self, subjects: str) -> None:
        """Skip where torch is absent."""
        try:
            import torch  # noqa: F401 - its presence is what is asked
        except ImportError as absent:
            raise NotImplementedError("torch is not installed") from absent

    def time_certify(self, subjects: str) -> None:
        """Seconds of the command."""
        run("-m", "fiducial", *QUICK, *subjects.split())
