// The npm packages in a browser, on a page of another origin than the gateway. Reports "passed" or the first error to /result.

import {create, createFileRegistry, fromBinary, toBinary} from '@bufbuild/protobuf';
import {FileDescriptorSetSchema} from '@bufbuild/protobuf/wkt';
import {createClient} from '@connectrpc/connect';
import {createGrpcWebTransport} from '@connectrpc/connect-web';

const url = globalThis.gateway;
const {GrpcWebClientBase, MethodDescriptor, MethodType} = globalThis.exports;

function equal(got, expected) {
  if (JSON.stringify(got) !== JSON.stringify(expected))
    throw new Error(`${JSON.stringify(got)} instead of ${JSON.stringify(expected)}`);
}

async function run() {
  const descriptors = new Uint8Array(await (await fetch('/descriptors')).arrayBuffer());
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptors));
  const numbers = (replies) => replies.map(({number}) => number);
  const wanted = Array.from({length: 50}, (_, i) => i + 1);

  const echo = createClient(registry.getService('echo.Echo'), createGrpcWebTransport({baseUrl: url}));
  equal((await echo.reply({message: 'hello'}, {headers: {'x-echo-id': 'abc'}})).message, 'You said: hello');
  const replies = [];
  for await (const reply of echo.replyStream({message: 'x', count: 50}))
    replies.push(reply);
  equal(numbers(replies), wanted);

  const request = registry.getMessage('echo.EchoRequest');
  const encode = (message) => toBinary(request, create(request, message));
  const decode = (bytes) => fromBinary(registry.getMessage('echo.EchoReply'), bytes);
  const method = (name, type) => new MethodDescriptor(`/echo.Echo/${name}`, type, Object, Object, encode, decode);
  for (const format of ['binary', 'text']) {
    const client = new GrpcWebClientBase({format});
    const reply =
        await client.unaryCall(`${url}/echo.Echo/Reply`, {message: 'hello'}, {}, method('Reply', MethodType.UNARY));
    equal(reply.message, 'You said: hello');
  }
  const streamed = [];
  const stream = new GrpcWebClientBase({format: 'text'})
                     .serverStreaming(
                         `${url}/echo.Echo/ReplyStream`, {message: 'x', count: 50}, {},
                         method('ReplyStream', MethodType.SERVER_STREAMING));
  await new Promise((resolve, reject) => {
    stream.on('data', (reply) => streamed.push(reply));
    stream.on('error', reject);
    stream.on('end', resolve);
  });
  equal(numbers(streamed), wanted);
}

const result = await run().then(() => 'passed', (error) => String(error));
await fetch('/result', {method: 'POST', body: result});
