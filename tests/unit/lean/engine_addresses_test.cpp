// Connections of several addresses: their quarters, trusted proxies, and places for Unix sockets.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "engine/lean/engine.h"
#include "engine/log.h"
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lines.h"
#include "support/proxy_header.h"
#include "support/raw_client.h"
#include "support/running_engine.h"

namespace {

using namespace mote;
using namespace mote::test;
using engine::Limits;

// All have a call: the one above its quarter loses a connection nevertheless.
void test_an_address_above_its_quarter_loses_a_connection(void**) {
  RunningEngine running(resolved([](Limits& l) { l.max_connections = 4; }));
  std::vector<std::unique_ptr<RawClient>> many;
  for (int i = 0; i < 4; ++i) {
    many.push_back(running.connect());
    many.back()->send(hello().headers(1, echo_head("Collect")));
  }
  std::unique_ptr<RawClient> other;
  running.host.steps = {
      [&] { return running.engine.usage().calls == 4; },
      [&] {
        other = running.connect("127.0.0.2:0");
        other->send(hello().raw(echo_call(1, "Reply", echo_data("hello")).bytes()));
        return true;
      },
      [&] { return answered(*other, 1); },
      [&] {
        assert_int_equal(running.engine.usage().connections, 4);
        many.clear();
        return true;
      },
  };
  const std::string log = running.run();
  assert_true(contains(log, "event=connection-closed-for-others peer=127.0.0.1:"));
  assert_true(contains(log, "event=limit-reached name=max-connections-per-address"));
  assert_false(contains(log, "connection-refused"));
}

// Nobody is above its quarter: only a connection without calls makes room.
void test_addresses_within_their_quarters_keep_calls(void**) {
  for (const bool idle : {false, true}) {
    RunningEngine running(resolved([](Limits& l) { l.max_connections = 4; }));
    std::vector<std::unique_ptr<RawClient>> all;
    for (const char* source : {"127.0.0.1:0", "127.0.0.2:0", "127.0.0.3:0", "127.0.0.4:0"}) {
      all.push_back(running.connect(source));
      if (!idle || all.size() != 3) all.back()->send(hello().headers(1, echo_head("Collect")));
    }
    std::unique_ptr<RawClient> other;
    running.host.steps = {
        [&] { return running.engine.usage().connections == 4 && running.engine.usage().calls == (idle ? 3 : 4); },
        [&] {
          other = running.connect("127.0.0.5:0");
          other->send(hello().raw(echo_call(1, "Reply", echo_data("hello")).bytes()));
          return true;
        },
        [&] { return answered(*other, 1) || other->closed(); },
        [&] {
          all.clear();
          return true;
        },
    };
    const std::string log = running.run();
    assert_int_equal(contains(log, "event=connection-closed-for-others peer=127.0.0.3:"), idle);
    assert_int_equal(contains(log, "event=connection-refused peer=127.0.0.5:"), !idle);
    assert_string_equal(other->answer(1).status().c_str(), idle ? "0" : "none");
  }
}

// What is logged when one more connection is refused, beside those of `sources`, which all stay.
std::string log_of_refusal(const Limits& limits, const std::vector<const char*>& sources, const char* source) {
  RunningEngine running(limits);
  std::vector<std::unique_ptr<RawClient>> all;
  for (const char* each : sources)
    all.push_back(running.connect(each));
  std::unique_ptr<RawClient> other;
  running.host.steps = {
      [&] { return running.engine.usage().connections == sources.size(); },
      [&] {
        other = running.connect(source);
        return true;
      },
      [&] { return other->closed(); },
      [&] {
        assert_int_equal(running.engine.usage().connections, sources.size());
        all.clear();
        return true;
      },
  };
  return running.run();
}

// With a quarter of all connections, an address makes no other one lose any. Its own connection, which has had no call for a moment
// only, stays as well.
void test_an_address_with_its_quarter_takes_nothing_from_others(void**) {
  const std::string log = log_of_refusal(resolved([](Limits& l) { l.max_connections = 4; }),
                                         {"127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.2:0"}, "127.0.0.2:0");
  assert_true(contains(log, "event=connection-refused peer=127.0.0.2:"));
  assert_false(contains(log, "connection-closed-for-others"));
}

void test_an_address_has_a_limit_of_its_own(void**) {
  const std::string log = log_of_refusal(resolved([](Limits& l) { l.max_connections_per_address = 2; }),
                                         {"127.0.0.1:0", "127.0.0.1:0", "127.0.0.2:0"}, "127.0.0.1:0");
  assert_true(contains(log, "event=connection-refused peer=127.0.0.1:"));
  assert_true(contains(log, "event=limit-reached name=max-connections-per-address"));
}

// It has no share, and may name its clients, which have.
void test_a_trusted_proxy(void**) {
  StoppedEngine running(resolved([](Limits& l) { l.max_connections_per_address = 1; }));
  const std::array trusted = {*engine::AddressPrefix::parse("10.0.0.0/8"), *engine::AddressPrefix::parse("127.0.0.2")};
  assert_string_equal(running.start({}, trusted).c_str(), "");
  std::vector<std::unique_ptr<RawClient>> all;
  const auto connect = [&](const char* source, const std::string& header) {
    all.push_back(running.connect(source));
    all.back()->send(octets(header) + hello().raw(echo_call(1, "Reply", echo_data("a")).bytes()).bytes());
  };
  const auto all_are_done = [&] {
    return std::all_of(all.begin(), all.end(), [](auto& one) { return answered(*one, 1) || one->closed(); });
  };
  running.host.steps = {
      [&] {
        connect("127.0.0.2:0", {});
        connect("127.0.0.2:0", {});
        connect("127.0.0.2:0", ipv4_proxy_header());
        connect("127.0.0.1:0", {});
        return true;
      },
      all_are_done,
      [&] {
        connect("127.0.0.2:0", ipv4_proxy_header());  // The second of this client.
        connect("127.0.0.1:0", ipv4_proxy_header());  // Of no proxy.
        return true;
      },
      all_are_done,
      [&] {
        for (std::size_t i = 0; i < all.size(); ++i)
          assert_string_equal(all[i]->answer(1).status().c_str(), i < 4 ? "0" : "none");
        all.clear();
        return true;
      },
  };
  const std::string log = running.run();
  assert_true(contains(log, "name=max-connections-per-address address_connections_refused=1 peer="));
  assert_true(contains(log, "event=connection-refused peer=127.0.0.1:"));
}

void test_more_addresses_than_rows(void**) {
  for (const std::uint32_t rows : {2U, 3U}) {
    RunningEngine running(resolved([rows](Limits& l) { l.max_addresses = rows; }));
    std::vector<std::unique_ptr<RawClient>> all;
    for (const char* source : {"127.0.0.1:0", "127.0.0.2:0", "127.0.0.3:0"})
      all.push_back(running.connect(source));
    running.host.steps = {
        [&] { return running.engine.usage().connections == 3; },
        [&] {
          all.clear();
          return true;
        },
    };
    assert_int_equal(contains(running.run(), "event=limit-reached name=max-addresses"), rows == 2);
  }
}

// A Unix socket takes one of the reserved places, which is free again when it closes. No other connection takes it.
void test_unix_sockets_have_reserved_places(void**) {
  char folder[] = "/tmp/mote-engine-XXXXXX";
  assert_non_null(::mkdtemp(folder));
  const std::string path = std::string(folder) + "/socket";
  for (const std::size_t others : {2U, 3U}) {
    RunningEngine running(resolved([](Limits& l) {
                            l.max_connections = 3;
                            l.reserved_connections = 1;
                          }),
                          path);
    std::unique_ptr<RawClient> local;
    std::vector<std::unique_ptr<RawClient>> all;
    const auto opens = [&running](std::size_t calls) { return running.engine.usage().calls == calls; };
    const auto begin_call = [](std::unique_ptr<RawClient> client) {
      client->send(hello().headers(1, echo_head("Collect")));
      return client;
    };
    running.host.steps = {
        [&] {
          local = begin_call(running.connect_local());
          return true;
        },
        [&] { return opens(1); },
        [&] {
          for (const char* source : {"127.0.0.1:0", "127.0.0.2:0", "127.0.0.3:0"})
            if (all.size() < others) all.push_back(begin_call(running.connect(source)));
          return true;
        },
        [&] { return opens(1 + others); },
        [&] {
          local->close();
          return true;
        },
        [&] { return running.engine.usage().connections == others; },
        [&] {
          all.push_back(begin_call(running.connect("127.0.0.4:0")));
          return true;
        },
        [&] {
          all.back()->receive();
          return all.back()->closed() || opens(3);
        },
        [&] {
          local = begin_call(running.connect_local());
          return true;
        },
        [&] { return opens(4); },
        [&] {
          local.reset();
          all.clear();
          return true;
        },
    };
    const std::string log = running.run();
    assert_int_equal(contains(log, "event=connection-refused peer=127.0.0.4:"), others == 3);
    const std::size_t reserved = log.find("name=reserved-connections");
    const std::string line = log.substr(reserved, log.find('\n', reserved) - reserved);
    assert_true(contains(line, others == 3 ? "=1 peer=127.0.0.3:" : "=1 peer=unix:"));
  }
  ::unlink(path.c_str());
  ::rmdir(folder);
}

}  // namespace

int main() {
  mote::engine::set_log_rate(1000);
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_an_address_above_its_quarter_loses_a_connection),
      cmocka_unit_test(test_addresses_within_their_quarters_keep_calls),
      cmocka_unit_test(test_an_address_with_its_quarter_takes_nothing_from_others),
      cmocka_unit_test(test_an_address_has_a_limit_of_its_own),
      cmocka_unit_test(test_a_trusted_proxy),
      cmocka_unit_test(test_more_addresses_than_rows),
      cmocka_unit_test(test_unix_sockets_have_reserved_places),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
