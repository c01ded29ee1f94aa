"""Scripts for the checks of a constructor: build in the form that the check asks about, and look at what comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from fiducial.checks.contract import Laboratory
from fiducial.checks.contract.arguments import ILLEGAL
from fiducial.checks.evidence import Gap
from fiducial.suites.reproduction.observations import GENERATORS
from fiducial.suites.reproduction.program import Unwritable, call, indented, literal
from fiducial.suites.reproduction.runs import Spelling

Written = Callable[[Laboratory, Gap], list[str]]
PARAMETERS = "p, q = (torch.nn.Parameter(torch.tensor(x, dtype=torch.float64)) for x in {})"
FORMS = {"list": "[p, q]", "generator": "(x for x in (p, q))", "groups": "[{'params': [p]}, {'params': [q]}]",
         "named": "[('layer.0', p), ('layer.1', q)]", "bare-tensor": "p", "empty": "[]", "duplicate": "[p, p]",
         "two-groups": "[{'params': [p]}, {'params': [p, q]}]"}


def parameters(lab: Laboratory) -> str:
    """The line that makes two parameters, matrices for a rule that takes nothing else."""
    spelling = Spelling(lab.subject, lab.defaults)
    numbers = "([[1.0, -2.0]], [[0.5, 3.0]])" if spelling.matrices else "([1.0, -2.0], [0.5, 3.0])"
    return PARAMETERS.replace("float64", spelling.dtype).format(numbers)


def ones(lab: Laboratory) -> str:
    """The line that gives both a gradient of ones. Raises Unwritable for a rule that evaluates its own."""
    spelling = Spelling(lab.subject, lab.defaults)
    if spelling.objective or spelling.closure:
        raise Unwritable("gradients come out of a closure")
    dense = "torch.ones_like({}).detach()" + (".to_sparse(1)" if Spelling(lab.subject, lab.defaults).rows else "")
    return f"p.grad, q.grad = {dense.format('p')}, {dense.format('q')}"


def built(lab: Laboratory, form: str, options: dict[str, Any] | None = None) -> str:
    """A construction on a form of parameters."""
    return call("Subject", FORMS[form], Spelling(lab.subject, lab.defaults).constructor(options or {}))


def accepts(form: str, lab: Laboratory, gap: Gap) -> list[str]:
    """Built and stepped; both parameters have to move, and nothing may be raised."""
    steps = [f"optimizer = {built(lab, form)}", ones(lab), "optimizer.step()"]
    return [parameters(lab), "before = [p.detach().clone(), q.detach().clone()]", "try:", *indented(steps),
            "except Exception as error:", '    sys.exit(f"raised {error!r}")',
            "sys.exit(torch.equal(p, before[0]) or torch.equal(q, before[1]))"]


def refuses(form: str, kind: str, lab: Laboratory, gap: Gap) -> list[str]:
    """Built; the exception that is due has to come."""
    return [parameters(lab), "try:", f"    {built(lab, form)}", f"except {kind}:", "    sys.exit(0)",
            f'sys.exit("accepted; {kind} was due")']


def warns(lab: Laboratory, gap: Gap) -> list[str]:
    """Built with the same parameter twice; a warning or an exception has to come."""
    return [parameters(lab), "with warnings.catch_warnings(record=True) as caught:",
            '    warnings.simplefilter("always")', "    try:",
            f"        {built(lab, 'duplicate')}", "    except Exception:", "        sys.exit(0)",
            "sys.exit(not caught)"]


def accepted(lab: Laboratory, gap: Gap) -> list[dict[str, Any]]:
    """Every value that was accepted, as keywords."""
    pairs = [text.rpartition("=") for text in gap.sample["accepted"]]
    subject: Any = lab.subject
    return [subject.keywords({name: float(value)}) for name, _, value in pairs]


def refused(lab: Laboratory) -> list[tuple[dict[str, Any], str]]:
    """Every illegal value that is refused, as keywords, and its text."""
    given = [({name: value}, value) for name, values in ILLEGAL.items() for value in values if lab.has(name)]
    subject: Any = lab.subject
    return [(subject.keywords(options), str(value)) for options, value in given
            if subject.construct("list", options).failure is not None]


def illegal(lab: Laboratory, gap: Gap) -> list[str]:
    """Every value that was accepted, again."""
    return [*_tried(lab, accepted(lab, gap)), "    else:", "        accepted.append(options)",
            "print('accepted', accepted)", "sys.exit(len(accepted) > 0)"]


def _tried(lab: Laboratory, values: Sequence[dict[str, Any]]) -> list[str]:
    """A loop over options that a constructor should refuse."""
    return [parameters(lab), "accepted = []", f"for options in {literal(list(values))}:", "    try:",
            f"        Subject([p, q], **{{**{literal(Spelling(lab.subject, lab.defaults).settings)}, **options}})",
            "    except Exception as error:", "        refused = error"]


def unnamed(lab: Laboratory, gap: Gap) -> list[str]:
    """Every illegal value that is refused has to be refused with ValueError, and named."""
    settings = literal(Spelling(lab.subject, lab.defaults).settings)
    return [parameters(lab), "silent = []", f"for options, value in {literal(refused(lab))}:", "    try:",
            f"        Subject([p, q], **{{**{settings}, **options}})", "    except Exception as error:",
            "        if not isinstance(error, ValueError) or value not in str(error): silent.append(repr(error))",
            "print(silent)", "sys.exit(len(silent) > 0)"]


def represented(lab: Laboratory, gap: Gap) -> list[str]:
    """repr() has to hold the name of the class."""
    return [parameters(lab), f"optimizer = {built(lab, 'list')}", "print(repr(optimizer))",
            "sys.exit(type(optimizer).__name__ not in repr(optimizer))"]


def missing(lab: Laboratory, gap: Gap) -> list[str]:
    """The options that stand nowhere, where schedulers look for them."""
    given = {c.name: lab.defaults[c.name] for c in lab.choices if lab.defaults.get(c.name) is not None}
    outcome = lab.subject.construct("groups", given)
    names = [] if outcome.failure is not None else outcome.missing_options()
    return [parameters(lab), f"optimizer = {built(lab, 'groups', given)}",
            "held = [optimizer.defaults, *optimizer.param_groups]",
            f"missing = [name for name in {literal(names)} if not all(name in names for names in held)]",
            "print('missing', missing)", "sys.exit(len(missing) > 0)"]


def touched(lab: Laboratory, gap: Gap) -> list[str]:
    """A constructor that changed a parameter, or switched its gradient off."""
    return [parameters(lab), "before = [p.detach().clone(), q.detach().clone()]", built(lab, "list"),
            "sys.exit(not (torch.equal(p, before[0]) and torch.equal(q, before[1]) and p.requires_grad"
            " and q.requires_grad))"]


def moved(lab: Laboratory, gap: Gap) -> list[str]:
    """A constructor that draws from a global generator, or seeds one."""
    return [parameters(lab), "torch.manual_seed(20261)", GENERATORS, "before = world()", built(lab, "list"),
            "sys.exit(world() != before)"]


def dtype(lab: Laboratory, gap: Gap) -> list[str]:
    """A constructor that changes torch's default dtype."""
    return [parameters(lab), built(lab, "list"), "sys.exit(torch.get_default_dtype() != torch.float32)"]


def emptied(lab: Laboratory, gap: Gap) -> list[str]:
    """zero_grad in both of its modes."""
    return [parameters(lab), f"optimizer = {built(lab, 'groups')}", "left = 0", "for to_none in (True, False):",
            f"    {ones(lab)}", "    optimizer.zero_grad(set_to_none=to_none)",
            "    left += sum(x.grad is not None if to_none else x.grad is None or bool(x.grad.any()) for x in (p, q))",
            "sys.exit(left > 0)"]


def added_twice(lab: Laboratory, gap: Gap) -> list[str]:
    """A parameter that the optimizer already has, added as a group."""
    return [parameters(lab), f"optimizer = {built(lab, 'list')}", "try:",
            "    optimizer.add_param_group({'params': [p]})", "except ValueError:", "    sys.exit(0)",
            'sys.exit("accepted; ValueError was due")']


WRITTEN: dict[str, Written] = {
    "construction.accepts-a-list": partial(accepts, "list"),
    "construction.accepts-a-generator": partial(accepts, "generator"),
    "construction.accepts-group-dictionaries": partial(accepts, "groups"),
    "construction.accepts-named-parameters": partial(accepts, "named"),
    "construction.refuses-a-bare-tensor": partial(refuses, "bare-tensor", "TypeError"),
    "construction.refuses-an-empty-list": partial(refuses, "empty", "ValueError"),
    "construction.warns-on-a-duplicate": warns,
    "construction.refuses-a-parameter-in-two-groups": partial(refuses, "two-groups", "ValueError"),
    **dict.fromkeys(("construction.refuses-a-negative-rate", "construction.refuses-a-negative-epsilon",
                     "construction.refuses-a-negative-decay", "construction.refuses-decay-rates-out-of-range",
                     "construction.refuses-nan", "construction.refuses-infinity"), illegal),
    "construction.names-the-bad-argument": unnamed,
    "construction.representation-names-the-class": represented,
    "construction.options-stand-in-groups-and-defaults": missing,
    "construction.parameters-left-alone": touched,
    "construction.generators-left-alone": moved,
    "construction.default-dtype-left-alone": dtype,
    "gradient.zero-grad-empties": emptied,
    "groups.duplicates-are-refused": added_twice,
}
