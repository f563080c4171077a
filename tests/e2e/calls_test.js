// @grpc/grpc-js as client: every kind of call, errors, metadata, deadlines and cancellation.
//
//   node calls_test.js TARGET     TARGET accepts messages of up to 4 MiB
//
// "tls:HOST:PORT" is TLS with the authority in the file MOTE_TEST_CA.
'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { after, test } = require('node:test');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const TLS = 'tls:';
const secured = process.argv[2].startsWith(TLS);
const target = secured ? process.argv[2].slice(TLS.length) : process.argv[2];
const credentials = () =>
  secured ? grpc.credentials.createSsl(fs.readFileSync(process.env.MOTE_TEST_CA)) : grpc.credentials.createInsecure();
const PATIENCE_MS = 30000;
const MEBIBYTE = '0123456789abcdef'.repeat(65536);
const UNLIMITED = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
const SLOW = { message: 'slow', count: 1000, interval_ms: 60000 };

const definition = protoLoader.loadSync(['echo.proto', 'grpc/health/v1/health.proto'], {
  includeDirs: [path.join(__dirname, '..', '..', 'proto')],
  keepCase: true,
  longs: Number,
  enums: String,
  defaults: true,
});
const protos = grpc.loadPackageDefinition(definition);
const echo = new protos.echo.Echo(target, credentials(), UNLIMITED);
const health = new protos.grpc.health.v1.Health(target, credentials());

after(() => {
  echo.close();
  health.close();
});

const patience = () => ({ deadline: Date.now() + PATIENCE_MS });

// Makes a unary or client-streaming call. Resolves to its reply, metadata and trailers, or rejects with its error.
function unary(client, method, request, metadata = new grpc.Metadata(), options = patience()) {
  return new Promise((resolve, reject) => {
    const got = {};
    const call = client[method](request, metadata, options, (error, reply) => {
      got.error = error;
      got.reply = reply;
    });
    call.on('metadata', (initial) => (got.initial = initial));
    call.on('status', (status) => {
      got.trailers = status.metadata;
      setImmediate(() => (got.error ? reject(got.error) : resolve(got)));
    });
  });
}

async function reply(message) {
  return (await unary(echo, 'Reply', { message })).reply;
}

function collect(messages) {
  return new Promise((resolve, reject) => {
    const settle = (error, summary) => (error ? reject(error) : resolve(summary));
    const call = echo.Collect(new grpc.Metadata(), patience(), settle);
    messages.forEach((message) => call.write({ message }));
    call.end();
  });
}

async function all(stream) {
  const messages = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

// Resolves to the gRPC status code at the end of the stream.
function code(stream) {
  return new Promise((resolve) => {
    stream.on('error', () => {});
    stream.on('status', (status) => resolve(status.code));
    stream.resume();
  });
}

const first = async (stream) => (await once(stream, 'data'))[0];

test('Reply repeats the message', async () => {
  for (const message of ['hello', '', 'Grüße 日本語 🦊', 'a\0b']) {
    assert.deepEqual(await reply(message), { message: `You said: ${message}`, number: 0, timing: null });
  }
});

test('Reply with timing', async () => {
  const before = Date.now() * 1000;
  const { timing } = (await unary(echo, 'Reply', { message: 't', timing: true })).reply;
  assert.ok(timing.received_us >= before - 2000 && timing.sent_us >= timing.received_us);
  assert.ok(timing.sent_us <= Date.now() * 1000 + 2000);
});

test('a thousand calls in sequence', async () => {
  for (let number = 0; number < 1000; ++number) assert.equal((await reply(`${number}`)).message, `You said: ${number}`);
});

test('ReplyStream is numbered from 1', async () => {
  const replies = await all(echo.ReplyStream({ message: 'm', count: 50 }, patience()));
  assert.deepEqual(replies.map((each) => each.number), Array.from({ length: 50 }, (_, index) => index + 1));
});

test('Collect counts', async () => {
  const summary = await collect(['a', '', 'ü', 'bcd']);
  assert.deepEqual([summary.messages, summary.bytes], [4, 6]);
  assert.equal((await collect([])).messages, 0);
});

test('Chat answers each message at once', async () => {
  const chat = echo.Chat(patience());
  for (let number = 1; number <= 20; ++number) {
    const answered = first(chat);
    chat.write({ message: `m${number}` });
    const { message, number: place } = await answered;
    assert.deepEqual([message, place], [`You said: m${number}`, number]);
  }
  chat.end();
  assert.deepEqual(await all(chat), []);
});

test('a mebibyte in both directions', async () => {
  assert.equal((await reply(MEBIBYTE)).message, `You said: ${MEBIBYTE}`);
  const chat = echo.Chat(patience());
  for (let count = 0; count < 3; ++count) chat.write({ message: MEBIBYTE });
  chat.end();
  for (const each of await all(chat)) assert.equal(each.message.length, MEBIBYTE.length + 10);
});

test('a hundred streams at once', async () => {
  const request = { message: 'x'.repeat(500), count: 20, interval_ms: 5 };
  const streams = Array.from({ length: 100 }, () => echo.ReplyStream(request, patience()));
  for (const replies of await Promise.all(streams.map(all))) assert.equal(replies.length, 20);
});

test('more calls than allowed streams', async () => {
  const replies = await Promise.all(Array.from({ length: 400 }, (_, index) => reply(`${index}`)));
  replies.forEach(({ message }, index) => assert.equal(message, `You said: ${index}`));
});

test('metadata is returned as initial metadata and trailers', async () => {
  const metadata = new grpc.Metadata();
  metadata.set('x-echo-text', 'some text');
  metadata.set('x-echo-some-bin', Buffer.from([0, 1, 2, 250, 255]));
  metadata.set('x-other', 'stays');
  const got = await unary(echo, 'Reply', { message: 'm' }, metadata);
  for (const echoed of [got.initial, got.trailers]) {
    assert.deepEqual(echoed.get('x-echo-text'), ['some text']);
    assert.deepEqual(echoed.get('x-echo-some-bin'), [Buffer.from([0, 1, 2, 250, 255])]);
    assert.deepEqual(echoed.get('x-other'), []);
  }
});

function call(method, payload) {
  const same = (bytes) => bytes;
  return new Promise((resolve, reject) => {
    const settle = (error, bytes) => (error ? reject(error) : resolve(bytes));
    echo.makeUnaryRequest(method, same, same, payload, new grpc.Metadata(), patience(), settle);
  });
}

test('unknown methods and services', async () => {
  for (const method of ['/echo.Echo/Shout', '/echo.Nobody/Reply', '/x']) {
    await assert.rejects(call(method, Buffer.alloc(0)), { code: grpc.status.UNIMPLEMENTED });
  }
});

test('malformed message', async () => {
  const error = await call('/echo.Echo/Reply', Buffer.from([0xff])).then(assert.fail, (caught) => caught);
  assert.ok([grpc.status.INTERNAL, grpc.status.INVALID_ARGUMENT].includes(error.code), error.message);
});

test('message larger than the limit', async () => {
  const error = await reply('x'.repeat((4 << 20) + 1)).then(assert.fail, (caught) => caught);
  assert.equal(error.code, grpc.status.RESOURCE_EXHAUSTED);
  assert.match(error.details, /4194304/);
  assert.equal((await reply('still there')).message, 'You said: still there');
});

test('deadlines of every kind of call', async () => {
  const soon = () => ({ deadline: Date.now() + 200 });
  assert.equal(await code(echo.ReplyStream(SLOW, soon())), grpc.status.DEADLINE_EXCEEDED);
  assert.equal(await code(echo.Chat(soon())), grpc.status.DEADLINE_EXCEEDED);
  const collected = await new Promise((resolve) => echo.Collect(new grpc.Metadata(), soon(), resolve));
  assert.equal(collected.code, grpc.status.DEADLINE_EXCEEDED);
  assert.equal((await reply('m')).message, 'You said: m');
});

test('cancelled calls release their resources', async () => {
  for (let turn = 0; turn < 4; ++turn) {
    const streams = Array.from({ length: 90 }, () => echo.ReplyStream(SLOW, patience()));
    await Promise.all(streams.map(first));
    const codes = streams.map(code);
    streams.forEach((stream) => stream.cancel());
    assert.deepEqual(new Set(await Promise.all(codes)), new Set([grpc.status.CANCELLED]));
    // Successful calls refund the cost of the resets.
    for (let number = 0; number < 100; ++number) await reply('m');
  }
});

test('health', async () => {
  for (const service of ['', 'echo.Echo']) {
    assert.equal((await unary(health, 'Check', { service })).reply.status, 'SERVING');
  }
  await assert.rejects(unary(health, 'Check', { service: 'nobody' }), { code: grpc.status.NOT_FOUND });
  const watch = health.Watch({ service: 'nobody' }, patience());
  assert.equal((await first(watch)).status, 'SERVICE_UNKNOWN');
  const ended = code(watch);
  watch.cancel();
  assert.equal(await ended, grpc.status.CANCELLED);
});
