"""A charging session, told as it goes: boot, a driver, energy, the end. What the CSMS saw is the judge.

The world is ``properties/world``; its driver, its cars and its CSMS are real objects on a virtual clock. Alice and Bob
have tokens of their own, Carol and Dave are a group, Mallory is blocked, everybody else is unknown.
"""
