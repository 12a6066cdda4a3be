"""Smart charging as a calculation: installed profiles and an instant in, a limit out (OCPP 1.6 edition 2, 3.13).

A profile is limits over time, with what says when they hold and for whom (CS-3.13-01, CS-3.13.1-01, CS-7.8-10).
Who sets them, and to balance what, is all one (CS-3.13.4-01).

No clock, no float, no state: limits are exact decimals in W, instants are whole seconds since 1970 in UTC, as
``startPeriod`` counts them. Read it in this order: ``timeline`` (one profile over time), ``limits`` (which of several
holds), ``composite`` (a window of it), ``allocation`` (one limit for several connectors), ``judgement`` (what is
refused).
"""
