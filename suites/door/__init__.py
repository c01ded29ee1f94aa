"""Certify the algorithms that train neural networks: `fiducial.certify`, `python -m fiducial`.

Importing this package imports nothing else; each name is fetched when it is first asked for.
"""

TYPE_CHECKING = False  # typing would cost more than this package
if TYPE_CHECKING:
    from fiducial.checks.gradients import assert_gradient as assert_gradient
    from fiducial.checks.statistics import assert_distribution as assert_distribution
    from fiducial.suites.certified_items import parametrize_with_checks as parametrize_with_checks
    from fiducial.suites.certify import certify as certify
    from fiducial.suites.identify import identify as identify

    __version__: str

_HOMES = {
    "certify": "fiducial.suites.certify",
    "identify": "fiducial.suites.identify",
    "assert_gradient": "fiducial.checks.gradients",
    "assert_distribution": "fiducial.checks.statistics",
    "parametrize_with_checks": "fiducial.suites.certified_items",
}
__all__ = ["__version__", "assert_distribution", "assert_gradient", "certify", "identify", "parametrize_with_checks"]


def __getattr__(name: str) -> object:
    """Fetch a public name from its home. Raises AttributeError for others."""
    if name == "__version__":
        from importlib.metadata import version

        return version("fiducial")
    if name not in _HOMES:
        raise AttributeError(f"module 'fiducial' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """The public names, fetched or not."""
    return sorted({*globals(), *__all__})
