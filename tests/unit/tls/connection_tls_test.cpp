// Connections of the lean engine that begin with a TLS handshake, with OpenSSL's client.
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "engine/log.h"
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/lines.h"
#include "support/logged.h"
#include "support/openssl_client.h"
#include "support/proxy_header.h"
#include "support/taken_blocks.h"
#include "tls/memory.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using engine::LimitId;
using engine::Limits;
using lean::Connection;
using lean::TlsConnection;
using lean::TlsShared;

constexpr std::size_t kPlaces = 4;  // For record buffers.
const std::string kPsks = "pump 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\n";
const OpensslOptions kPump{.identity = "pump", .psk = std::string(16, '\x5a')};

// A loop whose connections begin with TLS.
struct Encrypted {
  explicit Encrypted(std::size_t places = kPlaces, const Limits& chosen = limits(), bool mutual = false)
      : context(tls_context(mutual ? certificate_file("ca.pem") : std::string(), {}, tls::Version::Tls12, kPsks)),
        shared{.context = context.get(),
               .buffers = {in.data(), out.data()},
               .arrived = arrived,
               .opened = opened,
               .sealed = sealed,
               .places = lean::HandshakePlaces(places),
               .share = lean::HandshakeShare(percent)},
        loop(chosen) {
    loop.prepare = [this](Connection& connection) {
      connection.expect_tls(shared, reinterpret_cast<TlsConnection*>(memory.at(used++).data()));
    };
  }

  // Turns of the loop until nothing happens.
  void settle() {
    int turns = 0;
    do {
      assert_in_range(++turns, 1, 100);
      shared.begin_turn({}, 0);
    } while (loop.turn() || loop.core().again != nullptr);
  }
  // No handshake has a place, or memory.
  void expect_released() {
    assert_int_equal(shared.places.used(), 0);
    assert_int_equal(tls::free_places(), kPlaces);
    assert_int_equal(loop.used_blocks(), 0);
    assert_false(context->used());
  }
  void finish() {
    loop.finish();
    expect_released();
  }

  std::uint32_t percent = 50;
  std::vector<std::uint8_t> in = std::vector<std::uint8_t>(mote_tls_in_buffer_bytes());
  std::vector<std::uint8_t> out = std::vector<std::uint8_t>(mote_tls_out_buffer_bytes());
  std::array<std::uint8_t, tls::kMostRecordBytes> arrived{};
  std::array<std::uint8_t, TlsShared::kOpenedBytes> opened{};
  std::array<std::uint8_t, TlsShared::kSealedBytes> sealed{};
  std::unique_ptr<tls::ServerContext> context;
  struct alignas(TlsConnection) Memory : std::array<std::uint8_t, sizeof(TlsConnection)> {};
  std::array<Memory, 8> memory{};
  std::size_t used = 0;
  TlsShared shared;
  LeanLoop loop;
};

// OpenSSL between the gateway's socket and a RawClient.
class Client {
 public:
  explicit Client(Encrypted& gateway, const OpensslOptions& options = {})
      : gateway_(gateway), socket_(gateway.loop.connect_socket()), openssl_(options) {
    std::array<int, 2> ends{};
    assert_int_equal(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    plain_ = ends[0];
    http2 = std::make_unique<RawClient>(ends[1]);
  }
  ~Client() {
    close();
    ::close(plain_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Moves what is there, in both directions.
  void pump() {
    for (const std::uint8_t byte : received())
      from_server_.push_back(byte);
    const std::string text = openssl_.read(from_server_, to_server_);
    assert_int_equal(::write(plain_, text.data(), text.size()), text.size());
    std::array<std::uint8_t, 4096> bytes{};
    while (openssl_.finished()) {
      const ssize_t size = ::read(plain_, bytes.data(), bytes.size());
      if (size <= 0) break;
      openssl_.write(to_server_, std::string(bytes.begin(), bytes.begin() + size));
    }
    send(to_server_);
    to_server_.clear();
  }
  // Until both ends have nothing more to say.
  void run() {
    for (int i = 0; i < 10; ++i) {
      pump();
      gateway_.settle();
    }
    pump();
  }
  // The first bytes of the handshake, which are not sent.
  Octets first_bytes() {
    openssl_.turn(from_server_, to_server_);
    return std::exchange(to_server_, {});
  }
  void send(const Octets& bytes) const { (void)::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // Without TLS. The end of the gateway is noted.
  Octets received() {
    Octets all;
    std::array<std::uint8_t, 4096> bytes{};
    for (ssize_t size = 0; (size = ::read(socket_, bytes.data(), bytes.size())) >= 0;) {
      if (size == 0) shut = true;
      if (size == 0) break;
      all.insert(all.end(), bytes.begin(), bytes.begin() + size);
    }
    return all;
  }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  [[nodiscard]] bool ready() const { return openssl_.finished(); }
  void expect_reply() {
    http2->send(hello().settings_ack().raw(echo_call(1, "Reply", echo_data("a")).bytes()));
    run();
    http2->receive();
    expect(reply_texts(http2->answer(1)), {"You said: a"});
  }

  std::unique_ptr<RawClient> http2;
  bool shut = false;

 private:
  Encrypted& gateway_;
  int socket_;
  int plain_ = -1;
  OpensslClient openssl_;
  OpensslClient::Pipe from_server_;
  OpensslClient::Pipe to_server_;
};

// --- The end of a handshake ---

void test_a_call_over_tls(void**) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Encrypted gateway;
    Client client(gateway, {.version = version});
    client.run();
    assert_true(client.ready());
    assert_int_equal(gateway.shared.places.used(), 0);
    client.expect_reply();
    const rpc::Peer peer = gateway.loop.connection().identity();
    assert_true(peer.encrypted && !peer.identified());
    assert_int_equal(gateway.loop.count(LimitId::TlsHandshakes), 0);
    assert_int_equal(gateway.loop.count(LimitId::TlsHandshakePercent), 0);
    gateway.finish();
  }
}

// Also if no blocks are free for what the turn may leave of it: the rest of a record would need some.
void test_a_record_is_read_as_a_whole(void**) {
  Encrypted gateway;
  Client client(gateway);
  client.run();
  client.expect_reply();
  TakenBlocks taken(gateway.loop.core());
  FrameScript script;
  for (std::uint32_t stream = 3; stream < 103; stream += 2)
    script.raw(echo_call(stream, "Reply", echo_data("a")).bytes());
  client.http2->send(script);
  client.pump();
  gateway.loop.turn();
  client.pump();
  client.http2->receive();
  expect(reply_texts(client.http2->answer(101)), {"You said: a"});
  taken.release();
  client.close();
  gateway.settle();
  gateway.finish();
}

void test_what_the_caller_has_proved(void**) {
  Encrypted gateway(kPlaces, limits(), true);
  Client device(gateway, {.certificate = "device"});
  device.run();
  assert_true(gateway.loop.connection(0).identity().certificate_name == "device");
  assert_true(gateway.loop.connection(0).identity().psk_identity.empty());
  Client pump(gateway, kPump);
  pump.run();
  assert_true(gateway.loop.connection(1).identity().psk_identity == "pump");
  assert_true(gateway.loop.connection(1).identity().certificate_name.empty());
  assert_false(gateway.loop.connection(1).identity().uid.has_value());
  gateway.loop.connection(1).on_unix_socket = true;
  assert_int_equal(*gateway.loop.connection(1).identity().uid, ::getuid());
  gateway.finish();
}

// It has all of preface-timeout-ms, however long the handshake took.
void test_the_time_for_the_preface_begins_after_the_handshake(void**) {
  Encrypted gateway;
  Client client(gateway);
  client.pump();
  gateway.loop.set_now(gateway.loop.core().now + 9s);
  client.run();
  assert_true(client.ready());
  gateway.loop.set_now(gateway.loop.core().now + 9s);
  client.run();
  client.http2->receive();
  expect(client.http2->control(), {});
  gateway.loop.set_now(gateway.loop.core().now + 1s);
  client.run();
  client.http2->receive();
  expect(client.http2->control(), {kSettings, "GOAWAY 0 PROTOCOL_ERROR no preface in time"});
  gateway.finish();
}

// --- Places ---

void test_a_handshake_waits_for_a_place(void**) {
  Encrypted gateway(1);
  Client silent(gateway);
  Client first(gateway);
  Client second(gateway);
  // Before its first byte, a connection takes no place.
  gateway.settle();
  assert_int_equal(gateway.shared.places.used(), 0);
  first.pump();
  gateway.settle();
  assert_int_equal(gateway.shared.places.used(), 1);
  second.pump();
  gateway.settle();  // Its bytes keep nobody awake while it waits.
  assert_int_equal(gateway.loop.count(LimitId::TlsHandshakes), 1);
  first.run();
  assert_true(first.ready());
  second.run();
  assert_true(second.ready());
  first.expect_reply();
  second.expect_reply();
  assert_int_equal(gateway.loop.count(LimitId::TlsHandshakes), 1);
  gateway.finish();
}

// The client answers within each turn, so its handshake never waits for bytes once it has a place.
void test_a_handshake_with_a_fast_client_after_a_wait_for_a_place(void**) {
  Encrypted gateway(1);
  Client first(gateway);
  first.pump();
  gateway.settle();
  Client second(gateway);
  second.pump();
  gateway.settle();
  for (int turn = 0; turn < 60; ++turn) {
    gateway.shared.begin_turn({}, 0);
    gateway.loop.turn();
    first.pump();
    second.pump();
  }
  assert_true(second.ready());
  second.expect_reply();
  gateway.finish();
}

void test_a_handshake_that_ends_early_releases_its_place(void**) {
  Encrypted gateway(1);
  auto first = std::make_unique<Client>(gateway);
  first->pump();
  gateway.settle();
  Client second(gateway);
  second.run();
  assert_false(second.ready());
  first.reset();
  second.run();
  assert_int_equal(gateway.loop.connections(), 1);
  assert_true(second.ready());
  second.expect_reply();
  gateway.finish();
}

void test_other_work_delays_a_handshake(void**) {
  Encrypted gateway;
  Client client(gateway);
  client.pump();
  gateway.shared.share.note_step(std::chrono::seconds(1));
  gateway.shared.begin_turn(10us, 1000);
  assert_true(gateway.shared.delayed);
  for (int i = 0; i < 3; ++i)
    assert_true(gateway.loop.turn());
  assert_int_equal(gateway.loop.count(LimitId::TlsHandshakePercent), 1);
  assert_int_equal(gateway.shared.places.used(), 1);
  gateway.shared.begin_turn(1s, 2000);
  client.run();
  client.expect_reply();
  gateway.finish();
}

// --- Refusals ---

void test_what_is_not_tls_is_refused(void**) {
  Encrypted gateway;
  Client client(gateway);
  client.send(octets("GET / HTTP/1.1\r\n\r\n"));
  const std::string log = logged([&] { gateway.settle(); });
  assert_true(contains(log, "level=warn event=tls-refused peer=unix: reason="));
  assert_false(contains(log, "identity="));
  gateway.expect_released();
  assert_int_equal(client.received().size(), 0);
  assert_true(client.shut);
  // What it still sends is discarded, until it closes.
  client.send(octets("more"));
  gateway.settle();
  assert_int_equal(gateway.loop.connections(), 1);
  assert_true(gateway.loop.next_due() == gateway.loop.core().now + lean::kLinger);
  client.close();
  gateway.settle();
  assert_int_equal(gateway.loop.connections(), 0);
  gateway.finish();
}

void test_a_refused_client_that_stays(void**) {
  Encrypted gateway;
  Client client(gateway);
  client.send(octets("GET / HTTP/1.1\r\n\r\n"));
  gateway.settle();
  gateway.loop.connection().drain();
  gateway.loop.pass(999ms);
  assert_int_equal(gateway.loop.connections(), 1);
  gateway.loop.pass(1ms);
  assert_int_equal(gateway.loop.connections(), 0);
  assert_int_equal(gateway.loop.count(LimitId::PrefaceTimeout), 0);
  gateway.finish();
}

// By the name that it claims.
void test_a_refused_client_is_named(void**) {
  Encrypted gateway;
  Client client(
      gateway,
      {.version = TLS1_2_VERSION, .suites = "PSK-AES128-GCM-SHA256", .identity = "pump", .psk = std::string(16, 'k')});
  const std::string log = logged([&] { client.run(); });
  assert_true(contains(log,
                       "event=tls-refused peer=unix: reason=\"the client's key is not the one in tls-psk-file\" "
                       "identity=pump\n"));
  assert_false(client.ready());
  assert_true(client.shut);
  gateway.expect_released();
  gateway.finish();
}

void test_a_handshake_that_takes_too_long(void**) {
  Encrypted gateway(1);
  Client first(gateway);
  first.pump();
  gateway.settle();
  Client second(gateway);
  second.pump();
  gateway.settle();
  const std::string log = logged([&] { gateway.loop.pass(limits().preface_timeout); });
  assert_true(contains(log, "event=tls-refused peer=unix: reason=\"the handshake took too long\""));
  assert_int_equal(gateway.loop.count(LimitId::PrefaceTimeout), 2);
  first.received();
  assert_true(first.shut);
  gateway.finish();
}

void test_a_wait_that_takes_too_long(void**) {
  Encrypted gateway(1);
  Client waiting(gateway);
  gateway.loop.set_now(gateway.loop.core().now + 5s);
  Client first(gateway);
  first.pump();
  gateway.settle();
  waiting.pump();
  gateway.settle();
  const std::string log = logged([&] { gateway.loop.pass(5s); });
  assert_true(contains(log, "event=tls-refused peer=unix: reason=\"no place for the handshake in time\""));
  assert_int_equal(gateway.loop.count(LimitId::PrefaceTimeout), 1);
  // Its bytes are read now, so that the kernel does not reset the connection.
  gateway.settle();
  int unread = -1;
  assert_int_equal(::ioctl(gateway.loop.connection().descriptor(), FIONREAD, &unread), 0);
  assert_int_equal(unread, 0);
  gateway.finish();
}

// The library has fewer places for record buffers than the engine's queue allows.
void test_a_handshake_without_memory(void**) {
  Encrypted gateway(16);
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    clients.push_back(std::make_unique<Client>(gateway));
    clients.back()->pump();
    gateway.settle();
  }
  assert_int_equal(tls::free_places(), 0);
  Client last(gateway);
  last.pump();
  const std::string log = logged([&] { gateway.settle(); });
  assert_true(contains(log, "event=tls-refused peer=unix: reason=\"no memory for the handshake\""));
  assert_int_equal(gateway.shared.places.used(), kPlaces);
  gateway.finish();
}

// --- The end of a connection ---

void test_a_drain_closes_a_handshake(void**) {
  Encrypted gateway;
  Client client(gateway);
  client.pump();
  gateway.settle();
  gateway.loop.connection().drain();
  assert_int_equal(gateway.loop.connections(), 0);
  gateway.finish();
}

// Nothing can be said before the handshake is over.
void test_a_handshake_that_closes_for_others(void**) {
  Encrypted gateway;
  Client client(gateway);
  client.pump();
  gateway.settle();
  (void)client.received();
  gateway.loop.connection().close_for_others();
  assert_int_equal(gateway.loop.connections(), 0);
  assert_int_equal(client.received().size(), 0);
  assert_true(client.shut);
  assert_int_equal(gateway.loop.core().closing_sockets.used(), 0);
  gateway.finish();
}

void test_a_shutdown_waits_for_a_handshake(void**) {
  Encrypted gateway;
  Client client(gateway);
  client.pump();
  gateway.settle();
  gateway.loop.drain();
  assert_true(gateway.loop.next_due() == gateway.loop.core().now + lean::kLinger);
  client.run();
  client.expect_reply();
  expect(client.http2->control(),
         {kSettings, "SETTINGS ack", "GOAWAY 2147483647 NO_ERROR shutting down", "PING 7885649451374764393"});
  gateway.finish();
}

void test_a_shutdown_does_not_wait_long(void**) {
  Encrypted gateway;
  Client client(gateway);
  client.pump();
  gateway.settle();
  gateway.loop.drain();
  gateway.loop.pass(999ms);
  assert_int_equal(gateway.loop.connections(), 1);
  const std::string log = logged([&] { gateway.loop.pass(1ms); });
  assert_int_equal(gateway.loop.connections(), 0);
  assert_string_equal(log.c_str(), "");
  gateway.finish();
}

void test_a_fault_of_tls_is_logged(void**) {
  for (const bool faulty : {false, true}) {
    Encrypted gateway;
    Client client(gateway);
    client.run();
    client.expect_reply();
    if (faulty) client.send({0x17, 0x03, 0x03, 0xff, 0xff});
    client.close();
    const std::string log = logged([&] { gateway.settle(); });
    assert_int_equal(gateway.loop.connections(), 0);
    assert_string_equal(log.c_str(),
                        faulty ? "<4>level=warn event=tls-failed peer=unix: reason=\"a record is too long\"\n" : "");
    gateway.finish();
  }
}

// --- PROXY headers ---

Octets header(unsigned char command = 0x21) {
  return octets(ipv4_proxy_header(command));
}

struct Proxied : Encrypted {
  explicit Proxied(const Limits& chosen = limits()) : Encrypted(kPlaces, chosen) {
    loop.prepare = [before = loop.prepare](Connection& connection) {
      before(connection);
      connection.expect_proxy_header();
    };
  }
};

void test_a_header_in_front_of_a_handshake(void**) {
  Proxied probe;
  const std::size_t size = Client(probe).first_bytes().size();
  probe.finish();
  for (std::size_t cut = 0; cut < header().size() + size; cut += cut < header().size() + 10 ? 1U : 50U) {
    Proxied gateway;
    Client client(gateway);
    const Octets bytes = header() + client.first_bytes();
    client.send(Octets(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut)));
    gateway.settle();
    const bool named = cut >= header().size();
    const lean::AddressRow* row = gateway.loop.core().addresses.find(kProxiedClient);
    assert_int_equal(row != nullptr, named);
    if (named) assert_int_equal(row->handshakes, cut > header().size() ? 1 : 0);
    client.send(Octets(bytes.begin() + static_cast<std::ptrdiff_t>(cut), bytes.end()));
    client.run();
    client.expect_reply();
    assert_string_equal(std::string(gateway.loop.connection().peer().view()).c_str(), "192.0.2.1:0");
    gateway.finish();
  }
}

void test_a_malformed_header_in_front_of_a_handshake(void**) {
  Proxied gateway;
  Client client(gateway);
  client.send(header(0x22) + client.first_bytes());
  const std::string log = logged([&] { gateway.settle(); });
  assert_string_equal(log.c_str(), "<4>level=warn event=tls-refused peer=unix: reason=\"malformed PROXY header\"\n");
  gateway.expect_released();
  assert_int_equal(client.received().size(), 0);
  assert_true(client.shut);
  gateway.finish();
}

void test_a_proxied_client_with_too_many_connections(void**) {
  Proxied gateway(limits([](Limits& chosen) { chosen.max_connections_per_address = 1; }));
  Client first(gateway);
  first.send(header() + first.first_bytes());
  first.run();
  Client second(gateway);
  second.send(header() + second.first_bytes());
  const std::string log = logged([&] { gateway.settle(); });
  assert_true(contains(log, "event=tls-refused peer=unix: reason=\"too many connections\""));
  gateway.expect_released();
  first.expect_reply();
  gateway.finish();
}

void test_a_proxy_that_closes_at_once(void**) {
  Proxied gateway;
  Client client(gateway);
  client.close();
  gateway.settle();
  assert_int_equal(gateway.loop.connections(), 0);
  gateway.finish();
}

void test_first_bytes_without_memory(void**) {
  Proxied gateway;
  Client client(gateway);
  lean::BlockPool& blocks = gateway.loop.core().blocks;
  lean::AddressRow other;  // Without a table: nothing limits it.
  lean::BlockShare share(blocks, gateway.loop.core().blocks_aside, other, 1 << 30U, 0);
  std::vector<lean::Block*> taken;
  while (lean::Block* block = share.take_small())
    taken.push_back(block);
  client.send(header() + client.first_bytes());
  const std::string log = logged([&] { gateway.settle(); });
  for (lean::Block* block : taken)
    share.release(*block);
  assert_true(contains(log, "event=tls-refused peer=192.0.2.1:0 reason=\"no memory for the first bytes\""));
  gateway.expect_released();
  gateway.finish();
}

int take_memory(void**) {
  engine::set_log_rate(1000);  // All lines of these tests.
  take_tls_memory(kPlaces);
  return 0;
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_call_over_tls),
      cmocka_unit_test(test_a_record_is_read_as_a_whole),
      cmocka_unit_test(test_what_the_caller_has_proved),
      cmocka_unit_test(test_the_time_for_the_preface_begins_after_the_handshake),
      cmocka_unit_test(test_a_handshake_waits_for_a_place),
      cmocka_unit_test(test_a_handshake_with_a_fast_client_after_a_wait_for_a_place),
      cmocka_unit_test(test_a_handshake_that_ends_early_releases_its_place),
      cmocka_unit_test(test_other_work_delays_a_handshake),
      cmocka_unit_test(test_what_is_not_tls_is_refused),
      cmocka_unit_test(test_a_refused_client_that_stays),
      cmocka_unit_test(test_a_refused_client_is_named),
      cmocka_unit_test(test_a_handshake_that_takes_too_long),
      cmocka_unit_test(test_a_wait_that_takes_too_long),
      cmocka_unit_test(test_a_handshake_without_memory),
      cmocka_unit_test(test_a_drain_closes_a_handshake),
      cmocka_unit_test(test_a_handshake_that_closes_for_others),
      cmocka_unit_test(test_a_shutdown_waits_for_a_handshake),
      cmocka_unit_test(test_a_shutdown_does_not_wait_long),
      cmocka_unit_test(test_a_fault_of_tls_is_logged),
      cmocka_unit_test(test_a_header_in_front_of_a_handshake),
      cmocka_unit_test(test_a_malformed_header_in_front_of_a_handshake),
      cmocka_unit_test(test_a_proxied_client_with_too_many_connections),
      cmocka_unit_test(test_a_proxy_that_closes_at_once),
      cmocka_unit_test(test_first_bytes_without_memory),
  };
  return cmocka_run_group_tests(tests, take_memory, nullptr);
}
