"""How a step that raises is undone: scenarios with planted faults."""
