// tls::Session against OpenSSL's client. Certificates are in the folder MOTE_TEST_CERTIFICATES (scripts/certs.py).
#include "tls/session.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "support/cmocka_test.h"
#include "support/openssl_client.h"
#include "support/seed.h"
#include "support/tls_wire.h"
#include "tls/memory.h"

namespace {

using mote::Bytes;
using mote::MutableBytes;
using mote::test::OpensslClient;
using mote::test::OpensslOptions;
using mote::test::Wire;
using mote::tls::ServerContext;
using mote::tls::Session;
using mote::tls::Version;

constexpr std::size_t kPlaces = 4;
std::vector<std::uint8_t> in_buffer;
std::vector<std::uint8_t> out_buffer;

mote::tls::RecordBuffers buffers() {
  return {in_buffer.data(), out_buffer.data()};
}

// The most of the pool that was used between two steps of handshakes.
std::size_t most_at_rest;

Session::Handshake handshake(Session& session, OpensslClient& client, Wire& wire) {
  return run_handshake(session, client, wire, [] { most_at_rest = std::max(most_at_rest, mote::tls::pool_use().now); });
}

// All plaintext of the whole records that have arrived.
std::string read_all(Session& session, Wire& wire) {
  std::string text;
  std::vector<std::uint8_t> plain(16384);
  while (const std::size_t size = wire.whole_record()) {
    // As the gateway does: one whole record at a time.
    Wire one;
    one.to_server.assign(wire.to_server.begin(), wire.to_server.begin() + static_cast<std::ptrdiff_t>(size));
    wire.to_server.erase(wire.to_server.begin(), wire.to_server.begin() + static_cast<std::ptrdiff_t>(size));
    const std::size_t got = session.read(one, buffers(), plain);
    wire.to_client.insert(wire.to_client.end(), one.to_client.begin(), one.to_client.end());
    text.append(reinterpret_cast<const char*>(plain.data()), got);
    if (session.ended()) break;
  }
  return text;
}

void write_all(Session& session, Wire& wire, std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = session.write(wire, buffers(), mote::as_bytes(text));
    assert_in_range(size, 1, text.size());
    text.remove_prefix(size);
  }
}

std::string random_text(std::mt19937& random, std::size_t size) {
  std::string text(size, '\0');
  std::generate(text.begin(), text.end(), [&] { return static_cast<char>(random()); });
  return text;
}

void exchange(const OpensslOptions& options, ServerContext& context, std::mt19937& random) {
  Session session;
  assert_true(session.begin(context));
  OpensslClient client(options);
  Wire wire;
  assert_int_equal(handshake(session, client, wire), Session::Handshake::Over);
  assert_true(client.finished());
  assert_true(session.established());
  for (int i = 0; i < 40; ++i) {
    const std::string request = random_text(random, 1 + random() % 40'000);
    const std::string reply = random_text(random, 1 + random() % 40'000);
    client.write(wire.to_server, request);
    assert_true(read_all(session, wire) == request);
    write_all(session, wire, reply);
    assert_true(client.read(wire.to_client, wire.to_server) == reply);
  }
  // Either end may close.
  if (random() % 2 == 0) {
    session.close(wire, buffers());
    assert_true(client.read(wire.to_client, wire.to_server).empty());
    assert_true(client.ended());
  } else {
    client.close(wire.to_server);
    assert_true(read_all(session, wire).empty());
    assert_true(session.ended());
  }
}

// The key of "pump", and as it stands in a file.
const std::string kPsk(32, '\x5a');
const std::string kPskLine = "pump 5a5a5a5a5a5a5a5a5a5a5a5A5A5A5A5A5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\n";

OpensslOptions with_psk(int version, const std::string& identity = "pump", const std::string& psk = kPsk) {
  return {.version = version, .suites = "PSK-AES128-GCM-SHA256", .identity = identity, .psk = psk};
}

void bytes_arrive_in_both_directions(void**) {
  std::mt19937 random = mote::test::seeded_random();
  const auto open = mote::test::tls_context();
  const auto mutual = mote::test::tls_context(mote::test::certificate_file("ca.pem"));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    exchange({.version = version}, *open, random);
    exchange({.version = version, .certificate = "device"}, *mutual, random);
  }
  for (const char* suite : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"})
    exchange({.version = TLS1_2_VERSION, .suites = suite}, *open, random);
  // Who has a key needs no certificate.
  const auto psks = mote::test::tls_context(mote::test::certificate_file("ca.pem"), {}, Version::Tls12, kPskLine);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION})
    exchange(with_psk(version), *psks, random);
}

// max_fragment_length (RFC 6066 4), as small devices ask for.
void records_are_as_small_as_the_client_wants(void**) {
  const auto context = mote::test::tls_context();
  Session session;
  assert_true(session.begin(*context));
  OpensslClient client({.version = TLS1_2_VERSION, .small_records = true});
  Wire wire;
  assert_int_equal(handshake(session, client, wire), Session::Handshake::Over);
  const std::string text(2000, 'x');
  assert_int_equal(session.write(wire, buffers(), mote::as_bytes(text)), 512);
  write_all(session, wire, std::string_view(text).substr(512));
  assert_true(client.read(wire.to_client, wire.to_server) == text);
}

// The memory of one handshake, with `begun` bytes in use before it.
void expect_within_bounds(std::size_t begun) {
  assert_in_range(most_at_rest - begun, 1, mote::tls::kHandshakePoolBytes);
  assert_in_range(mote::tls::pool_use().most - most_at_rest, 0, mote::tls::kStepPoolBytes);
  // With its record buffers, a handshake holds at most 30 KiB.
  assert_in_range(mote::tls::record_place_bytes() + mote::tls::kHandshakePoolBytes, 1, 30 * 1024);
}

void the_memory_of_a_session_is_bounded_and_returned(void**) {
  const auto context = mote::test::tls_context(mote::test::certificate_file("ca.pem"), {}, Version::Tls12, kPskLine);
  const std::size_t before = mote::tls::pool_use().now;
  const std::size_t places = mote::tls::free_places();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    std::vector<std::unique_ptr<Session>> sessions;
    for (int i = 0; i < 20; ++i) {
      mote::tls::reset_pool_peak();
      const std::size_t begun = mote::tls::pool_use().now;
      most_at_rest = begun;
      OpensslClient client(i < 10 ? OpensslOptions{.version = version, .certificate = "device"} : with_psk(version));
      Wire wire;
      sessions.push_back(std::make_unique<Session>());
      assert_true(sessions.back()->begin(*context));
      assert_int_equal(handshake(*sessions.back(), client, wire), Session::Handshake::Over);
      if (i % 10 == 0)
        print_message("TLS 1.%d%s: %zu bytes for a handshake, %zu in a step, %zu established; a session has %zu\n",
                      version - TLS1_VERSION, i == 0 ? "" : ", PSK", most_at_rest - begun,
                      mote::tls::pool_use().most - begun, mote::tls::pool_use().now - begun, sizeof(Session));
      expect_within_bounds(begun);
      assert_in_range(mote::tls::pool_use().now - begun, 1, mote::tls::kConnectionPoolBytes);
      assert_int_equal(mote::tls::free_places(), places);
    }
    sessions.clear();
    assert_int_equal(mote::tls::pool_use().now, before);
  }
}

void expect_refused(const OpensslOptions& options, ServerContext& context, const char* reason) {
  Session session;
  assert_true(session.begin(context));
  OpensslClient client(options);
  Wire wire;
  assert_int_equal(handshake(session, client, wire), Session::Handshake::Failed);
  assert_string_equal(std::string(session.failure()).c_str(), reason);
  session.discard();
  assert_int_equal(mote::tls::free_places(), kPlaces);
  assert_false(context.used());
  assert_string_equal(std::string(session.failure()).c_str(), reason);
}

void a_refusal_has_a_reason(void**) {
  const auto open = mote::test::tls_context();
  const auto mutual = mote::test::tls_context(mote::test::certificate_file("ca.pem"));
  const auto newest = mote::test::tls_context({}, {}, Version::Tls13);
  const auto named = mote::test::tls_context(mote::test::certificate_file("ca.pem"), "*.plant\npump\n");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    expect_refused({.version = version, .alpn = false}, *open, "the client does not offer h2 (ALPN)");
    expect_refused({.version = version}, *mutual, "the client sent no certificate");
    expect_refused({.version = version, .certificate = "stranger"}, *mutual,
                   "the client's certificate is not signed by tls-client-ca");
    expect_refused({.version = version, .certificate = "device"}, *named,
                   "no name of the client's certificate is in tls-allow");
    Session session;
    assert_true(session.begin(*named));
    OpensslClient client({.version = version, .certificate = "dev-1.plant"});
    Wire wire;
    assert_int_equal(handshake(session, client, wire), Session::Handshake::Over);
    assert_true(session.name() == "dev-1.plant");
    assert_false(session.has_psk());
    assert_false(named->used());
  }
  expect_refused({.version = TLS1_2_VERSION}, *newest, "no common version of TLS: see tls-min-version");
  expect_refused({.version = TLS1_2_VERSION, .suites = "ECDHE-RSA-AES128-GCM-SHA256"}, *open,
                 "no common cipher suite, curve or signature");
}

void a_key_names_its_client(void**) {
  const std::string lines = "valve 00112233445566778899aabbccddeeff\n" + kPskLine;
  const auto psks = mote::test::tls_context({}, {}, Version::Tls12, lines);
  const auto none = mote::test::tls_context();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Session session;
    assert_true(session.begin(*psks));
    OpensslClient client(with_psk(version));
    Wire wire;
    assert_int_equal(handshake(session, client, wire), Session::Handshake::Over);
    assert_true(session.name() == "pump");
    assert_true(session.has_psk());
    expect_refused(with_psk(version, "pump", std::string(32, '\x5b')), *psks,
                   "the client's key is not the one in tls-psk-file");
    expect_refused(with_psk(version, "valve"), *psks, "the client's key is not the one in tls-psk-file");
    // A client with a certificate is named by it.
    Session certified;
    assert_true(certified.begin(*psks));
    OpensslClient other({.version = version});
    Wire others;
    assert_int_equal(handshake(certified, other, others), Session::Handshake::Over);
    assert_false(certified.has_psk());
  }
  for (const std::string identity : {"pum", "pumps", "PUMP", "pump 5a", "\n"})
    expect_refused(with_psk(TLS1_2_VERSION, identity), *psks, "the client's identity is not in tls-psk-file");
  expect_refused(with_psk(TLS1_2_VERSION), *none, "no common cipher suite, curve or signature");
}

struct Tickets {
  Tickets() { assert_true(keys.start()); }

  // A context with these keys, and who needs no ticket.
  std::unique_ptr<ServerContext> context(std::string_view client_ca = {}, std::string_view psks = {}) {
    auto made = std::make_unique<ServerContext>();
    const mote::tls::LoadError error = made->load({.certificate = certificate,
                                                   .key = key,
                                                   .client_ca = client_ca,
                                                   .allowed_names = {},
                                                   .psks = psks,
                                                   .tickets = &keys,
                                                   .suites = {}});
    assert_true(error.text.empty());
    return made;
  }

  const std::string certificate = mote::test::certificate_file("gateway.pem");
  const std::string key = mote::test::certificate_file("gateway.key");
  mote::tls::TicketKeys keys;
};

// A connection on which both ends send a text. Returns the session of its ticket.
SSL_SESSION* connect_once(ServerContext& context, const OpensslOptions& options, bool resumed) {
  Session session;
  assert_true(session.begin(context));
  OpensslClient client(options);
  Wire wire;
  assert_int_equal(handshake(session, client, wire), Session::Handshake::Over);
  assert_int_equal(client.resumed(), resumed);
  assert_false(session.has_psk());
  assert_true(session.name() == (options.certificate.empty() ? "" : options.certificate));
  client.write(wire.to_server, "request");
  assert_true(read_all(session, wire) == "request");
  write_all(session, wire, "reply");
  assert_true(client.read(wire.to_client, wire.to_server) == "reply");
  SSL_SESSION* ticket = client.session();
  client.close(wire.to_server);  // Without it, OpenSSL does not resume the session.
  return ticket;
}

void tickets_resume_sessions_of_clients_without_a_name(void**) {
  const std::size_t before = mote::tls::pool_use().now;
  {
    Tickets tickets;
    const auto first = tickets.context();
    const auto second = tickets.context();  // As after SIGHUP.
    const std::string ca = mote::test::certificate_file("ca.pem");
    const auto mutual = tickets.context(ca);
    const auto psks = tickets.context({}, kPskLine);
    const auto none = mote::test::tls_context();
    Tickets others;
    const auto other_keys = others.context();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      SSL_SESSION* session = connect_once(*first, {.version = version}, false);
      assert_non_null(session);
      mote::tls::reset_pool_peak();
      const std::size_t begun = mote::tls::pool_use().now;
      most_at_rest = begun;
      SSL_SESSION* next = connect_once(*second, {.version = version, .session = session}, true);
      expect_within_bounds(begun);
      SSL_SESSION_free(next);
      // A client with a ticket still needs its certificate.
      for (ServerContext* context : {psks.get(), none.get(), mutual.get()}) {
        const char* const name = context == mutual.get() ? "device" : "";
        assert_null(connect_once(*context, {.version = version, .certificate = name, .session = session}, false));
      }
      SSL_SESSION_free(connect_once(*other_keys, {.version = version, .session = session}, false));
      expect_refused({.version = version, .session = session}, *mutual, "the client sent no certificate");
      SSL_SESSION_free(session);
    }
  }
  assert_int_equal(mote::tls::pool_use().now, before);
}

void bytes_that_are_not_tls_are_refused(void**) {
  const auto context = mote::test::tls_context();
  for (const std::string text : {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"}) {
    Session session;
    assert_true(session.begin(*context));
    Wire wire;
    wire.send({});
    wire.to_server.assign(text.begin(), text.end());
    Session::Handshake step = Session::Handshake::Again;
    for (int i = 0; i < 10 && step == Session::Handshake::Again; ++i)
      step = session.step(wire);
    assert_int_equal(step, Session::Handshake::Failed);
    assert_string_equal(std::string(session.failure()).c_str(), "the client does not speak TLS");
  }
}

void expect_fault(const Session& session, const char* reason) {
  assert_true(session.ended());
  assert_string_equal(std::string(session.fault()).c_str(), reason);
}

void a_changed_record_ends_the_session(void**) {
  const auto context = mote::test::tls_context();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Session session;
    assert_true(session.begin(*context));
    OpensslClient client({.version = version});
    Wire wire;
    assert_int_equal(handshake(session, client, wire), Session::Handshake::Over);
    client.write(wire.to_server, "hello");
    wire.to_server.back() ^= 1;
    assert_true(read_all(session, wire).empty());
    expect_fault(session, "a record was changed on its way, or the client sent an alert that cannot be read");
  }
}

constexpr const char* kUnsupported = "KeyUpdate, renegotiation and warnings are not supported";

// mbedTLS 3.6 has no KeyUpdate.
void a_key_update_ends_the_session(void**) {
  const auto context = mote::test::tls_context();
  Session session;
  assert_true(session.begin(*context));
  OpensslClient client({});
  Wire wire;
  assert_int_equal(handshake(session, client, wire), Session::Handshake::Over);
  client.update_keys(wire.to_server);
  assert_true(read_all(session, wire).empty());
  expect_fault(session, kUnsupported);
}

void a_renegotiation_ends_the_session(void**) {
  const auto context = mote::test::tls_context();
  Session session;
  assert_true(session.begin(*context));
  OpensslClient client({.version = TLS1_2_VERSION});
  Wire wire;
  assert_int_equal(handshake(session, client, wire), Session::Handshake::Over);
  client.write(wire.to_server, "before");
  assert_true(read_all(session, wire) == "before");
  write_all(session, wire, "answer");
  assert_true(client.read(wire.to_client, wire.to_server) == "answer");
  client.renegotiate(wire.to_server);
  assert_true(read_all(session, wire).empty());
  expect_fault(session, kUnsupported);
}

void a_closed_session_has_no_fault(void**) {
  const auto context = mote::test::tls_context();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Session session;
    assert_true(session.begin(*context));
    OpensslClient client({.version = version});
    Wire wire;
    assert_int_equal(handshake(session, client, wire), Session::Handshake::Over);
    client.close(wire.to_server);
    assert_true(read_all(session, wire).empty());
    expect_fault(session, "");
  }
}

void a_handshake_without_memory_fails_alone(void**) {
  const auto context = mote::test::tls_context();
  std::vector<std::unique_ptr<Session>> sessions;
  const std::size_t places = mote::tls::free_places();
  for (std::size_t i = 0; i < places; ++i) {
    sessions.push_back(std::make_unique<Session>());
    assert_true(sessions.back()->begin(*context));
  }
  Session one_more;
  assert_false(one_more.begin(*context));
  OpensslClient client({});
  Wire wire;
  assert_int_equal(handshake(*sessions.front(), client, wire), Session::Handshake::Over);
  sessions.clear();
  assert_int_equal(mote::tls::free_places(), places);
}

int take_memory(void**) {
  mote::test::take_tls_memory(kPlaces);
  in_buffer.resize(mote_tls_in_buffer_bytes());
  out_buffer.resize(mote_tls_out_buffer_bytes());
  return 0;
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_memory_of_a_session_is_bounded_and_returned),
      cmocka_unit_test(bytes_arrive_in_both_directions),
      cmocka_unit_test(records_are_as_small_as_the_client_wants),
      cmocka_unit_test(a_refusal_has_a_reason),
      cmocka_unit_test(a_key_names_its_client),
      cmocka_unit_test(tickets_resume_sessions_of_clients_without_a_name),
      cmocka_unit_test(bytes_that_are_not_tls_are_refused),
      cmocka_unit_test(a_changed_record_ends_the_session),
      cmocka_unit_test(a_key_update_ends_the_session),
      cmocka_unit_test(a_renegotiation_ends_the_session),
      cmocka_unit_test(a_closed_session_has_no_fault),
      cmocka_unit_test(a_handshake_without_memory_fails_alone),
  };
  return cmocka_run_group_tests(tests, take_memory, nullptr);
}
