"""The rules of preprocessing: functions that fit a step to a training set and apply it to the same at once."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fiducial.checks.claims_of_maps import follows_definition, layouts_change_nothing
from fiducial.checks.preprocessing import EIGHTHS, TABLES
from fiducial.reference.preprocessing import rescale, standardize
from fiducial.suites.rules.kinds import MapRule

ITS_OWN_RANGE = SimpleNamespace(forward=rescale.of_itself)
ITS_SHIFTED_RANGE = SimpleNamespace(forward=rescale.shifted_of_itself)
ITS_OWN_MOMENTS = SimpleNamespace(forward=standardize.of_itself)
AXES = st.sampled_from([0, 1])
SQUARES = arrays(np.float64, (4, 4), elements=EIGHTHS)

RESCALE = MapRule(
    name="rescale", summary="every feature into [0, 1] by its least and largest value; a constant one becomes 0",
    formula="y = (x - min x) / (max x - min x), per column", source="LeCun et al. 1998, section 4.3",
    definition=ITS_OWN_RANGE, aliases=("min_max",), spelt={"x": ("X", "x")},
    claims=(follows_definition(ITS_OWN_RANGE, x=TABLES), layouts_change_nothing(ITS_OWN_RANGE, x=TABLES)))

SHIFTED_RESCALE = MapRule(
    name="rescale/shifted", summary="the same as one gain and one shift, less exact where |x| is above the range",
    formula="y = x s - s min x,  s = 1 / (max x - min x), per column", source="scikit-learn, minmax_scale",
    definition=ITS_SHIFTED_RANGE, who="scikit-learn", aliases=("minmax_scale",), spelt={"x": ("X", "x")},
    claims=(follows_definition(ITS_SHIFTED_RANGE, x=TABLES), layouts_change_nothing(ITS_SHIFTED_RANGE, x=TABLES)))

STANDARDIZE = MapRule(
    name="standardize", summary="mean 0 and biased variance 1 for every feature; a constant one becomes 0",
    formula="y = (x - mean x) / √mean (x - mean x)², per column", source="scikit-learn, scale",
    definition=ITS_OWN_MOMENTS, who="scikit-learn", aliases=("scale", "zscore"), spelt={"x": ("X", "x", "a")},
    claims=(follows_definition(ITS_OWN_MOMENTS, x=SQUARES, axis=AXES),
            layouts_change_nothing(ITS_OWN_MOMENTS, x=SQUARES, axis=AXES)))

RULES = (RESCALE, SHIFTED_RESCALE, STANDARDIZE)
