// grpc-js-reflection-client as the client: lists and describes the services, and calls Echo without a .proto file.
//
//   node reflection_test.js VERSION TARGET     VERSION: v1 or v1alpha
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const grpc = require('@grpc/grpc-js');
const { GrpcReflection } = require('grpc-js-reflection-client');

const [version, target] = process.argv.slice(2);
const reflection = new GrpcReflection(target, grpc.credentials.createInsecure(), {}, version);

test('services', async () => {
  assert.deepEqual((await reflection.listServices()).sort(), [
    'echo.Echo', 'grpc.health.v1.Health', 'grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection',
  ]);
});

test('methods', async () => {
  const methods = await reflection.listMethods('echo.Echo');
  assert.deepEqual(methods.map((method) => [method.name, method.definition.requestStream, method.definition.responseStream]), [
    ['Reply', false, false], ['ReplyStream', false, true], ['Collect', true, false], ['Chat', true, true],
  ]);
  assert.deepEqual((await reflection.listMethods('grpc.health.v1.Health')).map((method) => method.name), ['Check', 'Watch']);
});

test('a call of Echo', async () => {
  const described = await reflection.getDescriptorBySymbol('echo.Echo');
  const { Echo } = described.getPackageObject({ keepCase: true }).echo;
  const echo = new Echo(target, grpc.credentials.createInsecure());
  const reply = await new Promise((resolve, reject) => {
    echo.Reply({ message: 'hello', timing: true }, { deadline: Date.now() + 30000 },
      (error, message) => (error ? reject(error) : resolve(message)));
  });
  echo.close();
  assert.equal(reply.message, 'You said: hello');
  assert.ok(reply.timing.received_us > 0);
});

test('names that nobody has', async () => {
  await assert.rejects(reflection.getDescriptorBySymbol('echo.Nobody'), /no symbol echo\.Nobody/);
  await assert.rejects(reflection.getDescriptorByFileName('nobody.proto'), /no file nobody\.proto/);
  await assert.rejects(reflection.getAllExtensionNumbersOfType('echo.Nobody'), /no message echo\.Nobody/);
});

test('extension numbers', async () => {
  const numbers = await reflection.getAllExtensionNumbersOfType('echo.EchoRequest');
  assert.deepEqual(numbers, { base_type_name: 'echo.EchoRequest', extension_number: [] });
});
