"""Find the packages of the five rooms; everything else stands in pyproject.toml."""

from setuptools import find_packages, setup

ROOMS = ("reference", "checks", "suites", "benchmarks", "reports")


def packages() -> list[str]:
    """The package `fiducial` (which is suites/door), each room and each of its sub-packages."""
    names = ["fiducial"]
    for room in ROOMS:
        names.append(f"fiducial.{room}")
        names += [f"fiducial.{room}.{name}" for name in find_packages(room, exclude=["door", "door.*"])]
    return names


setup(packages=packages(),
      package_dir={"fiducial": "suites/door", **{f"fiducial.{room}": room for room in ROOMS}})
