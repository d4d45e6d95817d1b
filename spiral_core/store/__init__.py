"""What outlives the server, in one SQLite file."""
