"""The loop of one run, and the study of many paired runs: in parallel and resumable.

Not here: what curves are worth (statistics).
"""
