#include "engine/lean/socket_stream.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <vector>

#include "engine/lean/peer.h"
#include "support/cmocka_test.h"
#include "support/descriptor_zero.h"

namespace {

using namespace mote;
using namespace mote::lean;

struct Pair {
  Pair() {
    std::array<int, 2> ends{};
    assert_int_equal(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    near = std::make_unique<SocketStream>(ends[0]);
    far = std::make_unique<SocketStream>(ends[1]);
  }
  std::unique_ptr<SocketStream> near;
  std::unique_ptr<SocketStream> far;
};

void assert_io(const IoResult& result, Io io, std::size_t size = 0) {
  assert_true(result.io == io);
  assert_int_equal(result.size, size);
}

void test_bytes_both_ways(void**) {
  const Pair pair;
  std::array<std::uint8_t, 8> buffer{};
  assert_io(pair.near->read(buffer), Io::WouldBlock);
  assert_io(pair.far->write(as_bytes("hello")), Io::Done, 5);
  assert_io(pair.near->read(std::span(buffer).first(3)), Io::Done, 3);
  assert_io(pair.near->read(buffer), Io::Done, 2);
  assert_int_equal(buffer[0], 'l');
  assert_io(pair.near->read(buffer), Io::WouldBlock);
}

void test_parts_are_written_at_once(void**) {
  const Pair pair;
  const std::array<Bytes, 3> parts = {as_bytes("one "), as_bytes("two "), as_bytes("three")};
  assert_true(pair.near->gathers());
  assert_io(pair.near->write_parts(parts), Io::Done, 13);
  std::array<std::uint8_t, 16> buffer{};
  assert_io(pair.far->read(buffer), Io::Done, 13);
  assert_memory_equal(buffer.data(), "one two three", 13);
}

void test_a_full_socket_would_block(void**) {
  const Pair pair;
  const std::vector<std::uint8_t> much(1 << 20U);
  IoResult result = pair.near->write(much);
  assert_true(result.io == Io::Done && result.size > 0);
  while (result.io == Io::Done)
    result = pair.near->write(much);
  assert_io(result, Io::WouldBlock);
}

void test_the_end_follows_the_bytes(void**) {
  const Pair pair;
  std::array<std::uint8_t, 8> buffer{};
  assert_io(pair.far->write(as_bytes("bye")), Io::Done, 3);
  pair.far->shut_down();
  assert_io(pair.near->read(buffer), Io::Done, 3);
  assert_io(pair.near->read(buffer), Io::Closed);
  assert_io(pair.near->write(as_bytes("x")), Io::Done, 1);
  assert_io(pair.far->read(buffer), Io::Done, 1);
}

// What failed before says nothing about the end.
void test_the_end_after_a_failure(void**) {
  const Pair pair;
  std::array<std::uint8_t, 8> buffer{};
  const std::array<MutableBytes, 2> parts = {MutableBytes(buffer).first(3), MutableBytes(buffer).subspan(3)};
  assert_io(pair.near->read_parts(parts), Io::WouldBlock);
  assert_io(pair.far->write(as_bytes("last")), Io::Done, 4);
  assert_io(pair.near->read_parts(parts), Io::Done, 4);
  assert_memory_equal(buffer.data(), "last", 4);
  pair.far->shut_down();
  assert_io(pair.near->read_parts(parts), Io::Closed);
  errno = EAGAIN;
  assert_io(pair.near->read_parts(parts), Io::Closed);
}

// No SIGPIPE.
void test_no_peer(void**) {
  Pair pair;
  pair.far.reset();
  assert_io(pair.near->write(as_bytes("x")), Io::Closed);
}

void test_the_socket_closes_with_its_stream(void**) {
  Pair pair;
  const int descriptor = pair.near->descriptor();
  pair.near.reset();
  assert_int_equal(::fcntl(descriptor, F_GETFD), -1);
}

void test_descriptor_zero(void**) {
  const test::DescriptorZero zero;
  {
    const Pair pair;
    assert_int_equal(pair.near->descriptor(), 0);
  }
  assert_false(test::DescriptorZero::open());
}

void test_a_peer_has_a_name(void**) {
  const Pair pair;
  assert_true(peer_text(pair.near->descriptor()).view() == "unix:");
  assert_false(peer_text(-1).view().empty());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_bytes_both_ways),
      cmocka_unit_test(test_parts_are_written_at_once),
      cmocka_unit_test(test_a_full_socket_would_block),
      cmocka_unit_test(test_the_end_follows_the_bytes),
      cmocka_unit_test(test_the_end_after_a_failure),
      cmocka_unit_test(test_no_peer),
      cmocka_unit_test(test_the_socket_closes_with_its_stream),
      cmocka_unit_test(test_descriptor_zero),
      cmocka_unit_test(test_a_peer_has_a_name),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
