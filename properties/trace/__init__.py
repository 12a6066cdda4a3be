"""From a clause to the rows, properties and tests that hold it, and back."""
