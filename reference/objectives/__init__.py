"""Objectives whose optimum, gradient and Hessian are known: functions of a few numbers to try optimizers on."""
