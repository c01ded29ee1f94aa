"""Scripts for what is taken and what is refused: flags, keywords, closures, tensors of unusual kinds."""

from __future__ import annotations

from fiducial.checks.contract import Laboratory
from fiducial.checks.contract.acceptance import EXCLUDING, MISSPELT
from fiducial.checks.evidence import Gap
from fiducial.suites.reproduction.constructions import Written, built, ones, parameters
from fiducial.suites.reproduction.program import Unwritable, call, indented, literal
from fiducial.suites.reproduction.runs import Spelling


def flags(lab: Laboratory, gap: Gap) -> list[str]:
    """Every pair of flags that was accepted, again, with a step."""
    if "accepted" not in gap.sample:
        raise Unwritable("a capturable step is another run")
    pairs = [dict.fromkeys(pair, True) for pair in EXCLUDING if f"accepted {' and '.join(pair)} at once"
             in gap.sample["accepted"]]
    settings = literal(Spelling(lab.subject, lab.defaults).settings)
    tried = [f"optimizer = Subject([p, q], **{{**{settings}, **flags}})", ones(lab), "optimizer.step()"]
    return [parameters(lab), "accepted = []", f"for flags in {literal(pairs)}:", "    try:", *indented(indented(tried)),
            "    except Exception as error:", "        refused = error", "    else:", "        accepted.append(flags)",
            "print('accepted', accepted)", "sys.exit(len(accepted) > 0)"]


def unknown(lab: Laboratory, gap: Gap) -> list[str]:
    """A keyword that nobody knows, and where it might be said."""
    settings = {**Spelling(lab.subject, lab.defaults).settings, MISSPELT: 0.1}
    return [parameters(lab), "with warnings.catch_warnings(record=True) as caught:",
            '    warnings.simplefilter("always")', "    try:",
            f"        optimizer = {call('Subject', '[p, q]', settings)}",
            "    except Exception:", "        sys.exit(0)",
            f"listed = any({MISSPELT!r} in names for names in (optimizer.defaults, *optimizer.param_groups))",
            "sys.exit(not caught and not listed)"]


def whole(lab: Laboratory, gap: Gap) -> list[str]:
    """An integer tensor with an integer gradient."""
    return ["p = torch.tensor([[5, -7]])", "p.grad = torch.tensor([[3, -4]])", "try:",
            *indented([f"optimizer = {call('Subject', '[p]', Spelling(lab.subject, lab.defaults).settings)}",
                       "for _ in range(2): optimizer.step()"]),
            "except Exception:", "    sys.exit(0)", "print(p)", "sys.exit(p.tolist() != [[5, -7]])"]


def without_data(lab: Laboratory, gap: Gap) -> list[str]:
    """A tensor on the meta device between two others, and the two alone."""
    spelling = Spelling(lab.subject, lab.defaults)
    return ["def stepped(empty):",
            "    ps = [torch.nn.Parameter(torch.full((2, 2), x, dtype=torch.float64)) for x in (1.0, -2.0)]",
            '    if empty: ps.insert(1, torch.nn.Parameter(torch.empty(2, 2, dtype=torch.float64, device="meta")))',
            f"    optimizer = {call('Subject', 'ps', spelling.settings)}", "    for _ in range(2):",
            "        for p in ps: p.grad = torch.ones_like(p).detach()", "        optimizer.step()", "    return ps",
            "try:", "    a, between, b = stepped(True)", "except Exception:", "    sys.exit(0)",
            "c, d = stepped(False)",
            "print(a, 'beside', c, b, 'beside', d)",
            "sys.exit(not (between.is_meta and torch.equal(a, c) and torch.equal(b, d)))"]


def types(lab: Laboratory, gap: Gap) -> list[str]:
    """The types that step(closure) returns, one after the other."""
    dense = "torch.full_like(x, slope).detach()" + (".to_sparse(1)" if Spelling(lab.subject, lab.defaults).rows else "")
    return [parameters(lab), f"optimizer = {built(lab, 'list')}", "slopes = iter((1.0, -1.0, 0.5, 0.0, 0.0, 0.0))",
            "def closure():", "    slope = next(slopes)", f"    for x in (p, q): x.grad = {dense}",
            "    return torch.ones((), requires_grad=True) * slope",
            "found = [type(optimizer.step(closure)).__name__ for _ in range(6)]", "print(found)",
            "sys.exit(len(set(found)) > 1)"] if not lab.definition.demands.objective else _evaluated()


def _evaluated() -> list[str]:
    raise Unwritable("the rule evaluates an objective")


def missing(lab: Laboratory, gap: Gap) -> list[str]:
    """step() without a closure; the exception that is due has to name it."""
    return [parameters(lab), f"optimizer = {built(lab, 'list')}", "try:", "    optimizer.step()",
            "except Exception as error:", "    print(repr(error))", '    sys.exit("closure" not in str(error).lower())',
            'sys.exit("accepted; an exception was due")']


def never_called(lab: Laboratory, gap: Gap) -> list[str]:
    """step(closure), and whether the closure was called."""
    return [parameters(lab), f"optimizer = {built(lab, 'list')}", ones(lab), "calls = []", "def closure():",
            "    calls.append(1)", "    return torch.ones((), requires_grad=True) * 1.0", "try:",
            "    optimizer.step(closure)", "except Exception:", "    sys.exit(0)", "sys.exit(not calls)"]


WRITTEN: dict[str, Written] = {
    "construction.refuses-incompatible-flags": flags,
    "construction.refuses-unknown-keywords": unknown,
    "construction.integers-are-refused": whole,
    "construction.meta-is-refused-or-passed-over": without_data,
    "closure.one-type-is-returned": types,
    "closure.missing-is-refused": missing,
    "closure.extra-is-refused-or-called": never_called,
}
