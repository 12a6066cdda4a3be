"""Reservations: what a CSMS can reserve, whom the connector is then kept for, and when that ends (hard case 19).

The world begins with both connectors Available. alice and bob are of no group, carol and dave of one.
"""
