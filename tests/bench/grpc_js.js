// @grpc/grpc-js as in its examples.
'use strict';

const path = require('path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const proto = path.join(__dirname, '..', '..', 'proto', 'echo.proto');
const { echo } = grpc.loadPackageDefinition(loader.loadSync(proto, { keepCase: true, defaults: true }));

function said(request, number) {
  return { message: `You said: ${request.message}`, number };
}

const server = new grpc.Server({ 'grpc.max_receive_message_length': 4 << 20 });
server.addService(echo.Echo.service, {
  Reply(call, callback) {
    callback(null, said(call.request, 0));
  },
  ReplyStream(call) {
    for (let i = 1; i <= call.request.count; i += 1) call.write(said(call.request, i));
    call.end();
  },
  Collect(call, callback) {
    const summary = { messages: 0, bytes: 0 };
    call.on('data', (request) => {
      summary.messages += 1;
      summary.bytes += request.message.length;
    });
    call.on('end', () => callback(null, summary));
  },
  Chat(call) {
    let number = 0;
    call.on('data', (request) => {
      number += 1;
      call.write(said(request, number));
    });
    call.on('end', () => call.end());
  },
});

const [, address] = process.argv.slice(2);
server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.error(`grpc-js: ready on 127.0.0.1:${port}`);
});
process.on('SIGTERM', () => process.exit(0));
