"""The real station in its world, driven by Hypothesis: whatever happens, what must hold holds.

The rules are everything that a world can do to a station: drivers, cars, faults, a CSMS in every mood, links that come
and go, power that goes between any two things the station does. The invariants look from outside, at frames
(``properties/world/invariants.py``). At the end of each run the faults stop, and everything owed has to arrive.

``pytest --hypothesis-profile=long`` looks longer, and elsewhere each time.
"""
