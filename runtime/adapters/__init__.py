"""The ports of the station joined to the world: websocket, simulated charger, clocks, files, the log."""
