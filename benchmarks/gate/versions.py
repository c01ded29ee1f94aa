"""Two versions made importable side by side: commits in work trees of their own, or folders as they are."""

from __future__ import annotations

import difflib
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from fiducial.benchmarks.gate.session import Version
from fiducial.suites.jobs import Refusal

LEFT_BEHIND = shutil.ignore_patterns(".git", ".venv", "venv", "build", "dist", "*.egg-info", ".asv", "__pycache__",
                                     "node_modules", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox")
BUILD = 900.0  # seconds for an installation


def git(*words: str, folder: Path | None = None) -> str:
    """What a git command prints. Raises subprocess.CalledProcessError."""
    return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def commit_of(revision: str) -> str:
    """The full hash of a revision of the repository in this folder. Raises Refusal."""
    try:
        git("rev-parse", "--git-dir")
    except FileNotFoundError:
        raise Refusal(f"{revision} is no folder, and git is not installed: give two folders", 2) from None
    except subprocess.CalledProcessError:
        raise Refusal(f"{revision} is no folder, and this folder is in no git repository", 2) from None
    try:
        return git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except subprocess.CalledProcessError:
        names = git("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags").split()
        near = difflib.get_close_matches(revision, names, 1)
        raise Refusal(f"{revision} is neither a folder nor a commit{f', did you mean {near[0]}?' if near else ''}",
                      2) from None


@contextmanager
def trees(base: str, head: str, home: Path) -> Iterator[dict[str, tuple[Path, str | None]]]:
    """The files of both versions, and the commits that they are; work trees are removed again. Raises Refusal."""
    given = {"base": base, "head": head}
    commits = {side: None if Path(text).is_dir() else commit_of(text) for side, text in given.items()}
    places = {side: home / "trees" / side if commits[side] else Path(text).resolve() for side, text in given.items()}
    laid = []
    try:
        for side, commit in commits.items():
            if commit:
                git("worktree", "add", "--detach", "--force", str(places[side]), commit)
                laid.append(places[side])
        yield {side: (places[side], commits[side]) for side in places}
    except subprocess.CalledProcessError as error:
        raise Refusal(f"git could not lay the files out: {last_line(error.stderr)}", 3) from error
    finally:
        for place in laid:
            subprocess.run(["git", "worktree", "remove", "--force", str(place)], capture_output=True, check=False)


def importable(side: str, label: str, tree: Path, commit: str | None, paths: Sequence[str], home: Path) -> Version:
    """A version ready to be imported. Raises Refusal where it does not build.

    paths  folders of the tree that are put on sys.path as they are; without any pip installs the tree, without its
           dependencies, into a folder of this version; a tree that pip cannot install is put on sys.path, or its src
    """
    if paths:
        found = [tree / path for path in paths]
        for path in found:
            if not path.is_dir():
                raise Refusal(f"{label} has no folder {path.relative_to(tree)}, which paths asks for", 3)
        return Version(label, tuple(found), commit)
    if not (tree / "pyproject.toml").is_file() and not (tree / "setup.py").is_file():
        return Version(label, ((tree / "src") if (tree / "src").is_dir() else tree,), commit)
    source = tree
    if commit is None:  # an installation may write into the tree, which is somebody's
        source = home / "copies" / side
        shutil.copytree(tree, source, ignore=LEFT_BEHIND, symlinks=True)
    target = home / "installed" / side
    install(label, source, target)
    return Version(label, (target,), commit)


def install(label: str, source: Path, target: Path) -> None:
    """pip, with the build backend of this environment. Raises Refusal."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation",
               "--disable-pip-version-check", "--target", str(target), str(source)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=BUILD)
    except subprocess.TimeoutExpired:
        raise Refusal(f"{label} did not build within {BUILD:g} s", 3) from None
    if done.returncode:
        fail(label, done.stderr)


def fail(label: str, text: str) -> NoReturn:
    """Say in one sentence that a version does not build."""
    raise Refusal(f"{label} does not build: {last_line(text)}", 3)


def last_line(text: str) -> str:
    """The last line that names an error, or the last at all."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["it said nothing"])[-1][:300]
