"""Pictures from records of runs: PNG and SVG, and walks step by step as GIF or animated SVG."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from io import BytesIO
from os import W_OK, access
from pathlib import Path
from typing import Any

Record = dict[str, Any]
MATPLOTLIB = "a picture needs matplotlib: pip install 'fiducial[plots]'"
ENDINGS = (".svg", ".png", ".gif", ".animated.svg")


def drawable(file: str) -> str:
    """The ending of a file that can be drawn. Raises ValueError, in one sentence."""
    path = Path(file)
    ending = next((each for each in reversed(ENDINGS) if path.name.endswith(each)), None)
    if ending is None or path.name in ENDINGS:
        raise ValueError(f"--out takes a file that ends in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}, got {file!r}")
    if not path.parent.is_dir():
        raise ValueError(f"{file} cannot be written: there is no folder {path.parent}; create it first")
    if not access(path if path.exists() else path.parent, W_OK):
        raise ValueError(f"{file} cannot be written: permission denied; choose another place")
    _needs_matplotlib()
    return ending


def _needs_matplotlib() -> None:
    if find_spec("matplotlib") is None:
        raise ValueError(MATPLOTLIB)


def svg(record: Record) -> str:
    """A record drawn as the text of an SVG. Raises ValueError."""
    _needs_matplotlib()
    from fiducial.reports import drawings

    file = BytesIO()
    drawings.drawn(record, file, "svg")
    return file.getvalue().decode()


def draw(record: Record, file: str) -> None:
    """Draw a record into a file. Raises ValueError for a picture that has no steps to animate."""
    from fiducial.reports import drawings

    ending = drawable(file)
    if ending in (".gif", ".animated.svg"):
        if record["picture"] not in drawings.ANIMATED:
            raise ValueError(f"{record['picture']} has no steps to animate; draw it as .svg or .png")
        from fiducial.reports import animations

        animated: dict[str, Callable[[Record, str], None]] = {".gif": animations.gif, ".animated.svg": animations.svg}
        animated[ending](record, file)
    else:
        drawings.drawn(record, file, ending.removeprefix("."))
