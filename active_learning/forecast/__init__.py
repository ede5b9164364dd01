"""How many more labels a target takes, and how such forecasts and stop rules fared.

Not here: savings against random (statistics).
"""
