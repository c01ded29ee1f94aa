"""A mutant for every check: a subject as a careless author would write it, which its own check must reject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from fiducial.checks.contract import Level
from fiducial.suites.harness.mutants import (
    acceptance,
    closure,
    construction,
    device,
    dtype,
    gradient,
    groups,
    hooks,
    migration,
    path,
    resources,
    rule,
    state,
)
from fiducial.suites.harness.sound import SOUND
from fiducial.suites.harness.sound_kinds import SoundKinds, SoundVersions
from fiducial.suites.harness.sound_paths import SoundPaths

__all__ = ["MUTANTS", "Mutant"]

# What mutants grow on beside the plain sound subject of their rule.
GROUNDS: tuple[type[torch.optim.Optimizer], ...] = (SoundPaths, SoundKinds, SoundVersions, torch.optim.LBFGS)


@dataclass(frozen=True)
class Mutant:
    """A wrong subject, the rule that it is held against, and the level that suffices to reject it."""

    factory: type[torch.optim.Optimizer]
    rule: str = "adam"
    level: Level = "quick"
    settings: Mapping[str, Any] = field(default_factory=dict)  # of the mutant and of the sound subject alike

    @property
    def sound(self) -> type[torch.optim.Optimizer]:
        """The subject that it would be without its mistake."""
        grown = (ground for ground in GROUNDS if issubclass(self.factory, ground))
        return next(grown, None) or SOUND[self.rule]


MUTANTS: dict[str, Mutant] = {
    "construction.accepts-a-list": Mutant(construction.FirstParameterOnly),
    "construction.accepts-a-generator": Mutant(construction.CountsItsParameters),
    "construction.accepts-group-dictionaries": Mutant(construction.FirstGroupOnly),
    "construction.accepts-named-parameters": Mutant(construction.AsksForShapes),
    "construction.refuses-a-bare-tensor": Mutant(construction.OptimizesRows),
    "construction.refuses-an-empty-list": Mutant(construction.AcceptsNothing),
    "construction.warns-on-a-duplicate": Mutant(construction.SilentOnDuplicates),
    "construction.refuses-a-parameter-in-two-groups": Mutant(construction.FightsOverATensor),
    "construction.refuses-a-negative-rate": Mutant(construction.ClimbsAtNegativeRates),
    "construction.refuses-a-negative-epsilon": Mutant(construction.NegativeEpsilon),
    "construction.refuses-a-negative-decay": Mutant(construction.NegativeDecay),
    "construction.refuses-decay-rates-out-of-range": Mutant(construction.RateOfOne),
    "construction.names-the-bad-argument": Mutant(construction.BareAssert),
    "construction.refuses-nan": Mutant(construction.PassesNan),
    "construction.refuses-infinity": Mutant(construction.PassesInfinity),
    "construction.representation-names-the-class": Mutant(construction.ShowsItsInner),
    "construction.options-stand-in-groups-and-defaults": Mutant(construction.HidesItsMomentum, "sgd"),
    "construction.parameters-left-alone": Mutant(construction.NormalisesItsWeights),
    "construction.generators-left-alone": Mutant(construction.SeedsWhenBuilt),
    "construction.default-dtype-left-alone": Mutant(construction.SetsTheDefaultDtype),
    "rule.first-step-follows-definition": Mutant(rule.UncorrectedFirstMoment),
    "rule.follows-definition": Mutant(rule.RestartsItsCount),
    "rule.state-follows-definition": Mutant(rule.ClearsAtStepFive),
    "rule.options-follow-definition": Mutant(rule.BufferHoldsTheRate, "rmsprop"),
    "rule.decay-has-declared-form": Mutant(rule.DecayGrowsOnMaximize, "adamw"),
    "rule.zero-decay-is-no-decay": Mutant(rule.ZeroDecayIsUnset, "adamw"),
    "rule.zero-gradient-moves-as-declared": Mutant(rule.NoDecayAtZeroGradient, "adamw"),
    "rule.decay-rates-keep-their-roles": Mutant(rule.SwapsItsRates),
    "rule.zero-first-rate-forgets": Mutant(rule.NeverForgets),
    "rule.constant-gradient-takes-equal-steps": Mutant(rule.CorrectionOffByOne),
    "rule.epsilon-stands-where-declared": Mutant(rule.EpsilonUnderTheRoot),
    "rule.rate-changes-are-followed": Mutant(rule.KeepsItsFirstRate),
    "rule.constant-schedule-changes-nothing": Mutant(rule.ResetsOnAssignment),
    "rule.zero-rate-moves-nothing": Mutant(rule.DecayWithoutTheRate, "adamw"),
    "rule.zero-rate-advances-the-state": Mutant(rule.LeavesEarlyAtRateZero),
    "rule.neutral-options-change-nothing": Mutant(rule.KeepsABufferWhenTold, "rmsprop", "standard"),
    "rule.amsgrad-is-adam-while-v-grows": Mutant(rule.LargestOfTheCorrected),
    "rule.layouts-change-nothing": Mutant(rule.WalksTheMemory, "sgd", "standard"),
    "rule.odd-shapes-follow-definition": Mutant(rule.SkipsScalars),
    "rule.empty-tensors-pass-through": Mutant(rule.DividesByTheSize),
    "rule.extreme-gradients-follow-definition": Mutant(rule.SafeSquares, level="standard"),
    "rule.subnormal-gradients-give-no-nan": Mutant(rule.SafeReciprocal),
    "rule.every-option-matters": Mutant(rule.IgnoresAmsgrad),
    "rule.maximize-mirrors-gradient": Mutant(rule.AscentFlipsTheDecay, level="standard"),
    "rule.step-is-linear-in-rate": Mutant(rule.CapsItsRate),
    "rule.sign-symmetry": Mutant(rule.ClipsFromBelow, level="standard"),
    "rule.permutation-equivariance": Mutant(rule.SparesTheFirstEntry),
    "rule.splitting-changes-nothing": Mutant(rule.DividesByTheNorm, "sgd"),
    "rule.reshaping-changes-nothing": Mutant(rule.CentresTheGradient, "sgd"),
    "gradient.left-untouched": Mutant(gradient.DecaysTheGradientInPlace),
    "gradient.absent-leaves-everything": Mutant(gradient.DecaysTheAbsent, "adamw"),
    "gradient.absent-follows-definition": Mutant(gradient.ForgetsTheAbsent),
    "gradient.zero-is-no-op": Mutant(gradient.ZeroOverZero),
    "gradient.frozen-parameter-stays": Mutant(gradient.CollectsTheTrainableOnce),
    "gradient.no-graph-is-kept": Mutant(gradient.SwitchesGradientsOff),
    "gradient.parameters-stay-in-place": Mutant(gradient.ReplacesTheData),
    "gradient.version-counter-rises": Mutant(gradient.WritesBehindAutograd),
    "gradient.grad-mode-left-alone": Mutant(gradient.LeavesAutogradOff),
    "gradient.not-finite-is-never-half-a-step": Mutant(gradient.RaisesHalfway),
    "gradient.not-finite-is-seen": Mutant(gradient.StepsByNan),
    "gradient.accumulation-is-the-sum": Mutant(gradient.StepsOnArrival),
    "gradient.zero-grad-empties": Mutant(gradient.EmptiesItsFirstGroup),
    "closure.step-returns-none": Mutant(closure.ReturnsItself),
    "closure.loss-is-returned": Mutant(closure.LosesTheLoss),
    "closure.gradients-are-enabled": Mutant(closure.ClosureWithoutAutograd),
    "closure.called-once": Mutant(closure.CallsAgainToLog),
    "closure.its-gradients-are-used": Mutant(closure.CollectsGradientsFirst),
    "state.exists-after-a-step": Mutant(state.MomentsOfItsOwn),
    "state.shaped-like-its-parameter": Mutant(state.FlatMoments),
    "state.shares-no-memory": Mutant(state.BufferIsTheGradient, "sgd"),
    "state.survives-reload": Mutant(state.CountsOutside),
    "state.load-leaves-the-dictionary-alone": Mutant(state.PopsItsEntry),
    "state.survives-a-file": Mutant(state.CounterIsAnObject),
    "state.resumes-before-the-first-step": Mutant(state.ReadsTheFirstState),
    "state.resumes-with-an-absent-gradient": Mutant(state.HandsStatesOutInOrder),
    "state.survives-pickle": Mutant(state.PicklesItsGroupsOnly),
    "state.survives-deepcopy": Mutant(state.CopyCountsInTheOriginal),
    "state.optimizers-do-not-interact": Mutant(state.CountsOnTheClass),
    "state.repeats-bit-for-bit": Mutant(state.HiddenNoise),
    "state.generators-left-alone": Mutant(state.SeedsInItsStep),
    "state.default-dtype-left-alone": Mutant(state.SetsTheDtypeInItsStep),
    "state.does-not-grow": Mutant(state.KeepsEveryGradient),
    "groups.options-are-their-own": Mutant(groups.ReadsTheFirstGroup),
    "groups.equal-separate-optimizers": Mutant(groups.EveryGroupCounts),
    "groups.stilled-group-stays": Mutant(groups.OneRateForAll),
    "groups.can-be-added-on-the-way": Mutant(groups.LaidOutOnce),
    "groups.duplicates-are-refused": Mutant(groups.Appends),
    "groups.decay-can-be-left-out": Mutant(groups.FirstGroupsDecay),
    "groups.order-is-irrelevant": Mutant(groups.RanksItsParameters),
    "groups.listed-options-are-read": Mutant(groups.BeginsWhereItWasBuilt, "adagrad"),
    "hooks.step-hooks-run-in-order": Mutant(hooks.CallsNoHook),
    "hooks.step-hooks-can-be-removed": Mutant(hooks.KeepsItsHooks),
    "hooks.pre-hooks-may-replace-the-closure": Mutant(hooks.DropsWhatHooksReturn),
    "hooks.saving-hooks-run-in-order": Mutant(hooks.SavesByItself),
    "hooks.saving-hooks-may-replace": Mutant(hooks.CopiesWhatItSaves),
    "hooks.loading-hooks-run-in-order": Mutant(hooks.LoadsByItself),
    "hooks.loading-hooks-may-replace": Mutant(hooks.WritesItsGroupsAgain),
    "hooks.step-lr-is-followed": Mutant(hooks.WritesItsFirstRate, level="standard"),
    "hooks.plateau-is-followed": Mutant(hooks.WarmsUpOnChange, level="standard"),
    "hooks.one-cycle-is-followed": Mutant(hooks.UnpacksItsBetasOnce, level="standard"),
    "hooks.clipped-gradients-are-used": Mutant(hooks.CopiesGradientsOnArrival, level="standard"),
    "hooks.gradient-scaler-changes-nothing": Mutant(hooks.SaysThatItUnscales, level="standard"),
    "hooks.overflow-skips-the-step": Mutant(hooks.CountsSkippedSteps),
    "hooks.averaged-model-follows": Mutant(hooks.StepsCopies, level="standard"),
    "resources.keeps-what-its-rule-keeps": Mutant(resources.KeepsTheLastGradient, level="standard"),
    "resources.peak-memory-is-bounded": Mutant(resources.CollectsItsTerms, level="standard"),
    "resources.cost-is-linear-in-size": Mutant(resources.SquaresByOuterProducts, level="standard"),
    "resources.cost-is-constant-in-time": Mutant(resources.AppendsToAList, level="deep"),
    "path.foreach-equals-for-loop": Mutant(path.ListsWithoutCorrection),
    "path.fused-equals-for-loop": Mutant(path.WalksTheGradientsMemory, settings={"fused": True}),
    "path.capturable-equals-for-loop": Mutant(path.CountsAfterItCorrects, settings={"capturable": True}),
    "path.differentiable-equals-for-loop": Mutant(path.RootOfAllWhenDifferentiated,
                                                  settings={"differentiable": True}),
    "path.gradient-release-equals-for-loop": Mutant(state.CountsOnTheClass),
    "path.default-is-one-of-them": Mutant(path.DefaultInSinglePrecision),
    "dtype.float32-follows-definition": Mutant(dtype.MomentInBfloat16),
    "dtype.bfloat16-follows-definition": Mutant(dtype.CorrectionsInTheFormat),
    "dtype.float16-follows-definition": Mutant(dtype.ClipsHalfPrecision, level="standard"),
    "dtype.small-updates-are-not-charged": Mutant(dtype.LiftsHalfPrecision, level="standard"),
    "dtype.parameter-keeps-its-dtype": Mutant(dtype.PromotesItsParameter),
    "dtype.state-has-declared-dtype": Mutant(dtype.CountsInTheFormat),
    "dtype.is-not-narrowed": Mutant(dtype.CastsToFloat32),
    "dtype.mixed-dtypes-in-one-list": Mutant(dtype.CastsToTheFirst, level="standard"),
    "construction.refuses-incompatible-flags": Mutant(acceptance.DropsAFlag),
    "construction.refuses-unknown-keywords": Mutant(acceptance.SwallowsKeywords),
    "construction.complex-is-refused-or-right": Mutant(acceptance.SquaresComplexNumbers),
    "construction.sparse-is-refused-or-right": Mutant(acceptance.StepsByTheFirstRow),
    "construction.integers-are-refused": Mutant(acceptance.CutsToWholeNumbers, "sgd"),
    "construction.meta-is-refused-or-passed-over": Mutant(acceptance.EndsAtAnEmptyOne),
    "rule.tensor-rate-equals-number": Mutant(acceptance.DividesTheRateInPlace),
    "rule.complex-equals-two-reals": Mutant(acceptance.DecaysByTheRealPart, level="standard"),
    "rule.sparse-equals-dense": Mutant(acceptance.KeepsTheLastListed),
    "gradient.frozen-from-the-start-joins": Mutant(acceptance.DropsTheFrozen),
    "gradient.steps-without-autograd": Mutant(acceptance.DifferentiatesItsDecay),
    "closure.one-type-is-returned": Mutant(closure.ReturnsANumberAtFirst),
    "closure.missing-is-refused": Mutant(closure.ReturnsWithoutAClosure, "lbfgs"),
    "closure.extra-is-refused-or-called": Mutant(closure.NeverCalls),
    "state.older-dictionary-goes-on-alike": Mutant(migration.FillsInTheOpposite),
    "state.follows-its-parameters-dtype": Mutant(migration.PutsTensorsBack),
    "state.counters-keep-their-precision": Mutant(migration.CountsInATensor),
    "state.survives-a-narrower-dtype": Mutant(migration.SavesInHalf),
    "device.cuda-follows-definition": Mutant(device.SingleOnTheDevice),
    "device.cuda-equals-cpu": Mutant(device.NoEpsilonOnTheDevice),
    "device.state-moves-between-devices": Mutant(device.CountsBesideItsState),
    "device.no-host-synchronisation": Mutant(device.ReadsItsCount, settings={"capturable": True}),
    "device.graph-capture-replays": Mutant(device.CorrectsInPython, settings={"capturable": True}),
    "device.huge-tensors": Mutant(device.CountsEntriesIn32Bits, level="standard"),
    "device.kernels-per-step": Mutant(device.ListsThatLoop, level="standard"),
    "device.peak-memory": Mutant(device.CollectsItsTemporaries, level="standard"),
}
