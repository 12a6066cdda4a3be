"""Explorer, properties, replay, Spin, traceability."""
