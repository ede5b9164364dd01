"""Classifiers: our solver of logistic regression, label spreading, and the registry of both.

Not here: how raw columns become numbers (features).
"""
