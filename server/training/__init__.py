"""The run service: workers that train runs, and whose turn it is."""
