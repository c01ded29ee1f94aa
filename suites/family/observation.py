"""What a subject was seen to do, before anybody says which rule it follows.

Its options are found without a rule: every keyword that some rule spells is a slot, moved to the values of every rule
that knows it. A rule is laid over the runs by saying which of its options is which slot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fiducial.checks.agreement import ROUNDINGS
from fiducial.checks.contract import Laboratory
from fiducial.checks.contract.laboratory import Refused
from fiducial.checks.contract.streams import EPSILONS, OPTIONS, RELATIONS, SCHEDULED, TRAJECTORIES, every_step
from fiducial.checks.draws import Choice, plans
from fiducial.checks.plans import Options, Plan, Record
from fiducial.suites.binding import names_of
from fiducial.suites.rules import RULES, Rule

Spelling = tuple[str, int | None]  # a keyword, and the place in a tuple such as betas
STREAMS = (TRAJECTORIES, OPTIONS, EPSILONS, SCHEDULED, RELATIONS)
MOST_VALUES = 6  # to which one option is moved


@dataclass
class Observed:
    """A subject's runs, its options by slot.

    lab    the subject; its `definition` is nobody's, and only `run` and `drawn` are used
    slots  slot → keyword, and place in it
    plans  the plans that ran to their end, those that tell rules apart soonest first
    ended  how the last plan that did not end there ended
    """

    lab: Laboratory
    slots: Mapping[str, Spelling]
    plans: list[Plan] = field(default_factory=list)
    ended: str = ""

    def record(self, plan: Plan) -> Record:
        """What was recorded of a plan."""
        return self.lab.run(plan)

    def more(self, seed: int) -> Iterator[Plan]:
        """Further plans, drawn from another seed and not yet run."""
        for name, strategy, count in _cases(self.lab):
            yield from self.lab.drawn(name, strategy, count, seed)

    def ran(self, plan: Plan) -> bool:
        """Run one more plan, and keep it if it came to its end."""
        try:
            self.lab.completed(plan)
        except Refused as refused:
            self.ended = str(refused)
            return False
        self.plans.append(plan)
        return True

    def moved(self) -> list[str]:
        """The slots that plans move."""
        return [choice.name for choice in self.lab.choices]


def observe(factory: Callable[..., Any], settings: Mapping[str, Any], seed: int = 0) -> Observed:
    """Draw plans for a torch optimizer class and run it through them. Raises whatever its constructor raises."""
    from fiducial.checks.adapters.torch_optimizer import TorchOptimizer

    subject = TorchOptimizer(factory, settings)
    slots = _slots(subject.defaults)
    subject.names = slots
    for keyword, place in slots.values():
        if place is None and subject.defaults[keyword] is None:
            subject.settings[keyword] = _neutral(keyword, subject.defaults)
            subject.defaults[keyword] = subject.settings[keyword]
    defaults = {name: subject.defaults[k] if place is None else subject.defaults[k][place]
                for name, (k, place) in slots.items()}
    choices = [_choice(subject, name, slots) for name, (keyword, _) in slots.items() if keyword not in settings]
    lab = Laboratory(subject, RULES[0], defaults, tuple(c for c in choices if c.values))
    seen = Observed(lab, slots)
    for plan in sorted(seen.more(seed), key=_usefulness):
        seen.ran(plan)
    return seen


def _slots(keywords: Mapping[str, Any]) -> dict[str, Spelling]:
    """Every keyword that some rule spells, under the name of the first rule that does."""
    found: dict[Spelling, str] = {}
    for rule in RULES:
        for name, spelt in names_of(rule, keywords).items():
            if spelt not in found:
                free = name not in found.values()
                found[spelt] = name if free else spelt[0] if spelt[1] is None else f"{spelt[0]}[{spelt[1]}]"
    return {name: spelt for spelt, name in found.items()}


def _meanings(spelt: Spelling, keywords: Mapping[str, Any]) -> Iterator[tuple[Rule, str, dict[str, Spelling]]]:
    """The rules that know a slot, with their name for it and all their names."""
    for rule in RULES:
        names = names_of(rule, keywords)
        yield from ((rule, name, names) for name, other in names.items() if other == spelt)


def _neutral(keyword: str, keywords: Mapping[str, Any]) -> Any:
    """What an option that a class leaves at None is set to: the first rule's neutral value."""
    rule, name, _ = next(_meanings((keyword, None), keywords))
    return rule.option(name).neutral


def _choice(subject: Any, slot: str, slots: Mapping[str, Spelling]) -> Choice:
    """What plans may set a slot to: the values of every rule that knows it, where the constructor takes them."""
    back = {spelt: name for name, spelt in slots.items()}
    values: list[Any] = []
    companion: dict[str, Any] = {}
    per_group = True
    for rule, name, names in _meanings(slots[slot], subject.defaults):
        option = rule.option(name)
        values += option.values
        companion = companion or {back[names[n]]: v for n, v in option.companion.items() if n in names}
        per_group = per_group and option.per_group
    if isinstance(values[0], bool):
        values = [True, False]
    beside = {k: v(None) if callable(v) else v for k, v in companion.items()}
    taken = [v for v in dict.fromkeys(values) if not _refused(subject, {slot: v, **(beside if v else {})})]
    return Choice(slot, tuple(taken[:MOST_VALUES]), companion, per_group and subject.per_group(slot))


def _refused(subject: Any, options: Options) -> bool:
    """Whether the constructor does not take these values."""
    return subject.construct("list", options).failure is not None


def _cases(lab: Laboratory) -> Iterator[tuple[str, Any, int]]:
    """Everything moved at once under a rate that changes at every step, then the streams of the contract."""
    every = [choice.name for choice in lab.choices]
    yield "identity/all", every_step(lab, plans(lab.choices, moved=every, steps=(3,), most_tensors=1)), 8
    for stream in STREAMS:
        for index, (strategy, count) in enumerate(stream.cases(lab, "quick")):
            yield f"{stream.name}/{index}", strategy, count


def _usefulness(plan: Plan) -> tuple[bool, int, int]:
    """Short plans in which many options are moved tell most rules apart."""
    return plan.steps > 5, -len(plan.groups[0].options), plan.steps


def laid_over(rule: Rule, seen: Observed) -> Rule:
    """The rule with the subject's slots for options; a slot that it does not know does nothing.

    An option that the subject does not have stands at its neutral value.
    """
    back = {spelt: name for name, spelt in seen.slots.items()}
    places = {name: back[spelt] for name, spelt in names_of(rule, seen.lab.subject.defaults).items()}
    neutral = rule.defaults()

    def turned(o: Options) -> Options:
        return {**neutral, **{name: o[slot] for name, slot in places.items()}}

    return replace(rule, start=lambda x, o: rule.start(x, turned(o)),
                   step=lambda x, g, state, o: rule.step(x, g, state, turned(o)),
                   averages=tuple(places[name] for name in rule.averages if name in places))


def spoken(rule: Rule, seen: Observed) -> set[str]:
    """The slots that a rule knows."""
    known = names_of(rule, seen.lab.subject.defaults).values()
    return {name for name, spelt in seen.slots.items() if spelt in known}


def contrary(rule: Rule, seen: Observed) -> bool:
    """Whether the subject has a flag of the rule the other way round by default, as Adam has AMSGrad's."""
    return any(isinstance(value, bool) and value is not default for value, default in _defaults(rule, seen))


def agreement(rule: Rule, seen: Observed) -> int:
    """In how many options the subject's default is the rule's neutral value: a name for it is taken from there."""
    return sum(value == default for value, default in _defaults(rule, seen))


def _defaults(rule: Rule, seen: Observed) -> list[tuple[Any, Any]]:
    """The neutral value and the subject's default of each option that both have."""
    names = names_of(rule, seen.lab.subject.defaults)
    back = {spelt: name for name, spelt in seen.slots.items()}
    return [(rule.option(name).neutral, seen.lab.defaults[back[spelt]]) for name, spelt in names.items()]


def coarse(rule: Rule) -> bool:
    """Whether a rule keeps something in a format so coarse that it shows beside a millionth of an update."""
    return any(ROUNDINGS[dtype].unit > 1e-7 for dtype in rule.precision.values())


def moves(plan: Plan) -> Sequence[str]:
    """The slots that a plan moves."""
    changed = [name for by in plan.changes.values() for options in by.values() for name in options]
    return sorted({name for group in plan.groups for name in group.options} | set(changed))
