"""The terminal: a pure client of the lab's control door."""
