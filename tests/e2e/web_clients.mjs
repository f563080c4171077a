// The npm packages grpc-web and @connectrpc/connect-web as clients of gRPC-Web.
//
//   node web_clients.mjs URL DESCRIPTORS     a file of protoc --descriptor_set_out with echo.proto and health.proto

import {create, createFileRegistry, fromBinary, toBinary} from '@bufbuild/protobuf';
import {FileDescriptorSetSchema} from '@bufbuild/protobuf/wkt';
import {Code, ConnectError, createClient} from '@connectrpc/connect';
import {createGrpcWebTransport} from '@connectrpc/connect-web';
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {test} from 'node:test';

const require = createRequire(import.meta.url);
globalThis.XMLHttpRequest = require('xhr2');
const {GrpcWebClientBase, MethodDescriptor, MethodType} = require('grpc-web');

const [url, descriptors] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)));
const request = registry.getMessage('echo.EchoRequest');
const reply = registry.getMessage('echo.EchoReply');

// --- @connectrpc/connect-web, which has the binary format only ---

const transport = createGrpcWebTransport({baseUrl: url, useBinaryFormat: true});
const echo = createClient(registry.getService('echo.Echo'), transport);
const health = createClient(registry.getService('grpc.health.v1.Health'), transport);

async function code(promise) {
  return promise.then(
      () => assert.fail('the call succeeded'),
      (error) => {
        assert(error instanceof ConnectError, String(error));
        assert.notEqual(error.rawMessage, '');
        return error.code;
      },
  );
}

test('connect-web: unary', async () => {
  assert.equal((await echo.reply({message: 'hello'})).message, 'You said: hello');
});

test('connect-web: metadata', async () => {
  const got = {};
  const headers = {'x-echo-id': 'abc'};
  await echo.reply({message: 'x'}, {headers, onHeader: (h) => (got.header = h), onTrailer: (t) => (got.trailer = t)});
  assert.equal(got.header.get('x-echo-id') ?? got.trailer.get('x-echo-id'), 'abc');
});

test('connect-web: server streaming', async () => {
  const numbers = [];
  for await (const {number} of echo.replyStream({message: 'x', count: 200}))
    numbers.push(number);
  assert.deepEqual(numbers, Array.from({length: 200}, (_, i) => i + 1));
});

test('connect-web: errors', async () => {
  assert.equal(await code(health.check({service: 'none'})), Code.NotFound);
});

test('connect-web: deadline', async () => {
  const replies = async () => {
    for await (const _ of echo.replyStream({message: 'x', count: 1000, intervalMs: 100}, {timeoutMs: 50}))
      ;
  };
  assert.equal(await code(replies()), Code.DeadlineExceeded);
});

test('connect-web: cancellation', async () => {
  const abort = new AbortController();
  const replies = async () => {
    for await (const _ of echo.replyStream({message: 'x', count: 1000, intervalMs: 20}, {signal: abort.signal}))
      abort.abort();
  };
  assert.equal(await code(replies()), Code.Canceled);
});

// --- grpc-web ---

function method(name, type) {
  const encode = (message) => toBinary(request, create(request, message));
  return new MethodDescriptor(`/echo.Echo/${name}`, type, Object, Object, encode, (bytes) => fromBinary(reply, bytes));
}

const unary = method('Reply', MethodType.UNARY);
const streaming = method('ReplyStream', MethodType.SERVER_STREAMING);

for (const format of ['binary', 'text']) {
  const client = new GrpcWebClientBase({format});

  test(`grpc-web, ${format}: unary`, async () => {
    const got = await client.unaryCall(`${url}/echo.Echo/Reply`, {message: 'hello'}, {}, unary);
    assert.equal(got.message, 'You said: hello');
  });

  test(`grpc-web, ${format}: errors`, async () => {
    const missing =
        new MethodDescriptor('/echo.Echo/None', MethodType.UNARY, Object, Object, () => new Uint8Array(), () => ({}));
    const error = await client.unaryCall(`${url}/echo.Echo/None`, {}, {}, missing).catch((caught) => caught);
    assert.equal(error.code, 12);
    assert.notEqual(error.message, '');
  });
}

// The package streams in the text format only.
test('grpc-web, text: server streaming', async () => {
  const numbers = [];
  const stream =
      new GrpcWebClientBase({
        format: 'text'
      }).serverStreaming(`${url}/echo.Echo/ReplyStream`, {message: 'x'.repeat(50), count: 200}, {}, streaming);
  await new Promise((resolve, reject) => {
    stream.on('data', ({number}) => numbers.push(number));
    stream.on('error', reject);
    stream.on('end', resolve);
  });
  assert.deepEqual(numbers, Array.from({length: 200}, (_, i) => i + 1));
});
