"""The station as a function: an input and a moment in, writes and effects out. No clock, no socket, no file."""
