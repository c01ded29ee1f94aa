"""What is declared of a subject, in a script: lines after its import that make `Subject` a call like any other."""

from __future__ import annotations

import inspect

from fiducial.suites import subjects
from fiducial.suites.declarations import Declaration
from fiducial.suites.reproduction.program import importing, indented, literal

NAMED = "ps if isinstance(ps[0], (dict, tuple)) else [(f'layer.{i}.weight', p) for i, p in enumerate(ps)]"
OF_MODULE = "torch.nn.ParameterDict({f'weight{i}': p for i, p in enumerate(ps)})"


def lines(declaration: Declaration | None, path: str) -> list[str]:
    """The import, and what is declared around it. Raises Unwritable where one of the two has no import."""
    if declaration is None or not (declaration.modes or declaration.around or declaration.arguments or
                                   declaration.handed != "list"):
        return importing(path)
    out = importing(path, "Class")
    words = ["**words"]
    for i, (name, place) in enumerate(declaration.arguments.items()):
        out += importing(place, f"argument{i}")
        words.append(f"{name}=argument{i}")
    given = {"list": "ps", "named": NAMED, "module": OF_MODULE}[declaration.handed]
    body = [*(["ps = list(ps)"] if declaration.handed != "list" else [])]
    if declaration.around:
        out += importing(declaration.around, "Inner")
        own = list(inspect.signature(subjects.find(path)).parameters)[1:]
        body += [f"own = {{n: words.pop(n) for n in {literal(own)} if n in words}}", "ps = Inner(ps, **words)"]
        words[0] = "**own"
    body.append(f"one = Class({', '.join([given, *words[1:], words[0]])})")
    body += ["one.train()", "return one"] if declaration.modes else ["return one"]
    return [*out, "def Subject(ps, **words):", *indented(body)]
