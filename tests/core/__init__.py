"""The station as a function, in the simulated world."""
