// @grpc/grpc-js as a client program (harness.py has the protocol).
//
//   node grpc_js.js TARGET
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const tls = require('node:tls');
const modules = path.join(__dirname, '..', '..', 'e2e', 'node_modules');
const grpc = require(path.join(modules, '@grpc', 'grpc-js'));

const PATIENCE_MS = 60000;
const UNLIMITED = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
const bytes = (message) => message;
const TLS = 'tls:';

function credentials() {
  if (!process.argv[2].startsWith(TLS)) return grpc.credentials.createInsecure();
  if (process.env.PEERS_TLS === '1.2') tls.DEFAULT_MAX_VERSION = 'TLSv1.2';
  const files = ['PEERS_CA', 'PEERS_KEY', 'PEERS_CERTIFICATE'].map((name) => process.env[name]);
  return grpc.credentials.createSsl(...files.map((file) => (file ? fs.readFileSync(file) : null)));
}

const target = process.argv[2].startsWith(TLS) ? process.argv[2].slice(TLS.length) : process.argv[2];
const client = new grpc.Client(target, credentials(), UNLIMITED);
const hex = (value) => Buffer.from(value).toString('hex');

function parse(words) {
  const order = { messages: [], metadata: [], times: 1, copies: 1, 'at-once': 1, 'timeout-ms': PATIENCE_MS };
  for (const word of words) {
    const at = word.indexOf('=');
    const [key, value] = [word.slice(0, at), word.slice(at + 1)];
    if (key === 'message') {
      order.messages.push(Buffer.from(value, 'hex'));
    } else if (key === 'metadata') {
      const [name, data] = value.split(':');
      order.metadata.push([name, name.endsWith('-bin') ? Buffer.from(data, 'hex') : Buffer.from(data, 'hex').toString()]);
    } else {
      order[key] = ['kind', 'path', 'numbered'].includes(key) ? value : Number(value);
    }
  }
  const once = order.messages;
  for (let copy = 1; copy < order.copies; ++copy) order.messages = order.messages.concat(once);
  return order;
}

// Makes one call and resolves to its status. `onReply(reply)` is called for each reply.
function one(order, number, onReply) {
  return new Promise((resolve) => {
    const metadata = new grpc.Metadata();
    for (const [name, value] of order.metadata) metadata.add(name, value);
    if (order.numbered) metadata.add(order.numbered, String(number));
    const options = { deadline: Date.now() + order['timeout-ms'] };
    const isUnary = order.kind === 'unary' || order.kind === 'client';
    const answered = (error, reply) => error || onReply(reply);
    let initial = new grpc.Metadata();
    let call;
    switch (order.kind) {
      case 'unary':
        call = client.makeUnaryRequest(order.path, bytes, bytes, order.messages[0], metadata, options, answered);
        break;
      case 'server':
        call = client.makeServerStreamRequest(order.path, bytes, bytes, order.messages[0], metadata, options);
        break;
      case 'client':
        call = client.makeClientStreamRequest(order.path, bytes, bytes, metadata, options, answered);
        break;
      default:
        call = client.makeBidiStreamRequest(order.path, bytes, bytes, metadata, options);
    }
    let sent = 0;
    const sendNext = () => (sent < order.messages.length ? call.write(order.messages[sent++]) : call.end());
    call.on('metadata', (got) => (initial = got));
    call.on('error', () => {});
    call.on('status', (status) => setImmediate(() => resolve({ ...status, initial, trailing: status.metadata })));
    if (!isUnary) {
      let replies = 0;
      call.on('data', (reply) => {
        onReply(reply);
        if (++replies === order['cancel-after']) call.cancel();
        if (order.lockstep) sendNext();
      });
    }
    if (order.kind === 'client' || order.kind === 'bidi') {
      if (order.lockstep) sendNext();
      else while (sent <= order.messages.length && !call.writableEnded) sendNext();
    }
    if (order['cancel-after'] === 0) call.cancel();
  });
}

async function run(order) {
  const outcomes = new Map();
  let [next, withReply, replies, last, lastReplies] = [0, 0, 0, undefined, []];

  async function work() {
    while (next < order.times) {
      const got = [];
      const ended = await one(order, next++, (reply) => {
        ++replies;
        got.push(reply);
        if (got.length === 1 && ++withReply === order['at-once']) console.log('started');
      });
      const key = `${ended.code} ${hex(ended.details)}`;
      outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
      [last, lastReplies] = [ended, got];
      if (ended.code !== 0 && order['until-failure']) next = order.times;
    }
  }

  await Promise.all(Array.from({ length: order['at-once'] }, work));
  const lines = [];
  for (const [key, count] of outcomes) lines.push(`outcome ${key.replace(' ', ` ${count} `)}`);
  for (const kind of ['initial', 'trailing']) {
    const names = Object.keys(last[kind].getMap());
    for (const name of names) for (const value of last[kind].get(name)) lines.push(`${kind} ${name} ${hex(value)}`);
  }
  if (order.times === 1) for (const reply of lastReplies) lines.push(`reply ${hex(reply)}`);
  console.log([...lines, `replies ${replies}`, 'done'].join('\n'));
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [verb, ...words] = line.split(' ');
    if (verb === 'version') console.log(`version ${require(path.join(modules, '@grpc', 'grpc-js', 'package.json')).version}`);
    else await run(parse(words));
  }
  process.exit(0); // grpc-js waits for the deadlines of calls that were cancelled.
}

main();
