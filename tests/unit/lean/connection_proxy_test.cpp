// PROXY headers in front of HTTP/2: whom the connection counts for, and what is left of its first bytes.
#include <memory>
#include <string>

#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/lines.h"
#include "support/proxy_header.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using engine::LimitId;
using engine::Limits;
using lean::AddressKey;

// Whom the connections of a LeanLoop come from, unless a test says another.
constexpr AddressKey kProxy{.value = 0, .kind = AddressKey::Kind::User};

// A loop whose connections come from a trusted proxy.
struct Proxied {
  explicit Proxied(const Limits& chosen = limits()) : loop(chosen) {
    loop.prepare = [](lean::Connection& connection) { connection.expect_proxy_header(); };
  }
  std::unique_ptr<RawClient> connect(const std::string& bytes) {
    std::unique_ptr<RawClient> client = loop.connect();
    client->send(octets(bytes));
    loop.settle();
    return client;
  }
  std::size_t count_of(const AddressKey& key) {
    const lean::AddressRow* row = loop.core().addresses.find(key);
    return row == nullptr ? 0 : row->connection_count;
  }
  std::string peer() { return std::string(loop.connection().peer().view()); }

  LeanLoop loop;
};

FrameScript call() {
  return hello().settings_ack().raw(echo_call(1, "Reply", echo_data("a")).bytes());
}

void expect_reply(RawClient& client) {
  expect(reply_texts(client.answer(1)), {"You said: a"});
}

// Also with fields behind the addresses (TLVs), which are discarded.
void test_the_connection_counts_for_the_client(void**) {
  for (const std::string& first : {ipv4_proxy_header(), ipv4_proxy_header(0x21, std::string(40, 'T'))}) {
    const Octets bytes = octets(first) + call().bytes();
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      Proxied proxied;
      const auto client = proxied.loop.connect();
      client->send(Octets(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut)));
      proxied.loop.settle();
      const bool named = cut >= ipv4_proxy_header().size();
      assert_int_equal(proxied.count_of(kProxy), named ? 0 : 1);
      assert_int_equal(proxied.count_of(kProxiedClient), named ? 1 : 0);
      assert_string_equal(proxied.peer().c_str(), named ? "192.0.2.1:0" : "unix:");
      client->send(Octets(bytes.begin() + static_cast<std::ptrdiff_t>(cut), bytes.end()));
      proxied.loop.settle();
      expect_reply(*client);
      assert_int_equal(proxied.loop.core().addresses.used_rows(), 1);
      assert_int_equal(proxied.count_of(kProxiedClient), 1);
      proxied.loop.finish();
    }
  }
}

// Without a header, or with one that names no client, it counts for the proxy.
void test_a_connection_of_the_proxy_itself(void**) {
  for (const std::string& first : {std::string(), ipv4_proxy_header(0x20)}) {
    Proxied proxied;
    const auto client = proxied.connect(first);
    client->send(call());
    proxied.loop.settle();
    expect_reply(*client);
    assert_int_equal(proxied.count_of(kProxy), 1);
    assert_int_equal(proxied.loop.core().addresses.used_rows(), 1);
    assert_string_equal(proxied.peer().c_str(), "unix:");
    proxied.loop.finish();
  }
}

// There is one header: the same bytes behind it are not HTTP/2.
void test_a_second_header(void**) {
  Proxied proxied;
  const auto client = proxied.connect(ipv4_proxy_header() + ipv4_proxy_header());
  expect(client->control(), {kSettings, "GOAWAY 0 PROTOCOL_ERROR not an HTTP/2 connection preface"});
  assert_true(client->closed());
  proxied.loop.finish();
}

void test_a_malformed_header(void**) {
  Proxied proxied;
  const auto client = proxied.connect(ipv4_proxy_header(0x22));
  expect(client->control(), {kSettings, "GOAWAY 0 PROTOCOL_ERROR malformed PROXY header"});
  assert_true(client->closed());
  proxied.loop.finish();
}

void test_a_header_that_does_not_end(void**) {
  Proxied proxied;
  const auto client = proxied.connect(ipv4_proxy_header(0x21, std::string(100, 'T')).substr(0, 90));
  expect(client->control(), {});
  proxied.loop.pass(limits().preface_timeout);
  expect(client->control(), {kSettings, "GOAWAY 0 PROTOCOL_ERROR no preface in time"});
  proxied.loop.finish();
}

void test_a_client_with_too_many_connections(void**) {
  Proxied proxied(limits([](Limits& chosen) { chosen.max_connections_per_address = 2; }));
  const auto first = proxied.connect(ipv4_proxy_header());
  const auto second = proxied.connect(ipv4_proxy_header());
  assert_int_equal(proxied.count_of(kProxiedClient), 2);
  const auto third = proxied.connect(ipv4_proxy_header());
  expect(third->control(), {kSettings, "GOAWAY 0 ENHANCE_YOUR_CALM too many connections"});
  assert_true(third->closed());
  assert_int_equal(proxied.loop.count(LimitId::MaxConnectionsPerAddress), 1);
  assert_int_equal(proxied.count_of(kProxiedClient), 2);
  for (const auto& client : {first.get(), second.get()}) {
    client->send(call());
    proxied.loop.settle();
    expect_reply(*client);
  }
  proxied.loop.finish();
}

// Where the table of addresses is full, it counts for the row that further ones share.
void test_a_client_without_a_row(void**) {
  Proxied proxied(limits([](Limits& chosen) { chosen.max_addresses = 1; }));
  const auto other = proxied.loop.connect();
  const auto client = proxied.connect(ipv4_proxy_header());
  assert_int_equal(proxied.loop.core().addresses.shared_row().connection_count, 1);
  assert_string_equal(std::string(proxied.loop.connection(1).peer().view()).c_str(), "unix:");
  client->send(call());
  proxied.loop.settle();
  expect_reply(*client);
  proxied.loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_connection_counts_for_the_client),
      cmocka_unit_test(test_a_connection_of_the_proxy_itself),
      cmocka_unit_test(test_a_second_header),
      cmocka_unit_test(test_a_malformed_header),
      cmocka_unit_test(test_a_header_that_does_not_end),
      cmocka_unit_test(test_a_client_with_too_many_connections),
      cmocka_unit_test(test_a_client_without_a_row),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
