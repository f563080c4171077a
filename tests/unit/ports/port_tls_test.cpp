// The TLS layer of the device against OpenSSL's server.
#include "mote/port_tls.h"

#include <memory>
#include <string>
#include <vector>

#include "support/cmocka_test.h"
#include "support/openssl_server.h"
#include "support/seed.h"

namespace {

using mote::test::OpensslServer;
using mote::test::ServerOptions;
using mote::test::tls_der;
using mote::test::tls_file;

constexpr std::uint32_t kPatienceMs = 5000;
constexpr char kPsk[] = "0123456789abcdef";
constexpr int kVersions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

mote_tls_bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// With the NUL at the end.
mote_tls_bytes pem_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.c_str()), text.size() + 1};
}

// The layer over a server, with what its options point to.
struct Device {
  explicit Device(OpensslServer& server_behind, const char* name = "localhost")
      : server(server_behind), below(server.port()) {
    options.server_name = name;
    options.ca = pem_of(ca);
  }
  ~Device() { mote_tls_end(&tls); }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  void use_certificate() {
    options.certificate = pem_of(certificate);
    options.key = pem_of(key);
  }
  void use_psk(const char* identity, const char* psk) {
    options = {};
    options.psk_identity = identity;
    options.psk = {reinterpret_cast<const std::uint8_t*>(psk), std::char_traits<char>::length(psk)};
  }
  mote_tls_result init() {
    return init(options.psk_identity != nullptr ? MOTE_TLS_PSK_BYTES : MOTE_TLS_CERTIFICATE_BYTES);
  }
  mote_tls_result init(std::size_t size) {
    mote_tls_end(&tls);
    memory = std::vector<std::uint8_t>(size, 0xA5);
    const mote_tls_result result = mote_tls_init(&tls, &below, &options, memory.data(), memory.size());
    if (result == MOTE_TLS_OK) port = mote_tls_port(&tls);
    return result;
  }
  [[nodiscard]] std::uint32_t deadline() const { return server.now_ms + kPatienceMs; }
  // The result of connect().
  mote_tls_result connect() {
    const bool connected = port.connect(port.context, deadline());
    const mote_tls_result result = mote_tls_last_result(&tls);
    assert_int_equal(connected, result == MOTE_TLS_OK);
    if (!connected) port.disconnect(port.context);
    return result;
  }
  void connected() {
    assert_int_equal(init(), MOTE_TLS_OK);
    assert_int_equal(connect(), MOTE_TLS_OK);
  }
  bool write(const std::string& text) const {
    return port.write(port.context, reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), deadline());
  }
  // Reads until nothing more has arrived; `last` is the last result.
  std::string read() {
    std::string text;
    std::uint8_t into[1000];
    while ((last = port.read(port.context, static_cast<std::uint8_t*>(into), sizeof(into), server.now_ms)) > 0)
      text.append(reinterpret_cast<const char*>(into), static_cast<std::size_t>(last));
    return text;
  }
  void assert_echoes() {
    assert_true(write("to the server"));
    assert_string_equal(server.received().c_str(), "to the server");
    server.write("to the device");
    assert_string_equal(read().c_str(), "to the device");
    assert_int_equal(last, 0);
  }

  OpensslServer& server;
  std::string ca = tls_file("ca.pem");
  std::string certificate = tls_file("device.pem");
  std::string key = tls_file("device.key");
  mote_port below;
  mote_tls_options options{};
  std::vector<std::uint8_t> memory;
  mote_tls tls{};
  mote_port port{};
  int last = 0;
};

void bytes_go_both_ways_with_certificates(void**) {
  for (const int version : kVersions) {
    OpensslServer server({.version = version, .client_certificate = true});
    Device device(server);
    device.use_certificate();
    device.connected();
    device.assert_echoes();
    const mote_tls_session session = mote_tls_describe(&device.tls);
    assert_string_equal(session.version, version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
    assert_non_null(session.suite);
    assert_false(session.resumed);
    assert_in_range(mote_tls_used_bytes(&device.tls), 1, MOTE_TLS_CERTIFICATE_BYTES);
    print_message("certificates, version %d: %zu bytes\n", version, mote_tls_used_bytes(&device.tls));
    const std::string large(100'000, 'l');
    assert_true(device.write(large));
    assert_true(server.received() == large);
    server.write(large);
    assert_true(device.read() == large);
  }
}

void bytes_go_both_ways_with_a_psk(void**) {
  OpensslServer server({.psk_identity = "pump", .psk = kPsk});
  Device device(server);
  device.use_psk("pump", kPsk);
  device.connected();
  device.assert_echoes();
  assert_string_equal(mote_tls_describe(&device.tls).suite, "TLS-PSK-WITH-AES-128-GCM-SHA256");
  print_message("PSK: %zu bytes\n", mote_tls_used_bytes(&device.tls));
}

void another_psk_or_identity_is_refused(void**) {
  OpensslServer server({.psk_identity = "pump", .psk = kPsk});
  for (const auto& [identity, psk] : {std::pair("pump", "fedcba9876543210"), std::pair("valve", kPsk)}) {
    Device device(server);
    device.use_psk(identity, psk);
    assert_int_equal(device.init(), MOTE_TLS_OK);
    assert_int_equal(device.connect(), MOTE_TLS_ALERT);
    assert_in_range(mote_tls_alert(&device.tls), 1, 255);
  }
}

void der_is_read_as_well(void**) {
  OpensslServer server({.client_certificate = true});
  Device device(server);
  const auto ca = tls_der("ca.pem");
  const auto certificate = tls_der("device.pem");
  const auto key = tls_der("device.key");
  device.options.ca = {ca.data(), ca.size()};
  device.options.certificate = {certificate.data(), certificate.size()};
  device.options.key = {key.data(), key.size()};
  device.connected();
  device.assert_echoes();
}

void a_second_connection_resumes_the_session(void**) {
  for (const int version : kVersions) {
    OpensslServer server({.version = version});
    Device device(server);
    device.connected();
    assert_false(mote_tls_describe(&device.tls).resumed);
    device.assert_echoes();
    device.port.disconnect(device.port.context);
    assert_int_equal(device.connect(), MOTE_TLS_OK);
    device.assert_echoes();
    assert_true(server.resumed());
    assert_true(mote_tls_describe(&device.tls).resumed);
  }
}

void the_name_is_compared(void**) {
  struct Case {
    const char* names;
    const char* name;
    mote_tls_result result;
  };
  const Case cases[] = {
      {"DNS:localhost", "localhost", MOTE_TLS_OK},        {"DNS:*.plant", "gateway.plant", MOTE_TLS_OK},
      {"IP:127.0.0.1", "127.0.0.1", MOTE_TLS_OK},         {"IP:::1", "::1", MOTE_TLS_OK},
      {"DNS:localhost", "localhos", MOTE_TLS_WRONG_NAME}, {"DNS:*.plant", "a.b.plant", MOTE_TLS_WRONG_NAME},
      {"IP:127.0.0.1", "127.0.0.2", MOTE_TLS_WRONG_NAME}, {"DNS:127.0.0.1", "localhost", MOTE_TLS_WRONG_NAME},
  };
  for (const Case& one : cases) {
    for (const int version : kVersions) {
      OpensslServer server({.version = version, .names = one.names});
      Device device(server, one.name);
      assert_int_equal(device.init(), MOTE_TLS_OK);
      assert_int_equal(device.connect(), one.result);
    }
  }
}

void the_dates_and_the_authority_are_checked(void**) {
  for (const int version : kVersions) {
    OpensslServer expired({.version = version, .names = "DNS:localhost", .first_day = -10, .last_day = -1});
    Device late(expired);
    assert_int_equal(late.init(), MOTE_TLS_OK);
    assert_int_equal(late.connect(), MOTE_TLS_EXPIRED);
    OpensslServer future({.version = version, .names = "DNS:localhost", .first_day = 1, .last_day = 2});
    Device early(future);
    assert_int_equal(early.init(), MOTE_TLS_OK);
    assert_int_equal(early.connect(), MOTE_TLS_NOT_VALID_YET);
    OpensslServer server({.version = version});
    Device device(server);
    device.ca = tls_file("stranger.pem");
    device.options.ca = pem_of(device.ca);
    assert_int_equal(device.init(), MOTE_TLS_OK);
    assert_int_equal(device.connect(), MOTE_TLS_UNTRUSTED);
  }
}

void h2_is_required(void**) {
  for (const int version : kVersions) {
    OpensslServer server({.version = version, .alpn = false});
    Device device(server);
    assert_int_equal(device.init(), MOTE_TLS_OK);
    assert_int_equal(device.connect(), MOTE_TLS_NO_H2);
  }
}

// TLS 1.3 reports it after the handshake of the client.
void a_missing_certificate_is_an_alert(void**) {
  for (const int version : kVersions) {
    OpensslServer server({.version = version, .client_certificate = true});
    Device device(server);
    assert_int_equal(device.init(), MOTE_TLS_OK);
    if (version == TLS1_2_VERSION) {
      assert_int_equal(device.connect(), MOTE_TLS_ALERT);
    } else {
      assert_int_equal(device.connect(), MOTE_TLS_OK);
      assert_string_equal(device.read().c_str(), "");
      assert_int_equal(device.last, MOTE_PORT_CLOSED);
      assert_int_equal(mote_tls_last_result(&device.tls), MOTE_TLS_ALERT);
      assert_int_equal(mote_tls_alert(&device.tls), 116);  // certificate_required
    }
  }
}

void entropy_is_required(void**) {
  OpensslServer server;
  Device device(server);
  device.below.entropy = nullptr;
  assert_int_equal(device.init(), MOTE_TLS_NO_ENTROPY);
  device.below = server.port();
  server.entropy_requests_left = 0;
  assert_int_equal(device.init(), MOTE_TLS_ENTROPY_FAILED);
  server.entropy_requests_left = 1;
  assert_int_equal(device.init(), MOTE_TLS_OK);
  assert_int_equal(server.entropy_requests_left, 0);
  assert_int_equal(device.connect(), MOTE_TLS_ENTROPY_FAILED);
  assert_false(server.open);
  server.entropy_requests_left = 1;
  assert_int_equal(device.connect(), MOTE_TLS_OK);
}

void each_wrong_option_has_its_result(void**) {
  OpensslServer server;
  const auto result = [&](auto change) {
    Device device(server);
    change(device);
    return device.init();
  };
  assert_int_equal(result([](Device& it) { it.options.server_name = nullptr; }), MOTE_TLS_BAD_SERVER_NAME);
  assert_int_equal(result([](Device& it) { it.options.server_name = ""; }), MOTE_TLS_BAD_SERVER_NAME);
  const std::string long_name(300, 'n');
  assert_int_equal(result([&](Device& it) { it.options.server_name = long_name.c_str(); }), MOTE_TLS_BAD_SERVER_NAME);
  assert_int_equal(result([](Device& it) { it.options.ca = {}; }), MOTE_TLS_BAD_CA);
  assert_int_equal(result([](Device& it) { it.options.ca = bytes_of(it.key); }), MOTE_TLS_BAD_CA);
  assert_int_equal(result([](Device& it) { it.options.certificate = pem_of(it.key), it.options.key = pem_of(it.key); }),
                   MOTE_TLS_BAD_CERTIFICATE);
  assert_int_equal(result([](Device& it) { it.options.key = pem_of(it.key); }), MOTE_TLS_BAD_CERTIFICATE);
  assert_int_equal(result([](Device& it) { it.options.certificate = pem_of(it.certificate); }), MOTE_TLS_BAD_KEY);
  const std::string other = tls_file("gateway.key");
  assert_int_equal(
      result([&](Device& it) { it.options.certificate = pem_of(it.certificate), it.options.key = pem_of(other); }),
      MOTE_TLS_BAD_KEY);
  assert_int_equal(result([](Device& it) { it.use_psk("pump", ""); }), MOTE_TLS_BAD_PSK);
  assert_int_equal(result([](Device& it) { it.use_psk("pump", "short"); }), MOTE_TLS_BAD_PSK);
  assert_int_equal(result([](Device& it) { it.use_psk("", kPsk); }), MOTE_TLS_BAD_PSK);
  assert_int_equal(result([](Device& it) { it.use_psk(nullptr, kPsk); }), MOTE_TLS_BAD_PSK);
  assert_int_equal(result([](Device& it) { it.options.psk_identity = "pump", it.options.psk = bytes_of(it.ca); }),
                   MOTE_TLS_UNSUPPORTED);
}

// Whatever the size, there is a result, and a layer that starts either connects or says that there is no memory.
void a_small_memory_is_reported(void**) {
  for (const int version : kVersions) {
    std::size_t connected = 0;
    for (std::size_t size = 0; size <= MOTE_TLS_CERTIFICATE_BYTES; size += 512) {
      OpensslServer server({.version = version, .client_certificate = true});
      Device device(server);
      device.use_certificate();
      const mote_tls_result started = device.init(size);
      if (started != MOTE_TLS_OK) {
        assert_int_equal(connected, 0);
        continue;
      }
      if (device.connect() == MOTE_TLS_OK) ++connected;
    }
    assert_true(connected > 0);
  }
}

void a_server_that_fails_is_reported_in_time(void**) {
  OpensslServer server;
  Device device(server);
  assert_int_equal(device.init(), MOTE_TLS_OK);
  server.refuses = true;
  assert_int_equal(device.connect(), MOTE_TLS_NO_CONNECTION);
  server.refuses = false;
  server.silent = true;
  const std::uint32_t begun_ms = server.now_ms;
  assert_int_equal(device.connect(), MOTE_TLS_TIMEOUT);
  assert_int_equal(server.now_ms - begun_ms, kPatienceMs);
  server.silent = false;
  assert_int_equal(device.connect(), MOTE_TLS_OK);
  device.assert_echoes();
}

// Bytes arrive without a pause, but too slowly.
void a_slow_server_cannot_delay_the_end_of_a_handshake(void**) {
  for (const int version : kVersions) {
    OpensslServer server({.version = version});
    server.most_at_once = 1;
    server.read_ms = 20;
    Device device(server);
    assert_int_equal(device.init(), MOTE_TLS_OK);
    const std::uint32_t begun_ms = server.now_ms;
    assert_int_equal(device.connect(), MOTE_TLS_TIMEOUT);
    assert_in_range(server.now_ms - begun_ms, kPatienceMs, kPatienceMs + 20);
  }
}

void many_tickets_end_the_stream(void**) {
  OpensslServer server({.version = TLS1_3_VERSION});
  Device device(server);
  device.connected();
  device.assert_echoes();
  server.send_tickets(8);
  device.assert_echoes();
  server.send_tickets(80);
  device.read();
  assert_int_equal(device.last, MOTE_PORT_CLOSED);
  assert_int_equal(mote_tls_last_result(&device.tls), MOTE_TLS_FAILED);
  assert_int_equal(device.connect(), MOTE_TLS_OK);
  device.assert_echoes();
}

// mbedTLS has no KeyUpdate: the next connection works.
void a_key_update_ends_the_stream(void**) {
  OpensslServer server({.version = TLS1_3_VERSION});
  Device device(server);
  device.connected();
  device.assert_echoes();
  server.update_keys();
  device.read();
  assert_int_equal(device.last, MOTE_PORT_CLOSED);
  assert_int_equal(mote_tls_last_result(&device.tls), MOTE_TLS_FAILED);
  assert_int_equal(device.connect(), MOTE_TLS_OK);
  device.assert_echoes();
}

void plaintext_is_not_tls(void**) {
  OpensslServer server;
  Device device(server);
  device.below.connect = [](void* behind, std::uint32_t deadline_ms) {
    auto& it = *static_cast<OpensslServer*>(behind);
    const mote_port usual = it.port();
    it.silent = true;
    return usual.connect(behind, deadline_ms) && (it.send_raw(std::string("\0\0\22\4\0\0\0\0\0", 9)), true);
  };
  assert_int_equal(device.init(), MOTE_TLS_OK);
  assert_int_equal(device.connect(), MOTE_TLS_NOT_TLS);
}

// The connection ends after each number of bytes.
void a_handshake_that_is_cut_off_ends(void**) {
  for (const int version : kVersions) {
    bool whole = false;
    for (std::size_t bytes = 0; !whole; bytes += 23) {
      OpensslServer server({.version = version});
      server.ends_after = bytes;
      Device device(server);
      assert_int_equal(device.init(), MOTE_TLS_OK);
      const mote_tls_result result = device.connect();
      whole = result == MOTE_TLS_OK;
      if (!whole) assert_int_equal(result, MOTE_TLS_CLOSED);
    }
  }
}

void records_arrive_in_pieces(void**) {
  for (const int version : kVersions) {
    OpensslServer server({.version = version});
    server.most_at_once = 1;
    Device device(server);
    device.connected();
    device.assert_echoes();
    // A part of a record is kept until the rest arrives.
    server.write("in two parts");
    std::vector<std::uint8_t> record;
    record.swap(server.to_client());
    server.to_client().assign(record.begin(), record.begin() + 9);
    assert_string_equal(device.read().c_str(), "");
    assert_int_equal(device.last, 0);
    server.to_client().assign(record.begin() + 9, record.end());
    assert_string_equal(device.read().c_str(), "in two parts");
  }
}

void the_end_of_the_stream_is_reported(void**) {
  for (const int version : kVersions) {
    OpensslServer server({.version = version});
    Device device(server);
    device.connected();
    device.assert_echoes();
    server.write("last");
    server.close();
    assert_string_equal(device.read().c_str(), "last");
    assert_int_equal(device.last, MOTE_PORT_CLOSED);
    assert_int_equal(mote_tls_last_result(&device.tls), MOTE_TLS_CLOSED);
    assert_false(device.write("more"));
    assert_int_equal(device.connect(), MOTE_TLS_OK);
    device.assert_echoes();
    device.port.disconnect(device.port.context);
    assert_false(server.open);
    assert_false(device.write("more"));
    device.read();
    assert_int_equal(device.last, MOTE_PORT_CLOSED);
  }
}

void a_changed_record_ends_the_stream(void**) {
  auto random = mote::test::seeded_random();
  for (const int version : kVersions) {
    OpensslServer server({.version = version});
    Device device(server);
    device.connected();
    device.assert_echoes();
    server.write("changed on its way");
    auto& bytes = server.to_client();
    // Behind the header.
    bytes[5 + mote::test::pick(random, bytes.size() - 6)] ^= 1;
    assert_string_equal(device.read().c_str(), "");
    assert_int_equal(device.last, MOTE_PORT_CLOSED);
    assert_int_equal(mote_tls_last_result(&device.tls), MOTE_TLS_FAILED);
  }
}

// Two layers in one program: each has its own memory.
void two_layers_work_side_by_side(void**) {
  OpensslServer first({.version = TLS1_3_VERSION});
  OpensslServer second({.psk_identity = "pump", .psk = kPsk});
  Device one(first);
  Device two(second);
  two.use_psk("pump", kPsk);
  assert_int_equal(one.init(), MOTE_TLS_OK);
  two.connected();
  assert_int_equal(one.connect(), MOTE_TLS_OK);
  for (int i = 0; i < 3; ++i) {
    one.assert_echoes();
    two.assert_echoes();
  }
}

void each_result_has_a_text(void**) {
  for (int i = MOTE_TLS_OK; i <= MOTE_TLS_FAILED; ++i)
    assert_true(std::string(mote_tls_result_text(static_cast<mote_tls_result>(i))).size() > 5);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(bytes_go_both_ways_with_certificates),
      cmocka_unit_test(bytes_go_both_ways_with_a_psk),
      cmocka_unit_test(another_psk_or_identity_is_refused),
      cmocka_unit_test(der_is_read_as_well),
      cmocka_unit_test(a_second_connection_resumes_the_session),
      cmocka_unit_test(the_name_is_compared),
      cmocka_unit_test(the_dates_and_the_authority_are_checked),
      cmocka_unit_test(h2_is_required),
      cmocka_unit_test(a_missing_certificate_is_an_alert),
      cmocka_unit_test(entropy_is_required),
      cmocka_unit_test(each_wrong_option_has_its_result),
      cmocka_unit_test(a_small_memory_is_reported),
      cmocka_unit_test(a_server_that_fails_is_reported_in_time),
      cmocka_unit_test(a_slow_server_cannot_delay_the_end_of_a_handshake),
      cmocka_unit_test(many_tickets_end_the_stream),
      cmocka_unit_test(a_key_update_ends_the_stream),
      cmocka_unit_test(plaintext_is_not_tls),
      cmocka_unit_test(a_handshake_that_is_cut_off_ends),
      cmocka_unit_test(records_arrive_in_pieces),
      cmocka_unit_test(the_end_of_the_stream_is_reported),
      cmocka_unit_test(a_changed_record_ends_the_stream),
      cmocka_unit_test(two_layers_work_side_by_side),
      cmocka_unit_test(each_result_has_a_text),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
