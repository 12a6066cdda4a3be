// A central system on ocpp-rpc in strict mode, which judges both directions by its own schemas.
//
// It speaks to its parent as `provenpoint csms --port 0 --json` does: the first line says where it listens, each line
// after it is JSON, {dir, text}, with frames "in" and "out", and "link"; a line on standard input, `Action {payload}`,
// is a call to the station. Whatever the library objects to is a line with dir "complaint". It ends with its standard input.
'use strict';

const readline = require('node:readline');
const {RPCServer} = require('ocpp-rpc');

const PROTOCOL = 'ocpp1.6';
const ANSWER_WITHIN_MS = 10_000;

const say = (dir, text) => process.stdout.write(`${JSON.stringify({dir, text})}\n`);
const complain = (what, about, error) =>
    say('complaint', `${what}: ${about}: ${error?.message} ${JSON.stringify(error?.details ?? {})}`);

const now = () => new Date().toISOString();
const accepted = {idTagInfo: {status: 'Accepted'}};
let transactionId = 0;

const answers = {
    BootNotification: () => ({status: 'Accepted', currentTime: now(), interval: 60}),
    Heartbeat: () => ({currentTime: now()}),
    Authorize: () => accepted,
    StartTransaction: () => ({transactionId: ++transactionId, ...accepted}),
    DataTransfer: () => ({status: 'Accepted'}),
    SignCertificate: () => ({status: 'Accepted'}),
};

const server = new RPCServer({protocols: [PROTOCOL], strictMode: true, callTimeoutMs: ANSWER_WITHIN_MS});
let station = null;

server.on('client', client => {
    station = client;
    say('link', 'connected');
    client.handle(({method}) => (answers[method] ?? (() => ({})))());
    client.on('message', ({message, outbound}) => say(outbound ? 'out' : 'in', String(message)));
    client.on('strictValidationFailure', ({method, isCall, error}) =>
        complain('schema', `${method}.${isCall ? 'req' : 'conf'}`, error));
    client.on('badMessage', ({buffer, error}) => complain('frame', String(buffer), error));
    client.on('callError', ({method, error}) => complain('call', method, error));
});

readline.createInterface({input: process.stdin})
    .on('line', line => {
        const [, action, payload] = /^(\w+) (\{.*\})$/.exec(line);
        station.call(action, JSON.parse(payload)).catch(error => complain('call', action, error));
    })
    .on('close', () => process.exit(0));

server.listen(0, '127.0.0.1').then(http => {
    process.stdout.write(`listening on ws://127.0.0.1:${http.address().port}\n`);
});
