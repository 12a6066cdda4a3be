"""A conformance suite for any OCPP 1.6-J station: cases of OCTT's test case document, played against a real one.

    case         what a case is, what it needs of a station, and the list of all of them
    cases/       the scenarios, one function for each case
    bench        the calls that a scenario is written in; each is one numbered step
    expectation  what may be expected of a message
    csms         the scripted central system: a real websocket, every frame kept and judged
    answers      what it answers, unless a scenario says otherwise
    schema       whether a frame is a message of OCPP 1.6, by our classes and by the schemas of the `ocpp` package
    actions      actions at the station, over its control interface
    undo         what a case has done that has to be undone
    cleanup      the station as every case finds it, made so again
    setup        a bench with a station on it
    own_station  this installation's station as a process that comes back by itself
    run, report  from cases to outcomes, and how they are printed

Facts of the document carry over (which message, in which order, with which value), its sentences do not. Nothing here
looks inside a station: only what the central system saw is judged.
"""
