"""Numbers from learning curves: labels to a target, savings and their intervals, power.

Not here: sentences about them (report) and pictures of them (plots).
"""
