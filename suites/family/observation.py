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
from fiducial.checks.contract.streams import (
    EPSILONS,
    OPTIONS,
    RELATIONS,
    SCHEDULED,
    TRAJECTORIES,
    drawn,
    every_step,
)
from fiducial.checks.draws import Choice
from fiducial.checks.plans import Demands, Options, Plan, Record
from fiducial.suites.adapters import adapted
from fiducial.suites.binding import names_of
from fiducial.suites.rules import RULES, Rule

Spelling = tuple[str, int | None]  # a keyword, and the place in a tuple such as betas
STREAMS = (TRAJECTORIES, OPTIONS, EPSILONS, SCHEDULED, RELATIONS)
MOST_VALUES = 6  # to which one option is moved


@dataclass
class Observed:
    """A subject's runs, its options by slot.

    lab       the subject; its `definition` is nobody's, and only `run` and `drawn` are used
    keywords  the keywords of its constructor, with their defaults
    slots     slot → keyword, and place in it
    plans     the plans that ran to their end, those that tell rules apart soonest first
    ended     how the last plan that did not end there ended
    """

    lab: Laboratory
    keywords: Mapping[str, Any]
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
            record = self.lab.completed(plan)
        except Refused as refused:
            self.ended = str(refused)
            return False
        if self.lab.definition.demands.objective and not all(record.closure_calls):
            self.ended = "it takes a step without asking for the objective"
            return False
        self.plans.append(plan)
        return True

    def moved(self) -> list[str]:
        """The slots that plans move."""
        return [choice.name for choice in self.lab.choices]


def observe(factory: Callable[..., Any], settings: Mapping[str, Any], seed: int = 0) -> Observed:
    """Draw plans for an optimizer and run it through them; the first kind that it mostly takes: ordinary
    ones, matrices, sparse gradients … as rules demand them. Raises whatever its constructor raises."""
    best = None
    for demands in dict.fromkeys([Demands(), *(rule.demands for rule in RULES)]):
        seen = _observed(factory, settings, demands)
        drawn = sorted(seen.more(seed), key=_usefulness)
        taken = sum(seen.ran(plan) for plan in drawn)
        if 2 * taken > len(drawn):
            return seen
        best = seen if best is None or taken > len(best.plans) else best
    assert best is not None
    return best


def _observed(factory: Callable[..., Any], settings: Mapping[str, Any], demands: Demands) -> Observed:
    """A subject before its first run."""
    subject = adapted(factory, settings)
    keywords = dict(subject.defaults)
    slots = _slots(keywords)
    subject.names, subject.demands = slots, demands
    defaults: dict[str, Any] = {}
    for name, (keyword, place) in slots.items():
        value = keywords[keyword] if place is None else keywords[keyword][place]
        neutral = _neutral((keyword, place), keywords)
        worked_out = neutral is None and keyword in subject.derived  # from other options, whatever an instance shows
        defaults[name] = neutral if value is None or worked_out else value
        if value is None and place is None:
            subject.settings[keyword] = subject.defaults[keyword] = defaults[name]
    free = [name for name, (keyword, _) in slots.items() if keyword not in settings]
    choices = tuple(c for c in (_choice(subject, name, slots, keywords) for name in free) if c.values)
    nobody = replace(RULES[0], demands=demands)
    return Observed(Laboratory(subject, nobody, defaults, choices), keywords, slots)


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


def _neutral(spelt: Spelling, keywords: Mapping[str, Any]) -> Any:
    """What an option stands for that a class leaves at None: the first rule's neutral value."""
    rule, name, _ = next(_meanings(spelt, keywords))
    return rule.option(name).neutral


def _choice(subject: Any, slot: str, slots: Mapping[str, Spelling], keywords: Mapping[str, Any]) -> Choice:
    """What plans may set a slot to: the values of every rule that knows it, where the constructor takes them."""
    back = {spelt: name for name, spelt in slots.items()}
    values: list[Any] = []
    companion: dict[str, Any] = {}
    per_group = True
    for rule, name, names in _meanings(slots[slot], keywords):
        option = rule.option(name)
        values += option.values
        companion = companion or {back[names[n]]: v for n, v in option.companion.items() if n in names}
        per_group = per_group and option.per_group
    if values and isinstance(values[0], bool):
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
    yield "identity/all", every_step(lab, drawn(lab, moved=every, steps=(3,), most_tensors=1)), 8
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
    places = {name: back[spelt] for name, spelt in names_of(rule, seen.keywords).items()}
    neutral = rule.defaults()

    def turned(o: Options) -> Options:
        return {**neutral, **{name: o[slot] for name, slot in places.items()}}

    return replace(rule, start=lambda x, o: rule.start(x, turned(o)),
                   step=lambda x, g, state, o: rule.step(x, g, state, turned(o)),
                   averages=tuple(places[name] for name in rule.averages if name in places))


def admitted(rule: Rule, seen: Observed) -> bool:
    """Whether a rule can be run on what the subject was run on."""
    here, there = seen.lab.definition.demands, rule.demands
    return here.objective == there.objective and (here.matrices or not there.matrices)


def spoken(rule: Rule, seen: Observed) -> set[str]:
    """The slots that a rule knows."""
    known = names_of(rule, seen.keywords).values()
    return {name for name, spelt in seen.slots.items() if spelt in known}


def contrary(rule: Rule, seen: Observed) -> bool:
    """Whether the subject has a flag of the rule the other way round by default, as Adam has AMSGrad's."""
    return any(isinstance(value, bool) and value is not default for value, default in _defaults(rule, seen))


def agreement(rule: Rule, seen: Observed) -> int:
    """In how many options the subject's default is the rule's neutral value: a name for it is taken from there."""
    return sum(value == default for value, default in _defaults(rule, seen))


def _defaults(rule: Rule, seen: Observed) -> list[tuple[Any, Any]]:
    """The neutral value and the subject's default of each option that both have."""
    names = names_of(rule, seen.keywords)
    back = {spelt: name for name, spelt in seen.slots.items()}
    return [(rule.option(name).neutral, seen.lab.defaults[back[spelt]]) for name, spelt in names.items()]


def coarse(rule: Rule) -> bool:
    """Whether a rule keeps something in a format so coarse that it shows beside a millionth of an update."""
    return any(ROUNDINGS[dtype].unit > 1e-7 for dtype in rule.precision.values())


def moves(plan: Plan) -> Sequence[str]:
    """The slots that a plan moves."""
    changed = [name for by in plan.changes.values() for options in by.values() for name in options]
    return sorted({name for group in plan.groups for name in group.options} | set(changed))
