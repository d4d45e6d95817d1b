"""What a run shows when one looks inside: traces, units, gradient checks, health, diagnosis."""
