// lean::TlsStream between OpenSSL's client and a socket that takes and gives as many bytes as the test wants.
#include "engine/lean/tls_stream.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/block_memory.h"
#include "support/cmocka_test.h"
#include "support/openssl_client.h"
#include "support/seed.h"
#include "tls/memory.h"

namespace {

using namespace mote;
using namespace mote::lean;
using mote::test::OpensslClient;
using mote::test::OpensslOptions;

// The socket: a random number of bytes at once, often none.
class Socket final : public ByteStream {
 public:
  explicit Socket(std::mt19937& random) : random_(random) {}

  IoResult read(MutableBytes to) override {
    const std::size_t size = std::min({to.size(), to_server.size(), some()});
    if (reset) return {Io::Closed};
    if (size == 0) return {to_server.empty() && ended ? Io::Closed : Io::WouldBlock};
    std::copy_n(to_server.begin(), size, to.begin());
    to_server.erase(to_server.begin(), to_server.begin() + static_cast<std::ptrdiff_t>(size));
    return {Io::Done, size};
  }
  IoResult write(Bytes from) override {
    const std::size_t size = std::min({from.size(), some(), room});
    if (reset) return {Io::Closed};
    if (size == 0) return {Io::WouldBlock};
    to_client.insert(to_client.end(), from.begin(), from.begin() + static_cast<std::ptrdiff_t>(size));
    if (room != SIZE_MAX) room -= size;
    return {Io::Done, size};
  }
  void shut_down() override { shut = true; }

  std::vector<std::uint8_t> to_server;
  std::vector<std::uint8_t> to_client;
  bool ended = false;
  bool reset = false;
  bool shut = false;
  bool at_once = false;         // No byte waits.
  std::size_t room = SIZE_MAX;  // For bytes to the client; SIZE_MAX: any number.

 private:
  std::size_t some() {
    if (at_once) return SIZE_MAX;
    return random_() % 4 == 0 ? 0 : 1 + random_() % (random_() % 2 == 0 ? 50 : 20'000);
  }

  std::mt19937& random_;
};

struct Shared {
  explicit Shared(tls::ServerContext& context)
      : in(mote_tls_in_buffer_bytes()),
        out(mote_tls_out_buffer_bytes()),
        tls{.context = &context,
            .buffers = {in.data(), out.data()},
            .arrived = arrived,
            .opened = opened,
            .sealed = sealed,
            .places = HandshakePlaces(4),
            .share = HandshakeShare(kPercent)} {}

  static constexpr std::uint32_t kPercent = 50;
  std::vector<std::uint8_t> in;
  std::vector<std::uint8_t> out;
  std::array<std::uint8_t, tls::kMostRecordBytes> arrived{};
  std::array<std::uint8_t, TlsShared::kOpenedBytes> opened{};
  std::array<std::uint8_t, TlsShared::kSealedBytes> sealed{};
  TlsShared tls;
};

struct Pool : mote::test::BlockMemory {
  static constexpr std::size_t kPages = 64;
  Pool() : BlockMemory(kPages) {}
};

// What all connections of a test have in common.
struct Common {
  explicit Common(std::unique_ptr<tls::ServerContext> wanted = mote::test::tls_context())
      : context(std::move(wanted)) {}

  std::mt19937 random = mote::test::seeded_random();
  std::unique_ptr<tls::ServerContext> context;
  Shared shared{*context};
  Pool pool;
};

// A connection: its stream, its socket and its client.
struct Link {
  explicit Link(Common& all, int version = TLS1_3_VERSION) : Link(all, OpensslOptions{.version = version}) {}
  Link(Common& all, const OpensslOptions& options)
      : shared(all.shared.tls),
        socket(all.random),
        share(all.pool.pool, all.pool.aside, all.pool.address, 256 * std::size_t{1024}, 0),
        stream(shared, socket, share),
        client(options) {
    assert_true(stream.begin());
  }

  bool step() {
    client.turn(socket.to_client, socket.to_server);
    if (stream.open()) return client.finished();
    shared.begin_turn({}, 0);
    const TlsStream::Handshake step = stream.handshake();
    if (step == TlsStream::Handshake::Failed) fail_msg("%s", std::string(stream.failure()).c_str());
    return false;
  }

  // Runs the handshake to its end.
  void open() {
    while (!step()) {
    }
  }

  // Reads until the stream is closed.
  void expect_closed() {
    std::array<std::uint8_t, 100> plain{};
    IoResult result;
    for (int turn = 0; turn < 1000 && result.io != Io::Closed; ++turn)
      result = stream.read(plain);
    assert_true(result.io == Io::Closed);
  }

  TlsShared& shared;
  Socket socket;
  BlockShare share;
  TlsStream stream;
  OpensslClient client;
};

std::string random_text(std::mt19937& random, std::size_t size) {
  std::string text(size, '\0');
  std::generate(text.begin(), text.end(), [&] { return static_cast<char>(random()); });
  return text;
}

// Several connections take turns, so that each read and write resumes another session in the shared buffers.
void all_bytes_arrive_in_their_order(void**) {
  Common all;
  struct Talk {
    std::unique_ptr<Link> link;
    std::string up;  // That the client sends, and what the stream has read of it.
    std::string up_read{};
    std::size_t up_sent = 0;
    std::string down;
    std::string down_read{};
    std::size_t down_sent = 0;
  };
  std::vector<Talk> talks;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION, TLS1_3_VERSION}) {
    talks.push_back({.link = std::make_unique<Link>(all, version),
                     .up = random_text(all.random, 200'000),
                     .down = random_text(all.random, 200'000)});
  }
  std::vector<std::uint8_t> plain(32 * std::size_t{1024});
  for (int turn = 0; turn < 100'000; ++turn) {
    Talk& talk = talks[all.random() % talks.size()];
    Link& link = *talk.link;
    if (!link.step()) continue;
    const std::size_t up = std::min<std::size_t>(talk.up.size() - talk.up_sent, 1 + all.random() % 20'000);
    if (up != 0 && link.socket.to_server.size() < 40'000) {
      link.client.write(link.socket.to_server, talk.up.substr(talk.up_sent, up));
      talk.up_sent += up;
    }
    const std::size_t room = 1 + all.random() % plain.size();
    const IoResult read = link.stream.read(MutableBytes(plain).first(room));
    assert_true(read.io != Io::Closed);
    assert_true(read.size <= room);
    talk.up_read.append(reinterpret_cast<const char*>(plain.data()), read.size);
    const Bytes rest = as_bytes(std::string_view(talk.down).substr(talk.down_sent));
    if (!rest.empty()) {
      const IoResult written =
          link.stream.write(rest.first(std::min<std::size_t>(rest.size(), 1 + all.random() % 30'000)));
      assert_true(written.io != Io::Closed);
      talk.down_sent += written.size;
    }
    talk.down_read += link.client.read(link.socket.to_client, link.socket.to_server);
    // The client may have read bytes before write() reports them.
    if (std::all_of(talks.begin(), talks.end(), [](const Talk& each) {
          return each.up_read == each.up && each.down_read == each.down && each.down_sent == each.down.size();
        })) {
      break;
    }
  }
  for (Talk& talk : talks) {
    assert_true(talk.up_read == talk.up);
    assert_true(talk.down_read == talk.down);
    assert_int_equal(talk.down_sent, talk.down.size());
    assert_false(talk.link->stream.input_waits());
    talk.link.reset();
  }
  assert_int_equal(all.pool.pool.free_small(), Pool::kPages * BlockPool::kSmallInLarge);
}

void a_reader_without_room_gets_the_rest_later(void**) {
  Common all;
  Link link(all);
  link.open();
  const std::string text = random_text(all.random, 16'384);
  link.client.write(link.socket.to_server, text);
  std::string read;
  std::array<std::uint8_t, 100> small{};
  for (int turn = 0; turn < 10'000 && read.size() < text.size(); ++turn) {
    const IoResult result = link.stream.read(small);
    read.append(reinterpret_cast<const char*>(small.data()), result.size);
    // The poller does not report bytes that have left the socket.
    assert_true(link.stream.input_waits() || !link.socket.to_server.empty() || result.io == Io::WouldBlock ||
                read.size() == text.size());
  }
  assert_true(read == text);
}

void the_end_of_either_side_is_noticed(void**) {
  Common all;
  {
    Link link(all);
    link.open();
    link.client.close(link.socket.to_server);
    link.expect_closed();
    assert_true(link.stream.write(as_bytes("late")).io == Io::Closed);
  }
  {
    Link link(all, TLS1_2_VERSION);
    link.open();
    link.socket.ended = true;
    link.expect_closed();
    assert_true(link.stream.fault().empty());
  }
  {
    Link link(all, TLS1_2_VERSION);
    link.open();
    link.client.write(link.socket.to_server, "cut off");
    link.socket.to_server.pop_back();
    link.socket.ended = true;
    link.expect_closed();
    assert_string_equal(std::string(link.stream.fault()).c_str(), "the connection ended inside a record");
  }
  {
    Link link(all);
    link.open();
    for (int turn = 0; turn < 1000 && !link.socket.shut; ++turn)
      link.stream.shut_down();
    assert_true(link.socket.shut);
    link.client.read(link.socket.to_client, link.socket.to_server);
    assert_true(link.client.ended());
    assert_true(link.stream.write(as_bytes("late")).io == Io::Closed);
    // An alert would follow.
    link.socket.at_once = true;
    link.client.update_keys(link.socket.to_server);
    link.expect_closed();
    assert_true(link.socket.to_client.empty());
  }
  assert_int_equal(all.pool.pool.free_small(), Pool::kPages * BlockPool::kSmallInLarge);
}

// The last byte is reported when its record is with the socket as a whole.
void the_last_byte_is_written_with_its_record(void**) {
  Common all;
  Link link(all);
  link.open();
  link.socket.at_once = true;
  assert_int_equal(link.stream.write(as_bytes("begin ")).size, 6);
  for (std::string_view text : {"a", "bc"}) {
    for (const std::size_t room : {10U, 5U, 0U}) {
      link.socket.room = room;
      const IoResult result = link.stream.write(as_bytes(text));
      if (result.io == Io::Done) text.remove_prefix(result.size);
    }
    assert_int_equal(text.size(), 1);
    link.socket.room = SIZE_MAX;
    const IoResult result = link.stream.write(as_bytes(text));
    assert_true(result.io == Io::Done);
    assert_int_equal(result.size, 1);
    assert_true(link.stream.flushed());
  }
  assert_string_equal(link.client.read(link.socket.to_client, link.socket.to_server).c_str(), "begin abc");
}

// What the session answers while it reads is sent without a write().
void an_alert_is_sent_at_once(void**) {
  Common all;
  Link link(all, TLS1_2_VERSION);
  link.open();
  link.socket.at_once = true;
  assert_int_equal(link.stream.write(as_bytes("before")).size, 6);
  assert_string_equal(link.client.read(link.socket.to_client, link.socket.to_server).c_str(), "before");
  assert_true(link.socket.to_client.empty());
  link.client.renegotiate(link.socket.to_server);
  link.expect_closed();
  assert_false(link.socket.to_client.empty());
  assert_false(link.stream.fault().empty());
}

// --- The handshake ---

void one_handshake_has_a_step_in_a_turn(void**) {
  Common all;
  Link first(all);
  Link second(all);
  for (Link* link : {&first, &second}) {
    link->socket.at_once = true;
    link->client.turn(link->socket.to_client, link->socket.to_server);
  }
  all.shared.tls.begin_turn({}, 0);
  first.stream.handshake();
  const std::size_t left = second.socket.to_server.size();
  for (int i = 0; i < 100; ++i)
    assert_true(second.stream.handshake() == TlsStream::Handshake::Again);
  assert_int_equal(second.socket.to_server.size(), left);
  second.open();
}

// Others have work: the delay is reported once.
void a_handshake_waits_while_it_is_delayed(void**) {
  Common all;
  Link link(all);
  link.socket.at_once = true;
  link.client.turn(link.socket.to_client, link.socket.to_server);
  const std::size_t left = link.socket.to_server.size();
  all.shared.tls.begin_turn({}, 0);
  all.shared.tls.delayed = true;
  assert_true(link.stream.handshake() == TlsStream::Handshake::Delayed);
  for (int i = 0; i < 100; ++i)
    assert_true(link.stream.handshake() == TlsStream::Handshake::Again);
  assert_int_equal(link.socket.to_server.size(), left);
  link.open();
}

// The time of a step is owed to the others, until enough has passed.
void a_step_counts(void**) {
  Common all;
  Link link(all);
  bool owed = false;
  for (std::uint64_t moved = 1; !link.step(); ++moved) {
    all.shared.tls.begin_turn({}, moved);
    owed = owed || all.shared.tls.delayed;
    all.shared.tls.begin_turn(std::chrono::hours(1), ++moved);
    assert_false(all.shared.tls.delayed);
  }
  assert_true(owed);
}

void bytes_that_the_caller_has_received_come_first(void**) {
  Common all;
  Link link(all);
  link.client.turn(link.socket.to_client, link.socket.to_server);
  const Bytes sent(link.socket.to_server);
  assert_true(link.stream.prepend(sent.first(10)));
  link.socket.to_server.erase(link.socket.to_server.begin(), link.socket.to_server.begin() + 10);
  link.open();
}

void a_client_that_is_gone_in_its_handshake(void**) {
  Common all;
  Link link(all);
  link.socket.at_once = true;
  link.socket.ended = true;
  TlsStream::Handshake step = TlsStream::Handshake::Again;
  while (step == TlsStream::Handshake::Again) {
    all.shared.tls.begin_turn({}, 0);
    step = link.stream.handshake();
  }
  assert_true(step == TlsStream::Handshake::Failed);
}

// Another connection has all blocks of the pool.
class NoBlocks {
 public:
  explicit NoBlocks(Pool& pool)
      : others_(pool.pool, pool.aside, pool.address, Pool::kPages * BlockPool::kLargeBytes, 0) {
    while (Block* block = others_.take_large())
      taken_.push_back(block);
    while (Block* block = others_.take_small())
      taken_.push_back(block);
  }
  ~NoBlocks() {
    for (Block* block : taken_)
      others_.release(*block);
  }
  NoBlocks(const NoBlocks&) = delete;
  NoBlocks& operator=(const NoBlocks&) = delete;

 private:
  BlockShare others_;
  std::vector<Block*> taken_;
};

void a_handshake_without_memory_fails(void**) {
  Common all;
  Link link(all);
  const NoBlocks no_blocks(all.pool);
  link.socket.at_once = true;
  link.client.turn(link.socket.to_client, link.socket.to_server);
  link.socket.room = 0;
  TlsStream::Handshake step = TlsStream::Handshake::Again;
  while (step == TlsStream::Handshake::Again) {
    all.shared.tls.begin_turn({}, 0);
    step = link.stream.handshake();
  }
  assert_true(step == TlsStream::Handshake::Failed);
  assert_string_equal(std::string(link.stream.failure()).c_str(), "no memory for records that wait");
}

void expect_no_memory(TlsStream& stream) {
  assert_true(stream.write(as_bytes("late")).io == Io::Closed);
  assert_string_equal(std::string(stream.fault()).c_str(), "no memory for records that wait");
}

// Without a block for what the reader had no room for, bytes are missing: the next ones must not take their place.
void a_stream_without_memory_is_closed(void**) {
  Common all;
  Link link(all);
  link.open();
  const NoBlocks no_blocks(all.pool);
  link.client.write(link.socket.to_server, "longer than the reader's room");
  link.client.write(link.socket.to_server, "what follows");
  link.socket.at_once = true;
  std::array<std::uint8_t, 10> plain{};
  assert_int_equal(link.stream.read(plain).size, plain.size());
  link.expect_closed();
  expect_no_memory(link.stream);
}

// The same where nothing follows, and for a record that has arrived in part.
void the_rest_of_a_record_without_memory_ends_the_stream(void**) {
  Common all;
  for (const bool whole : {true, false}) {
    Link link(all);
    link.open();
    const NoBlocks no_blocks(all.pool);
    link.client.write(link.socket.to_server, "longer than the reader's room");
    if (!whole) link.socket.to_server.pop_back();
    link.socket.at_once = true;
    std::array<std::uint8_t, 10> plain{};
    if (whole) assert_int_equal(link.stream.read(plain).size, plain.size());
    assert_true(link.stream.read(plain).io == Io::Closed);
    expect_no_memory(link.stream);
  }
}

// Nothing is taken from the socket while something is left to read.
void what_has_arrived_is_read_first(void**) {
  Common all;
  Link link(all);
  link.open();
  link.socket.at_once = true;
  std::array<std::uint8_t, 4> plain{};
  const auto expect_read = [&](std::string_view text, bool more) {
    assert_int_equal(link.stream.read(plain).size, text.size());
    assert_memory_equal(plain.data(), text.data(), text.size());
    assert_int_equal(link.stream.input_waits(), more);
  };
  link.client.write(link.socket.to_server, "abcd");
  link.client.write(link.socket.to_server, "efghij");
  expect_read("abcd", true);
  link.client.write(link.socket.to_server, "kl");
  const std::size_t left = link.socket.to_server.size();
  expect_read("efgh", true);
  assert_int_equal(link.socket.to_server.size(), left);
  link.client.write(link.socket.to_server, "mn");
  expect_read("ijkl", true);
  expect_read("mn", false);
}

// Plaintext that waits fills the reader's room: the socket is not read.
void a_reader_that_gets_all_it_has_room_for_leaves_the_socket_alone(void**) {
  Common all;
  Link link(all);
  link.open();
  link.socket.at_once = true;
  std::array<std::uint8_t, 4> plain{};
  link.client.write(link.socket.to_server, "abcdefghijkl");
  assert_int_equal(link.stream.read(plain).size, 4);
  link.client.write(link.socket.to_server, "mn");
  const std::size_t left = link.socket.to_server.size();
  for (int i = 0; i < 2; ++i)
    assert_int_equal(link.stream.read(plain).size, 4);
  assert_int_equal(link.socket.to_server.size(), left);
  assert_int_equal(link.stream.read(plain).size, 2);
}

// A record for which the reader has no room stays closed: here it would end the stream.
void a_record_is_opened_when_there_is_room_for_it(void**) {
  Common all;
  Link link(all);
  link.open();
  link.socket.at_once = true;
  std::array<std::uint8_t, 4> plain{};
  link.client.write(link.socket.to_server, "abcd");
  link.client.close(link.socket.to_server);
  assert_int_equal(link.stream.read(plain).size, 4);
  assert_int_equal(link.stream.write(as_bytes("answer")).size, 6);
  link.expect_closed();
}

// The plaintext does not go through the shared buffer.
void a_record_that_fits_is_opened_where_it_is_wanted(void**) {
  Common all;
  Link link(all);
  link.open();
  link.socket.at_once = true;
  link.client.write(link.socket.to_server, "here");
  std::vector<std::uint8_t> plain(link.socket.to_server.size());
  all.shared.opened.fill(0xaa);
  assert_int_equal(link.stream.read(plain).size, 4);
  assert_memory_equal(plain.data(), "here", 4);
  assert_true(
      std::all_of(all.shared.opened.begin(), all.shared.opened.end(), [](std::uint8_t byte) { return byte == 0xaa; }));
}

// The shared buffer still has the bytes of the other stream.
void a_record_that_is_too_long_does_not_end_other_streams(void**) {
  Common all;
  Link bad(all);
  Link good(all);
  bad.open();
  good.open();
  bad.socket.to_server = {0x17, 0x03, 0x03, 0xff, 0xff};
  bad.expect_closed();
  std::array<std::uint8_t, 10> plain{};
  assert_true(good.stream.read(plain).io == Io::WouldBlock);
}

// No byte of a record is lost while its header is incomplete.
void a_record_may_arrive_byte_by_byte(void**) {
  Common all;
  Link link(all);
  link.open();
  link.socket.at_once = true;
  std::vector<std::uint8_t> record;
  link.client.write(record, "slow");
  std::array<std::uint8_t, 10> plain{};
  for (const std::uint8_t byte : record) {
    assert_true(link.stream.read(plain).io == Io::WouldBlock);
    link.socket.to_server = {byte};
  }
  assert_int_equal(link.stream.read(plain).size, 4);
}

// What waits goes with its stream.
void a_stream_releases_its_blocks(void**) {
  Common all;
  for (const bool reads : {true, false}) {
    Link link(all);
    link.open();
    link.socket.at_once = true;
    std::array<std::uint8_t, 10> plain{};
    if (reads) {
      link.client.write(link.socket.to_server, std::string(1000, 'x'));
      link.stream.read(plain);
    } else {
      link.socket.room = 0;
      assert_true(link.stream.write(as_bytes("waits")).io == Io::WouldBlock);
    }
    assert_true(all.pool.pool.free_small() < Pool::kPages * BlockPool::kSmallInLarge);
  }
  assert_int_equal(all.pool.pool.free_small(), Pool::kPages * BlockPool::kSmallInLarge);
}

// A socket that is closed while records wait for it, and at once.
void a_reset_ends_the_writes(void**) {
  Common all;
  for (const bool waits : {true, false}) {
    Link link(all);
    link.open();
    link.socket.at_once = true;
    if (waits) {
      link.socket.room = 0;
      assert_true(link.stream.write(as_bytes("waits")).io == Io::WouldBlock);
    }
    link.socket.reset = true;
    assert_true(link.stream.write(as_bytes("waits")).io == Io::Closed);
    assert_true(link.stream.fault().empty());
  }
}

void no_more_is_written_than_the_socket_takes(void**) {
  Common all;
  Link link(all);
  link.open();
  link.socket.at_once = true;
  link.socket.room = 0;
  const std::string text(1000, 'x');
  assert_true(link.stream.write(as_bytes(text)).io == Io::WouldBlock);
  link.socket.room = 10;
  assert_int_equal(link.stream.write(as_bytes(text)).size, 10);
  link.socket.room = SIZE_MAX;
  assert_int_equal(link.stream.write(as_bytes(std::string_view(text).substr(10))).size, 990);
}

// The same for a record that the socket does not take.
void a_record_without_memory_ends_the_stream(void**) {
  Common all;
  Link link(all);
  link.open();
  const NoBlocks no_blocks(all.pool);
  link.socket.room = 0;
  assert_true(link.stream.write(as_bytes("lost")).io == Io::Closed);
  expect_no_memory(link.stream);
  link.client.write(link.socket.to_server, "an answer to nothing");
  link.socket.at_once = true;
  std::array<std::uint8_t, 100> plain{};
  assert_true(link.stream.read(plain).io == Io::Closed);
}

void a_record_longer_than_allowed_ends_the_stream(void**) {
  Common all;
  Link link(all);
  link.open();
  link.socket.to_server = {0x17, 0x03, 0x03, 0xff, 0xff};
  link.expect_closed();
  assert_string_equal(std::string(link.stream.fault()).c_str(), "a record is too long");
}

void a_record_of_the_largest_size_is_awaited(void**) {
  Common all;
  for (const std::size_t more : {0U, 1U}) {
    Link link(all);
    link.open();
    link.socket.at_once = true;
    const std::size_t size = tls::kMostRecordBytes - tls::kRecordHeaderBytes + more;
    link.socket.to_server = {0x17, 0x03, 0x03, static_cast<std::uint8_t>(size >> 8U), static_cast<std::uint8_t>(size)};
    std::array<std::uint8_t, 10> plain{};
    assert_true(link.stream.read(plain).io == (more == 0 ? Io::WouldBlock : Io::Closed));
  }
}

// The reason of a handshake with a client that resets the connection when it has the first bytes of the server.
std::string failure_after_reset(const OpensslOptions& options) {
  Common all(mote::test::tls_context({}, {}, tls::Version::Tls12, "pump 000102030405060708090a0b0c0d0e0f\n"));
  Link link(all, options);
  while (true) {
    if (link.socket.to_client.empty()) {
      link.client.turn(link.socket.to_client, link.socket.to_server);
    } else {
      link.socket.reset = true;
    }
    all.shared.tls.begin_turn({}, 0);
    if (link.stream.handshake() == TlsStream::Handshake::Failed) return std::string(link.stream.failure());
  }
}

void a_reset_does_not_hide_the_reason(void**) {
  const OpensslOptions stranger{.identity = "stranger", .psk = std::string(16, 'k')};
  assert_string_equal(failure_after_reset(stranger).c_str(), "the client's identity is not in tls-psk-file");
  assert_string_equal(failure_after_reset({}).c_str(), "the client closed the connection");
}

int take_memory(void**) {
  mote::test::take_tls_memory(4);
  return 0;
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(all_bytes_arrive_in_their_order),
      cmocka_unit_test(a_reader_without_room_gets_the_rest_later),
      cmocka_unit_test(the_end_of_either_side_is_noticed),
      cmocka_unit_test(the_last_byte_is_written_with_its_record),
      cmocka_unit_test(an_alert_is_sent_at_once),
      cmocka_unit_test(one_handshake_has_a_step_in_a_turn),
      cmocka_unit_test(a_handshake_waits_while_it_is_delayed),
      cmocka_unit_test(a_step_counts),
      cmocka_unit_test(bytes_that_the_caller_has_received_come_first),
      cmocka_unit_test(a_client_that_is_gone_in_its_handshake),
      cmocka_unit_test(a_handshake_without_memory_fails),
      cmocka_unit_test(the_rest_of_a_record_without_memory_ends_the_stream),
      cmocka_unit_test(what_has_arrived_is_read_first),
      cmocka_unit_test(a_reader_that_gets_all_it_has_room_for_leaves_the_socket_alone),
      cmocka_unit_test(a_record_is_opened_when_there_is_room_for_it),
      cmocka_unit_test(a_record_that_fits_is_opened_where_it_is_wanted),
      cmocka_unit_test(a_record_that_is_too_long_does_not_end_other_streams),
      cmocka_unit_test(a_record_may_arrive_byte_by_byte),
      cmocka_unit_test(a_stream_releases_its_blocks),
      cmocka_unit_test(a_reset_ends_the_writes),
      cmocka_unit_test(no_more_is_written_than_the_socket_takes),
      cmocka_unit_test(a_record_of_the_largest_size_is_awaited),
      cmocka_unit_test(a_stream_without_memory_is_closed),
      cmocka_unit_test(a_record_without_memory_ends_the_stream),
      cmocka_unit_test(a_record_longer_than_allowed_ends_the_stream),
      cmocka_unit_test(a_reset_does_not_hide_the_reason),
  };
  return cmocka_run_group_tests(tests, take_memory, nullptr);
}
