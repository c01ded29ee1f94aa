"""The rules of regularization by noise: what public packages ship as one callable."""

from __future__ import annotations

from fiducial.checks import dropout as claims
from fiducial.reference.regularization import dropout
from fiducial.suites.rules.kinds import RandomMapRule

DROPOUT = RandomMapRule(
    name="dropout", summary="drop entries at random in training, scale up the others; nothing at test",
    formula="y = m ⊙ x / (1 - p), m ~ Bernoulli(1 - p)", source="Srivastava et al. 2014, sections 4 and 10",
    definition=dropout, who="torch, Keras", spelt={"p": ("p", "rate", "drop_prob")},
    claims=(claims.kept_entries_are_scaled, claims.test_is_the_identity, claims.rate_zero_keeps_everything,
            claims.rate_one_drops_everything, claims.gradient_uses_the_same_mask, claims.drop_rate_is_p,
            claims.mean_is_kept, claims.entries_are_dropped_independently))

RULES = (DROPOUT,)
