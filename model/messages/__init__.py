"""The messages of OCPP 1.6 as values that cannot be wrong.

Each operation has a module by functional block; each message in it is one frozen attrs class whose
annotations are the field table of the specification: `IdToken` is a text of at most 20 characters,
`ConnectorAboveZero` an integer above 0. The limits are checked when a message is built, so a message that exists
is one that may be sent, and a payload that was read is one that may be acted upon.

- `errors`: the ten CALLERROR codes, and `BadPayloadError`, the one refusal.
- `kinds`, `scalars`: what a field may hold, and how JSON says it.
- `message`: the `@message` decorator, which derives validators and wire names from annotations.
- `types`: the scalar types of clause 7, and the records that several blocks share.
- `codec`: a payload to a message and back.
- `registry`: every action of OCPP 1.6 and its security extension, supported here or not.
"""
