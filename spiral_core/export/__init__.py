"""A run as files: a script, a notebook, settings, history, weights."""
