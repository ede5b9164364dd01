"""A user's labelling job: plan a study of the table, and suggest which rows to label next.

Not here: how many more labels are needed (forecast).
"""
