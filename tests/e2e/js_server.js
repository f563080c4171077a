// The Echo service on @grpc/grpc-js, to test clients with. It accepts the flags of the gateway that it needs and prints the same
// ready line.
//
//   node js_server.js --listen ADDRESS [--max-message-bytes N] [--fail-with TEXT]
'use strict';

const path = require('node:path');
const { parseArgs } = require('node:util');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const flags = parseArgs({
  options: {
    listen: { type: 'string' },
    'max-message-bytes': { type: 'string', default: '65536' },
    'fail-with': { type: 'string' },
  },
}).values;

const definition = protoLoader.loadSync('echo.proto', {
  includeDirs: [path.join(__dirname, '..', '..', 'proto')],
  keepCase: true,
  longs: Number,
  defaults: true,
});
const { echo } = grpc.loadPackageDefinition(definition);

const now = () => Math.round((performance.timeOrigin + performance.now()) * 1000);

function echoed(call) {
  const metadata = new grpc.Metadata();
  for (const [key, value] of Object.entries(call.metadata.getMap())) {
    if (key.startsWith('x-echo-')) metadata.set(key, value);
  }
  return metadata;
}

function replyTo(request, received, number = 0) {
  const reply = { message: `You said: ${request.message}`, number };
  if (request.timing) reply.timing = { received_us: received, sent_us: now() };
  return reply;
}

function reply(call, answer) {
  const received = now();
  if (flags['fail-with'] !== undefined) {
    answer({ code: grpc.status.FAILED_PRECONDITION, details: flags['fail-with'] });
    return;
  }
  call.sendMetadata(echoed(call));
  answer(null, replyTo(call.request, received), echoed(call));
}

async function replyStream(call) {
  const received = now();
  call.sendMetadata(echoed(call));
  for (let number = 1; number <= Math.max(call.request.count, 1) && !call.cancelled; number += 1) {
    if (number > 1) await new Promise((resolve) => setTimeout(resolve, call.request.interval_ms));
    call.write(replyTo(call.request, received, number));
  }
  call.end(echoed(call));
}

function collect(call, answer) {
  const summary = { messages: 0, bytes: 0, duration_us: 0 };
  let first = 0;
  call.sendMetadata(echoed(call));
  call.on('data', (request) => {
    first ||= now();
    summary.messages += 1;
    summary.bytes += Buffer.byteLength(request.message);
  });
  call.on('end', () => {
    summary.duration_us = first ? now() - first : 0;
    answer(null, summary, echoed(call));
  });
}

function chat(call) {
  let number = 0;
  call.sendMetadata(echoed(call));
  call.on('data', (request) => call.write(replyTo(request, now(), (number += 1))));
  call.on('end', () => call.end(echoed(call)));
}

const server = new grpc.Server({ 'grpc.max_receive_message_length': Number(flags['max-message-bytes']) });
server.addService(echo.Echo.service, { Reply: reply, ReplyStream: replyStream, Collect: collect, Chat: chat });
server.bindAsync(flags.listen, grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  const unix = flags.listen.startsWith('unix:');
  console.error(`version ${require('@grpc/grpc-js/package.json').version}`);
  console.error(`js-server: ready on ${unix ? flags.listen : `${flags.listen.replace(/:\d+$/, '')}:${port}`}`);
});
process.on('SIGTERM', () => {
  server.forceShutdown();
  process.exit(0);
});
