// A fuzzer's script for up to three clients of the gateway: instructions of one byte, followed by their operands.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/gateway_play.h"
#include "gzip/gzip.h"

namespace mote::fuzz {

class Script final : public Play {
 public:
  Script(const Setup& setup, Bytes input) : Play(setup), script_(input) {}

 private:
  static constexpr std::array<std::string_view, 12> kPaths = {"/echo.Echo/Reply",
                                                              "/echo.Echo/ReplyStream",
                                                              "/echo.Echo/Collect",
                                                              "/echo.Echo/Chat",
                                                              "/grpc.health.v1.Health/Check",
                                                              "/grpc.health.v1.Health/Watch",
                                                              "/",
                                                              "/echo.Echo/Nothing",
                                                              "/nobody.Home/Reply",
                                                              "/echo.Echo/Reply",
                                                              "/echo.Echo/ReplyStream",
                                                              "/x"};
  static constexpr std::array<std::string_view, 8> kTimeouts = {"", "", "", "1S", "0n", "50m", "99999999H", "5x"};

  bool at_end() override { return script_.empty(); }

  Next act() override {
    const std::uint8_t instruction = script_.next();
    constexpr std::array<std::size_t, 8> kWho = {0, 0, 0, 0, 0, 1, 1, 2};
    return act(instruction & 31, client(kWho[instruction >> 5U]));
  }

  Next act(std::uint8_t instruction, Client& client) {
    switch (instruction) {
      case 0:
        request(client, script_.next());
        return Next::Look;
      case 1: {
        const std::uint32_t stream = request(client, script_.next());
        message(client, stream, script_.next(), true);
        return Next::Look;
      }
      case 2:
        unary(client, script_.next());
        return Next::Look;
      case 3:
        message(client, stream(client), script_.next(), false);
        return Next::Look;
      case 4:
        message(client, stream(client), script_.next(), true);
        return Next::Look;
      case 5:
        client.data(stream(client), {}, 1, 0, true);
        return Next::Look;
      case 6:
        client.reset(stream(client));
        return Next::Look;
      case 7:
        client.grant(stream(client), window());
        return Next::Look;
      case 8:
        client.grant(0, window());
        return Next::Look;
      case 9:
        client.frame(6, script_.next() & 1, 0, payload<8>());
        return Next::Look;
      case 10:
        client.setting(4, script_.one_of(kWindows));
        return Next::Look;
      case 11:
        client.acknowledge_settings();
        return Next::Look;
      case 12:
        client.frame(2, 0, stream(client), payload<5>());
        return Next::Look;
      case 13:
        client.frame(7, 0, 0, payload<12>());
        return Next::Look;
      case 14:
        return junk(client);
      case 15:
        client.frame(static_cast<std::uint8_t>(10 + script_.next() % 246), script_.next(), script_.next(),
                     payload<20>());
        return Next::Look;
      case 16:
        prefix(client);
        return Next::Look;
      case 17:
        trailers(client);
        return Next::Look;
      case 18:
      case 19:
        client.socket().room = script_.one_of(kSizes);
        return Next::Look;
      case 20:
        return pass(script_.one_of(kTimes));
      case 21:
        return pass_to_timeout();
      case 22:
        client.close();
        return Next::Look;
      case 23:
        client.abort();
        return Next::Look;
      case 24:
        if (script_.next() < 64)
          stop();
        else
          report();
        return Next::Look;
      case 25:
        client.socket().piece = std::max<std::size_t>(script_.one_of(kSizes), 1);
        return Next::Look;
      case 26:
        client.hold(script_.next() & 1);
        return Next::Look;
      case 27:
        client.deliver(script_.next());
        return Next::Look;
      case 28:
        for (unsigned times = script_.next() % 16; times > 0; --times)
          unary(client, 0);
        return Next::Look;
      case 29:
        large_request(client);
        return Next::Look;
      case 30:
        client.end_block(script_.take(script_.next() % 64));
        return Next::Look;
      default:
        compressed(client);
        return Next::Look;
    }
  }

  Client& client(std::size_t which) {
    while (clients().size() <= which)
      connect(add_client());
    return clients()[which];
  }

  void connect(Client& client) {
    const std::uint8_t how = script_.next();
    if (how == 255) return client.send(as_bytes("GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
    if (how == 254) return client.send(as_bytes("POST /x HTTP/1.1\r\n"));
    if (how == 253) return client.go_wrong();
    std::vector<std::pair<std::uint16_t, std::uint32_t>> settings;
    if (how & 1) settings.emplace_back(4, script_.one_of(kWindows));
    if (how & 2) settings.emplace_back(5, 16384 + 1000 * script_.next());
    if (how & 4) settings.emplace_back(1, script_.next());
    client.greet(settings);
    if (how & 8) client.acknowledge_settings();
  }

  std::uint32_t stream(Client& client) {
    const std::uint8_t choice = script_.next();
    if (client.has_calls()) return client.stream(choice);
    return client.request({.path = kPaths[choice % 4]}, false, 16384);
  }
  std::uint32_t request(Client& client, std::uint8_t how) {
    Client::Request request;
    request.path = kPaths[how % kPaths.size()];
    std::uint8_t extras = how >= 128 ? script_.next() : 0;
    const bool ended = !(extras & 128) || !(extras & 64);
    request.timeout = kTimeouts[extras & 7];
    request.indexed = extras & 8;
    if (extras & 16) request.metadata_bytes = std::size_t{8} * script_.next();
    if (extras & 32) refusable(request, script_.next());
    const bool end_stream = (extras & 0xc0) == 0x40;
    const std::uint32_t id = client.request(request, end_stream, extras & 128 ? 40 : 16384, ended);
    if (request.path.ends_with("Watch")) client.mark_endless(id);
    return id;
  }
  static void refusable(Client::Request& request, std::uint8_t how) {
    if (how & 1) request.method = "GET";
    if (how & 2) request.content_type = "text/plain";
    if (how & 4) request.te = false;
    if (how & 8) request.encoding = "gzip";
    if (how & 16) request.name = "x-echo-b-bin";
    if (how & 32) request.name = "user-agent";
    if (how & 64) request.method = "HEAD";
    if (how & 128) request.content_type = "application/grpc+proto";
  }
  void large_request(Client& client) {
    Client::Request request;
    request.metadata_bytes = std::size_t{64} * script_.next();
    request.fields = 1U + script_.next() % 80;
    request.indexed = request.fields % 2 == 0;
    static constexpr std::array<std::size_t, 4> kCuts = {16384, 5000, 1000, 16384};
    const std::uint32_t stream = client.request(request, false, script_.one_of(kCuts));
    message(client, stream, 0, true);
  }
  void unary(Client& client, std::uint8_t how) {
    Client::Request request;
    request.timeout = kTimeouts[how & 7];
    if (how & 8) request.path = "/grpc.health.v1.Health/Check";
    const std::uint32_t stream = client.request(request, false, 16384);
    message(client, stream, how >> 4U, true);
  }

  // An EchoRequest. The low bits are its size, the high bits its cuts.
  void message(Client& client, std::uint32_t stream, std::uint8_t how, bool end_stream) {
    static constexpr std::array<std::size_t, 8> kText = {5, 0, 1, 120, 900, 1100, 9000, 21000};
    static constexpr std::array<std::size_t, 4> kCuts = {16384, 16384, 100, 3};
    const std::size_t size = kText[how & 7];
    const std::size_t cut = kCuts[how >> 3 & 3];
    std::vector<std::uint8_t> body;
    if (size != 0) body = echo_request(std::vector<std::uint8_t>(size, how & 0x80 ? 0xff : 't'));
    if (how & 0x20) {
      const std::uint8_t count = script_.next();
      const std::uint8_t interval = script_.next();
      body.insert(body.end(),
                  {0x10, static_cast<std::uint8_t>(count & 0x7f), 0x18, static_cast<std::uint8_t>(interval & 0x7f)});
      if (interval != 0) client.mark_endless(stream);
      if (count & 0x80) {
        body.insert(body.end(), {0x10, 0xff, 0xff, 0x7f});
        client.mark_endless(stream);
      }
    }
    if (how & 0x40) body.insert(body.end(), {0x20, 0x01});
    std::vector<std::uint8_t> whole = {0, 0, 0, static_cast<std::uint8_t>(body.size() >> 8U),
                                       static_cast<std::uint8_t>(body.size())};
    whole.insert(whole.end(), body.begin(), body.end());
    const bool many = cut == 3 && size > 200;
    client.data(stream, whole, many ? 1000 : cut, how & 0x10 && cut == 100 ? 7 : 0, end_stream);
  }
  // The start of a message of any length, compressed or worse.
  void prefix(Client& client) {
    const std::uint32_t id = stream(client);
    const std::uint8_t flags = script_.next();
    const std::array<std::uint8_t, 5> prefix = {static_cast<std::uint8_t>(flags % 3), 0, script_.next(), script_.next(),
                                                script_.next()};
    client.data(id, Bytes(prefix).first(flags & 0x80 ? 3 : 5), 16384, 0, flags & 0x40);
    if (flags & 0x20) client.data(id, script_.take(script_.next()), 16384, 0, false);
  }
  // A call whose messages are compressed, or almost.
  void compressed(Client& client) {
    static constexpr std::array<std::size_t, 8> kText = {0, 5, 400, 1100, 9000, 20'000, 21'000, 200'000};
    const std::uint8_t how = script_.next();
    const std::uint8_t spoiled = script_.next();
    const std::uint32_t id = client.request({.path = kPaths[how % 4],
                                             .encoding = spoiled == 1 ? "deflate" : "gzip",
                                             .accepted = how & 0x80 ? "identity,gzip" : "",
                                             .indexed = (how & 0x40) != 0},
                                            false, 16384);
    for (unsigned more = 1 + script_.next() % 8; more != 0; --more) {
      std::vector<std::uint8_t> text(script_.one_of(kText), 't');
      std::vector<std::uint8_t> message = deflated(echo_request(text));
      if (spoiled > 128) message[spoiled % message.size()] ^= spoiled;
      message.resize(message.size() + (spoiled == 2 ? 1 : 0) - (spoiled == 3 ? 1 : 0));
      std::vector<std::uint8_t> whole = {1, 0, 0, static_cast<std::uint8_t>(message.size() >> 8U),
                                         static_cast<std::uint8_t>(message.size())};
      whole.insert(whole.end(), message.begin(), message.end());
      client.data(id, whole, how & 0x20 ? 3000 : 16384, 0, more == 1);
    }
  }
  static std::vector<std::uint8_t> echo_request(Bytes text) {
    std::vector<std::uint8_t> body = {0x0a};
    for (std::size_t left = text.size(); left != 0 || body.size() == 1; left >>= 7U)
      body.push_back(static_cast<std::uint8_t>((left & 0x7fU) | (left > 0x7f ? 0x80U : 0U)));
    body.insert(body.end(), text.begin(), text.end());
    return body;
  }
  static std::vector<std::uint8_t> deflated(Bytes bytes) {
    std::vector<std::uint8_t> memory(gzip::Gzip::kMemoryBytes);
    gzip::Gzip gzip(memory);
    gzip.begin_deflate();
    std::vector<std::uint8_t> room(bytes.size() + 100);
    ByteReader in(bytes);
    ByteWriter out(room);
    check(gzip.deflate(in, out, true) == gzip::Progress::End);
    room.resize(out.size());
    return room;
  }
  void trailers(Client& client) {
    constexpr std::array<std::uint8_t, 5> kBlock = {0x00, 0x01, 'a', 0x01, 'b'};
    const std::uint32_t id = stream(client);
    const std::uint8_t flags = script_.next();
    client.go_wrong();
    client.frame(1, flags & 1 ? 5 : 4, id, kBlock);
  }
  Next junk(Client& client) {
    client.go_wrong();
    const std::uint8_t how = script_.next();
    if (how & 1) {
      client.send(script_.take(how >> 1U));
    } else {
      const std::uint8_t type = script_.next() % 10;
      const std::uint8_t flags = script_.next();
      const std::uint32_t id = how & 2 ? stream(client) : client.new_stream();
      client.frame(type, flags, id, script_.take(script_.next()));
    }
    return Next::Look;
  }

  template <std::size_t size>
  std::array<std::uint8_t, size> payload() {
    std::array<std::uint8_t, size> bytes{};
    std::ranges::copy(script_.take(size), bytes.begin());
    return bytes;
  }
  std::uint32_t window() {
    static constexpr std::array<std::uint32_t, 8> kIncrements = {1, 9, 100, 1000, 30000, 65535, 0x7fff0000, 0x7fffffff};
    return script_.one_of(kIncrements);
  }
  static constexpr std::array<std::uint32_t, 8> kWindows = {65535, 0, 1, 10, 100, 5000, 0x7fffffff, 1 << 20};

  ByteSource script_;
};

}  // namespace mote::fuzz
