"""The fast explorer: the same tables, compiled to packed integers, a whole frontier at a time.

``layout`` packs a state into one integer; ``looks`` turns each machine's answer to each event into a table that is
read by a few bits of that integer; ``steps`` runs one event for thousands of states at once, parting them where
their rows differ; ``seen`` remembers what has been reached; ``search`` goes breadth first; ``shards`` spreads that over
processes. What it has to agree with is ``properties/reference.py``.
"""
