"""The tables in Promela, and Spin as a second engine."""
