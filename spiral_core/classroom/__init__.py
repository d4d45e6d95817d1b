"""What a class does together, as plain values: votes, goals, and where a room stands."""
