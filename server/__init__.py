"""What a process has once: workers, searches, the store, the log. Imports the core, never pages."""
