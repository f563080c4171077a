// gRPC's interoperability cases on @grpc/grpc-js, in addition to interop_client.py, which names the document.
//
//   node interop_client.js --server_port=PORT     prints a line for each case, and exits with 1 if one failed
'use strict';

const assert = require('node:assert/strict');
const { createRequire } = require('node:module');
const path = require('node:path');
const { parseArgs } = require('node:util');

const e2e = createRequire(path.join(__dirname, '..', 'e2e', 'package.json'));
const grpc = e2e('@grpc/grpc-js');
const protoLoader = e2e('@grpc/proto-loader');

const PATIENCE_MS = 30000;
const REQUEST_SIZES = [27182, 8, 1828, 45904];
const RESPONSE_SIZES = [31415, 9, 2653, 58979];
const LARGE_REQUEST = 271828;
const LARGE_RESPONSE = 314159;
const INITIAL = ['x-grpc-test-echo-initial', 'test_initial_metadata_value'];
const TRAILING = ['x-grpc-test-echo-trailing-bin', Buffer.from([0xab, 0xab, 0xab])];
const SPECIAL_MESSAGE = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';

const definition = protoLoader.loadSync('interop.proto', { includeDirs: [__dirname], keepCase: true, defaults: true });
const { testing } = grpc.loadPackageDefinition(definition).grpc;

const zeros = (size) => ({ body: Buffer.alloc(size) });
const parameters = (...sizes) => sizes.map((size) => ({ size }));
const patience = () => ({ deadline: Date.now() + PATIENCE_MS });

// The payloads are zeros, of these sizes.
function expectPayloads(responses, sizes) {
  assert.deepEqual(responses.map(({ payload }) => payload.body.length), sizes);
  for (const { payload } of responses) assert.ok(payload.body.equals(Buffer.alloc(payload.body.length)), 'not zeros');
}

// Makes a call with one response. Resolves to the response, metadata and trailers, or rejects with the error.
function answered(start) {
  return new Promise((resolve) => {
    const got = {};
    const call = start((error, response) => Object.assign(got, { error, response }));
    call.on('metadata', (initial) => (got.initial = initial));
    call.on('status', (status) => {
      got.trailers = status.metadata;
      setImmediate(() => resolve(got));
    });
  });
}

function unary(client, method, request, metadata = new grpc.Metadata()) {
  return answered((done) => client[method](request, metadata, patience(), done));
}

// Reads all responses of a stream; `onResponse` may write to it, end it or cancel it.
function streamed(stream, onResponse = () => {}) {
  return new Promise((resolve) => {
    const got = { responses: [] };
    stream.on('metadata', (initial) => (got.initial = initial));
    stream.on('data', (response) => {
      got.responses.push(response);
      onResponse(got.responses.length);
    });
    stream.on('error', () => {});
    stream.on('status', (status) => {
      got.status = status;
      setImmediate(() => resolve(got));
    });
  });
}

function succeeded(got) {
  assert.equal(got.error ?? null, null);
  return got.response;
}

const cases = {
  // As bytes, because a decoded message hides unknown fields.
  async empty_unary(client) {
    const same = (bytes) => bytes;
    const got = await answered((done) => {
      const { path: method } = testing.TestService.service.EmptyCall;
      return client.makeUnaryRequest(method, same, same, Buffer.alloc(0), new grpc.Metadata(), patience(), done);
    });
    assert.equal(succeeded(got).length, 0);
  },

  async large_unary(client) {
    const request = { response_size: LARGE_RESPONSE, payload: zeros(LARGE_REQUEST) };
    expectPayloads([succeeded(await unary(client, 'UnaryCall', request))], [LARGE_RESPONSE]);
  },

  async client_streaming(client) {
    const got = await answered((done) => {
      const call = client.StreamingInputCall(new grpc.Metadata(), patience(), done);
      REQUEST_SIZES.forEach((size) => call.write({ payload: zeros(size) }));
      call.end();
      return call;
    });
    assert.equal(succeeded(got).aggregated_payload_size, 74922);
  },

  async server_streaming(client) {
    const request = { response_parameters: parameters(...RESPONSE_SIZES) };
    const got = await streamed(client.StreamingOutputCall(request, patience()));
    assert.equal(got.status.code, grpc.status.OK);
    expectPayloads(got.responses, RESPONSE_SIZES);
  },

  async ping_pong(client) {
    const stream = client.FullDuplexCall(patience());
    const ping = (index) => {
      if (index === REQUEST_SIZES.length) return stream.end();
      const response_parameters = parameters(RESPONSE_SIZES[index]);
      return stream.write({ response_parameters, payload: zeros(REQUEST_SIZES[index]) });
    };
    const over = streamed(stream, ping);
    ping(0);
    const got = await over;
    assert.equal(got.status.code, grpc.status.OK);
    expectPayloads(got.responses, RESPONSE_SIZES);
  },

  async empty_stream(client) {
    const stream = client.FullDuplexCall(patience());
    stream.end();
    const got = await streamed(stream);
    assert.equal(got.status.code, grpc.status.OK);
    assert.deepEqual(got.responses, []);
  },

  async timeout_on_sleeping_server(client) {
    const stream = client.FullDuplexCall({ deadline: Date.now() + 1 });
    stream.write({ payload: zeros(27182) });
    assert.equal((await streamed(stream)).status.code, grpc.status.DEADLINE_EXCEEDED);
  },

  async cancel_after_begin(client) {
    const got = await answered((done) => {
      const call = client.StreamingInputCall(new grpc.Metadata(), patience(), done);
      call.cancel();
      return call;
    });
    assert.equal(got.error.code, grpc.status.CANCELLED);
  },

  async cancel_after_first_response(client) {
    const stream = client.FullDuplexCall(patience());
    const over = streamed(stream, () => stream.cancel());
    stream.write({ response_parameters: parameters(31415), payload: zeros(27182) });
    const got = await over;
    expectPayloads(got.responses, [31415]);
    assert.equal(got.status.code, grpc.status.CANCELLED);
  },

  async custom_metadata(client) {
    const metadata = new grpc.Metadata();
    metadata.set(...INITIAL);
    metadata.set(...TRAILING);
    const check = (initial, trailers) => {
      assert.deepEqual(initial.get(INITIAL[0]), [INITIAL[1]]);
      assert.deepEqual(trailers.get(TRAILING[0]), [TRAILING[1]]);
    };

    const request = { response_size: LARGE_RESPONSE, payload: zeros(LARGE_REQUEST) };
    const one = await unary(client, 'UnaryCall', request, metadata);
    expectPayloads([succeeded(one)], [LARGE_RESPONSE]);
    check(one.initial, one.trailers);

    const stream = client.FullDuplexCall(metadata, patience());
    stream.write({ response_parameters: parameters(LARGE_RESPONSE), payload: zeros(LARGE_REQUEST) });
    stream.end();
    const many = await streamed(stream);
    expectPayloads(many.responses, [LARGE_RESPONSE]);
    check(many.initial, many.status.metadata);
  },

  async status_code_and_message(client) {
    const request = { response_status: { code: 2, message: 'test status message' } };
    const { error } = await unary(client, 'UnaryCall', request);
    const stream = client.FullDuplexCall(patience());
    stream.write(request);
    stream.end();
    const { status } = await streamed(stream);
    for (const { code, details } of [error, status]) assert.deepEqual([code, details], [2, 'test status message']);
  },

  async special_status_message(client) {
    const request = { response_status: { code: 2, message: SPECIAL_MESSAGE } };
    const { error } = await unary(client, 'UnaryCall', request);
    assert.deepEqual([error.code, error.details], [2, SPECIAL_MESSAGE]);
  },

  async unimplemented_method(client) {
    const { error } = await unary(client, 'UnimplementedCall', {});
    assert.equal(error?.code, grpc.status.UNIMPLEMENTED);
  },

  async unimplemented_service(_, target) {
    const client = new testing.UnimplementedService(target, grpc.credentials.createInsecure());
    const { error } = await unary(client, 'UnimplementedCall', {});
    client.close();
    assert.equal(error?.code, grpc.status.UNIMPLEMENTED);
  },
};

const shortened = (text) => text.replace(/\s+/g, ' ').slice(0, 200);

async function main() {
  const { values } = parseArgs({
    options: { server_host: { type: 'string', default: '127.0.0.1' }, server_port: { type: 'string' } },
  });
  const target = `${values.server_host}:${values.server_port}`;
  const client = new testing.TestService(target, grpc.credentials.createInsecure());
  let failed = 0;
  for (const [name, run] of Object.entries(cases)) {
    const failure = await run(client, target).then(() => null, (error) => shortened(error.message));
    if (failure !== null) ++failed;
    console.log(`${name}: ${failure === null ? 'passed' : `FAILED: ${failure}`}`);
  }
  client.close();
  // grpc-js waits for the deadlines of cancelled calls.
  process.exit(failed === 0 ? 0 : 1);
}

main();
