"""The pytest door: `pytest --certify torch.optim:AdamW=adamw`, one test a check.

Nothing of ours is imported until an option of ours is used; the work is in `suites.certified_items`.
"""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the door."""
    group = parser.getgroup("fiducial", "certify implementations of the algorithms that train neural networks")
    group.addoption("--certify", action="append", default=[], metavar="SUBJECT[=RULE]",
                    help="one test for each check of the contract, such as torch.optim:AdamW=adamw; repeatable")
    group.addoption("--certify-listed", action="store_true",
                    help="the subjects that [tool.fiducial] of pyproject.toml lists")
    group.addoption("--certify-level", default=None, metavar="LEVEL", help="quick, standard or deep (standard)")
    group.addoption("--certify-seed", default=None, type=int, metavar="N", help="of every draw (0)")
    group.addoption("--certify-strict", action="store_true", default=None,
                    help="a failed SHOULD or MAY fails its test; without, it is a warning")


def pytest_configure(config: pytest.Config) -> None:
    """Start importing the framework while pytest collects."""
    config.addinivalue_line("markers", "certified: a test of parametrize_with_checks")
    if _used(config) and (not config.getoption("numprocesses", None) or hasattr(config, "workerinput")):
        from fiducial.suites.certify import warm

        warm()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add a test for each check of each subject, before -k and --lf choose among all."""
    if _used(config):
        from fiducial.suites.certified_items import items_of

        items.extend(items_of(session))


def _used(config: pytest.Config) -> bool:
    return bool(config.getoption("certify") or config.getoption("certify_listed"))
