"""The simulated world: real objects around a real station, on a clock that only moves when it is set.

Everything that a station meets in life is here, and lies, dies and returns as in life: a disk that can be cut in the
middle of a commit, a network that drops and half-opens, a CSMS that misbehaves, a charger with cars, a driver. The
tests, the properties and ``provenpoint replay`` share it. No mocks: each class satisfies a port of
``runtime/core/ports.py`` or exchanges real frames, and the host between them is the one of the product.
"""
