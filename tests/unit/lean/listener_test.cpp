#include "engine/lean/listener.h"

#include <fcntl.h>
#include <linux/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/lean/address_key.h"
#include "engine/lean/peer.h"
#include "support/cmocka_test.h"
#include "support/descriptor_zero.h"
#include "support/poll_turn.h"

namespace {

using namespace mote;
using namespace mote::lean;
using engine::Address;

// Other sizes than the kernel's defaults.
engine::Limits few_bytes(std::uint32_t backlog = 128) {
  engine::Limits limits;
  limits.listen_backlog = backlog;
  limits.socket_receive_bytes = 12 * 1024;
  limits.socket_send_bytes = 20 * 1024;
  return limits;
}

const engine::Limits kLimits = few_bytes();

int receive_buffer_at_listen = 0;
int accept_fault = 0;  // errno of the next accept4().

// The kernel reserves twice what is asked for.
int buffer_bytes(int descriptor, int option) {
  int size = 0;
  socklen_t length = sizeof(size);
  assert_int_equal(::getsockopt(descriptor, SOL_SOCKET, option, &size, &length), 0);
  return size / 2;
}

struct Door final : Acceptor {
  std::vector<int> accepted;
  Address peer;  // Of the last one.
  int pauses = 0;
  int full_backlogs = 0;
  std::size_t places = SIZE_MAX;

  void accept(int descriptor, const Address& from, bool /*tls*/) override {
    accepted.push_back(descriptor);
    peer = from;
  }
  [[nodiscard]] bool full() const override { return accepted.size() >= places; }
  void pause_accepting() override { ++pauses; }
  void on_backlog_full() override { ++full_backlogs; }
  ~Door() {
    for (const int descriptor : accepted)
      ::close(descriptor);
  }
};

// A poller, an acceptor, and turns that hand events over.
struct House {
  Poller poller;
  Door door;

  std::size_t turn() const { return test::poll_turn(poller); }
};

// A folder that goes with the test.
struct Folder {
  Folder() { assert_non_null(::mkdtemp(path.data())); }
  ~Folder() {
    ::unlink(socket().c_str());
    ::rmdir(path.c_str());
  }
  [[nodiscard]] std::string socket() const { return path + "/s"; }
  [[nodiscard]] Address address() const { return *engine::parse_address("unix:" + socket()).address; }
  [[nodiscard]] bool has_socket() const {
    struct stat status {};
    return ::lstat(socket().c_str(), &status) == 0;
  }
  std::string path = "/tmp/mote-listener-XXXXXX";
};

int client_of(const Address& address) {
  const int client = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(client, address.pointer(), address.length) == 0) return client;
  ::close(client);
  return -1;
}

void test_port_0_is_a_free_port(void**) {
  House house;
  Listener listener(*engine::parse_address("127.0.0.1:0").address, kLimits, house.door);
  assert_null(listener.open(house.poller));
  const engine::AddressText text(listener.address());
  assert_true(text.view().starts_with("127.0.0.1:"));
  assert_false(text.view().ends_with(":0"));
  assert_int_equal(house.turn(), 0);

  const int client = client_of(listener.address());
  assert_true(client >= 0);
  house.turn();
  assert_int_equal(house.door.accepted.size(), 1);
  assert_true((::fcntl(house.door.accepted[0], F_GETFL) & O_NONBLOCK) != 0);
  assert_true((::fcntl(house.door.accepted[0], F_GETFD) & FD_CLOEXEC) != 0);
  ::close(client);
}

void test_a_port_in_use_is_refused(void**) {
  House house;
  Listener first(*engine::parse_address("127.0.0.1:0").address, kLimits, house.door);
  assert_null(first.open(house.poller));
  Listener second(first.address(), kLimits, house.door);
  assert_string_equal(second.open(house.poller), "listen on");
  assert_int_equal(errno, EADDRINUSE);
}

// Its address is counted for shares, although getpeername() has forgotten it.
void test_a_peer_that_resets_before_it_is_accepted_has_its_address(void**) {
  House house;
  Listener listener(*engine::parse_address("127.0.0.1:0").address, kLimits, house.door);
  assert_null(listener.open(house.poller));
  const int client = client_of(listener.address());
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  assert_int_equal(::setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
  ::close(client);
  house.turn();
  assert_int_equal(house.door.accepted.size(), 1);
  const int accepted = house.door.accepted[0];
  assert_int_equal(peer_address(accepted).family(), AF_UNSPEC);
  const AddressKey local = key_of(*engine::parse_address("127.0.0.1:1").address);
  assert_true(key_of_peer(accepted, house.door.peer) == local);
}

int option_of(int descriptor, int level, int option) {
  int value = 0;
  socklen_t length = sizeof(value);
  assert_int_equal(::getsockopt(descriptor, level, option, &value, &length), 0);
  return value;
}

void test_a_port_is_shared_if_all_listeners_agree(void**) {
  engine::Limits sharing = kLimits;
  sharing.reuse_port = true;
  House house;
  Listener first(*engine::parse_address("127.0.0.1:0").address, sharing, house.door);
  assert_null(first.open(house.poller));
  Listener other(first.address(), kLimits, house.door);
  assert_string_equal(other.open(house.poller), "listen on");
  Listener second(first.address(), sharing, house.door);
  assert_null(second.open(house.poller));
  first.close();
  const int client = client_of(second.address());
  assert_true(client >= 0);
  house.turn();
  assert_int_equal(house.door.accepted.size(), 1);
  ::close(client);
}

void test_connections_inherit_tcp_keepalive(void**) {
  for (const int seconds : {0, 77}) {
    engine::Limits limits = kLimits;
    limits.tcp_keepalive = std::chrono::seconds(seconds);
    House house;
    Listener listener(*engine::parse_address("127.0.0.1:0").address, limits, house.door);
    assert_null(listener.open(house.poller));
    const int client = client_of(listener.address());
    house.turn();
    const int accepted = house.door.accepted.at(0);
    assert_int_equal(option_of(accepted, SOL_SOCKET, SO_KEEPALIVE), seconds != 0);
    if (seconds != 0) {
      assert_int_equal(option_of(accepted, IPPROTO_TCP, TCP_KEEPIDLE), seconds);
      assert_int_equal(option_of(accepted, IPPROTO_TCP, TCP_KEEPINTVL), seconds);
      assert_int_equal(option_of(accepted, IPPROTO_TCP, TCP_KEEPCNT), 3);
    }
    ::close(client);
  }
}

// A reply of two segments does not wait for the peer's delayed acknowledgement.
void test_connections_send_at_once(void**) {
  House house;
  Listener listener(*engine::parse_address("127.0.0.1:0").address, kLimits, house.door);
  assert_null(listener.open(house.poller));
  const int client = client_of(listener.address());
  house.turn();
  assert_int_equal(option_of(house.door.accepted.at(0), IPPROTO_TCP, TCP_NODELAY), 1);
  ::close(client);
}

void test_connections_are_accepted_in_bursts(void**) {
  House house;
  const Folder folder;
  Listener listener(folder.address(), kLimits, house.door);
  assert_null(listener.open(house.poller));
  std::vector<int> clients(70);
  for (int& client : clients)
    client = client_of(folder.address());
  house.turn();
  assert_int_equal(house.door.accepted.size(), 64);
  house.turn();
  assert_int_equal(house.door.accepted.size(), 70);
  assert_int_equal(house.door.pauses, 0);
  assert_int_equal(house.door.full_backlogs, 0);
  for (const int client : clients)
    ::close(client);
}

// The turn before shows which connections are over, so that none is closed for them.
void test_a_full_acceptor_waits_a_turn_then_gets_one_connection_a_turn(void**) {
  House house;
  const Folder folder;
  Listener listener(folder.address(), kLimits, house.door);
  assert_null(listener.open(house.poller));
  std::vector<int> clients(4);
  for (int& client : clients)
    client = client_of(listener.address());
  house.door.places = 0;
  house.turn();
  assert_int_equal(house.door.accepted.size(), 0);
  house.turn();
  assert_int_equal(house.door.accepted.size(), 1);
  house.turn();
  assert_int_equal(house.door.accepted.size(), 2);
  house.door.places = SIZE_MAX;
  house.turn();
  assert_int_equal(house.door.accepted.size(), 4);
  for (const int client : clients)
    ::close(client);
}

// Also one that comes long after the last place was taken, or after a place was free for a while.
void test_each_newcomer_to_a_full_acceptor_waits_a_turn(void**) {
  House house;
  const Folder folder;
  Listener listener(folder.address(), kLimits, house.door);
  assert_null(listener.open(house.poller));
  std::vector<int> clients;
  const auto accepted_for_newcomer = [&] {
    clients.push_back(client_of(folder.address()));
    const std::size_t before = house.door.accepted.size();
    house.turn();
    return house.door.accepted.size() - before;
  };
  house.door.places = 1;
  assert_int_equal(accepted_for_newcomer(), 1);
  assert_int_equal(accepted_for_newcomer(), 0);
  assert_int_equal(house.turn(), 1);
  assert_int_equal(house.door.accepted.size(), 2);
  assert_int_equal(house.turn(), 0);
  assert_int_equal(accepted_for_newcomer(), 0);
  house.door.places = SIZE_MAX;
  assert_int_equal(house.turn(), 1);
  assert_int_equal(house.door.accepted.size(), 3);
  house.door.places = 3;
  assert_int_equal(accepted_for_newcomer(), 0);
  for (const int client : clients)
    ::close(client);
}

// A peer that has gone and a signal are no reason to wait.
void test_accepting_goes_on_after_an_interruption(void**) {
  House house;
  const Folder folder;
  Listener listener(folder.address(), kLimits, house.door);
  assert_null(listener.open(house.poller));
  for (const int fault : {ECONNABORTED, EINTR}) {
    house.door.accepted.clear();
    const int client = client_of(folder.address());
    accept_fault = fault;
    house.turn();
    assert_int_equal(house.door.accepted.size(), 1);
    assert_int_equal(house.door.pauses, 0);
    ::close(client);
  }
  const int client = client_of(folder.address());
  accept_fault = ENOMEM;
  house.turn();
  assert_int_equal(house.door.accepted.size(), 1);
  assert_int_equal(house.door.pauses, 1);
  ::close(client);
}

// A connection inherits the sizes that its listener has at that moment.
void test_buffers_are_limited_before_it_listens(void**) {
  House house;
  receive_buffer_at_listen = 0;
  Listener listener(*engine::parse_address("127.0.0.1:0").address, kLimits, house.door);
  assert_null(listener.open(house.poller));
  assert_int_equal(receive_buffer_at_listen, kLimits.socket_receive_bytes);
  const int client = client_of(listener.address());
  house.turn();
  assert_int_equal(buffer_bytes(house.door.accepted.at(0), SO_RCVBUF), kLimits.socket_receive_bytes);
  assert_int_equal(buffer_bytes(house.door.accepted.at(0), SO_SNDBUF), kLimits.socket_send_bytes);
  ::close(client);
}

// The kernel enlarges the receive buffer of a connection with its load unless the size is fixed. For upload windows the
// listener's is not, so that the peer learns a window scale.
void test_receive_buffers_stay_as_they_are(void**) {
  constexpr int kBufferLock = 72;  // SO_BUF_LOCK of <asm-generic/socket.h>; musl has no name for it.
  for (const std::uint32_t windows : {0U, 1U, 2U}) {
    engine::Limits limits = few_bytes();
    limits.max_message_bytes = 1024 * 1024;
    limits.upload_windows = windows;
    House house;
    Listener listener(*engine::parse_address("127.0.0.1:0").address, limits, house.door);
    assert_null(listener.open(house.poller));
    const int client = client_of(listener.address());
    house.turn();
    int fixed = 0;
    socklen_t length = sizeof(fixed);
    assert_int_equal(::getsockopt(house.door.accepted.at(0), SOL_SOCKET, kBufferLock, &fixed, &length), 0);
    assert_int_equal(fixed & SOCK_RCVBUF_LOCK, SOCK_RCVBUF_LOCK);
    ::close(client);
  }
}

// The kernel keeps `backlog` connections and one more.
void test_a_full_backlog_is_noted(void**) {
  House house;
  constexpr std::uint32_t kFew = 70;
  const engine::Limits few = few_bytes(kFew);
  Listener listener(*engine::parse_address("127.0.0.1:0").address, few, house.door);
  assert_null(listener.open(house.poller));
  std::vector<int> clients(66);
  for (int& client : clients)
    client = client_of(listener.address());
  house.turn();
  assert_int_equal(house.door.accepted.size(), 64);
  assert_int_equal(house.door.full_backlogs, 0);
  for (const std::size_t number : {kFew - 2, kFew - 5}) {  // Beside the 2, and then 6, that wait.
    for (std::size_t i = 0; i < number; ++i)
      clients.push_back(client_of(listener.address()));
    house.turn();
    assert_int_equal(house.door.full_backlogs, number == kFew - 5);
  }
  for (const int client : clients)
    ::close(client);
}

void test_a_paused_listener_leaves_them_waiting(void**) {
  House house;
  const Folder folder;
  Listener listener(folder.address(), kLimits, house.door);
  assert_null(listener.open(house.poller));
  listener.pause(house.poller);
  const int client = client_of(folder.address());
  assert_int_equal(house.turn(), 0);
  listener.resume(house.poller);
  assert_int_equal(house.turn(), 1);
  assert_int_equal(house.door.accepted.size(), 1);
  ::close(client);
}

void test_descriptor_zero(void**) {
  House house;
  const Folder folder;
  const test::DescriptorZero zero;
  {
    Listener listener(folder.address(), kLimits, house.door);
    assert_null(listener.open(house.poller));
    assert_true(test::DescriptorZero::open());
    listener.pause(house.poller);
    const int client = client_of(folder.address());
    assert_int_equal(house.turn(), 0);
    listener.resume(house.poller);
    assert_int_equal(house.turn(), 1);
    ::close(client);
  }
  assert_false(test::DescriptorZero::open());
}

void test_a_connection_that_is_descriptor_zero(void**) {
  House house;
  const Folder folder;
  Listener listener(folder.address(), kLimits, house.door);
  assert_null(listener.open(house.poller));
  const int client = client_of(folder.address());
  {
    const test::DescriptorZero zero;
    house.turn();
    assert_int_equal(house.door.accepted.at(0), 0);
    assert_int_equal(house.door.pauses, 0);
    ::close(0);
    house.door.accepted.clear();
  }
  ::close(client);
}

// --- Sockets from a service manager ---

void test_a_socket_that_listens_already_is_taken_over(void**) {
  House house;
  const Folder folder;
  const Address address = folder.address();
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  assert_int_equal(::bind(socket, address.pointer(), address.length), 0);
  assert_int_equal(::listen(socket, 1), 0);
  const int client = client_of(address);  // It came before the gateway did.
  Listener listener(socket, kLimits, house.door);
  assert_null(listener.open(house.poller));
  assert_true(engine::AddressText(listener.address()).view() == "unix:" + folder.socket());
  house.turn();
  assert_int_equal(house.door.accepted.size(), 1);
  assert_int_equal(buffer_bytes(house.door.accepted.at(0), SO_RCVBUF), kLimits.socket_receive_bytes);
  assert_int_equal(buffer_bytes(house.door.accepted.at(0), SO_SNDBUF), kLimits.socket_send_bytes);
  ::close(client);
  listener.close();
  assert_true(folder.has_socket());
}

// --- Unix sockets ---

void test_a_socket_file_is_created_and_removed(void**) {
  House house;
  const Folder folder;
  Listener listener(folder.address(), kLimits, house.door);
  assert_null(listener.open(house.poller));
  assert_true(folder.has_socket());
  listener.close();
  assert_false(folder.has_socket());
  listener.close();
  listener.resume(house.poller);
  assert_int_equal(house.turn(), 0);
}

// Like a new gateway after the file of one that still drains was removed.
void test_the_file_of_another_gateway_stays(void**) {
  House house;
  const Folder folder;
  Listener old(folder.address(), kLimits, house.door);
  assert_null(old.open(house.poller));
  ::unlink(folder.socket().c_str());
  Listener newer(folder.address(), kLimits, house.door);
  assert_null(newer.open(house.poller));
  old.close();
  assert_true(folder.has_socket());
  newer.close();
  assert_false(folder.has_socket());
}

void test_a_socket_file_left_over_is_replaced(void**) {
  House house;
  const Folder folder;
  const Address address = folder.address();
  const int crashed = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(::bind(crashed, address.pointer(), address.length), 0);
  ::close(crashed);
  assert_true(folder.has_socket());
  Listener listener(address, kLimits, house.door);
  assert_null(listener.open(house.poller));
  ::close(client_of(address));
  house.turn();
  assert_int_equal(house.door.accepted.size(), 1);
}

void test_a_socket_in_use_is_refused_and_not_replaced(void**) {
  House house;
  const Folder folder;
  Listener first(folder.address(), kLimits, house.door);
  assert_null(first.open(house.poller));
  {
    Listener second(folder.address(), kLimits, house.door);
    assert_string_equal(second.open(house.poller), "listen on");
    assert_int_equal(errno, EADDRINUSE);
  }
  assert_true(folder.has_socket());
  const int client = client_of(folder.address());
  assert_true(client >= 0);
  ::close(client);
}

// A listener with a full backlog must not delay the refusal of a second one.
void test_a_socket_in_use_with_a_full_backlog_is_refused_at_once(void**) {
  House house;
  const Folder folder;
  const Address address = folder.address();
  const int busy = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(::bind(busy, address.pointer(), address.length), 0);
  assert_int_equal(::listen(busy, 0), 0);
  const int waiting = client_of(address);
  ::alarm(20);
  Listener second(address, kLimits, house.door);
  assert_string_equal(second.open(house.poller), "listen on");
  assert_int_equal(errno, EADDRINUSE);
  ::alarm(0);
  ::close(waiting);
  ::close(busy);
}

void test_a_file_that_is_not_a_socket_is_not_replaced(void**) {
  House house;
  const Folder folder;
  ::close(::open(folder.socket().c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  {
    Listener listener(folder.address(), kLimits, house.door);
    assert_string_equal(listener.open(house.poller), "listen on");
    assert_int_equal(errno, EADDRINUSE);
  }
  assert_true(folder.has_socket());
}

void test_a_folder_that_is_not_there(void**) {
  House house;
  Listener listener(*engine::parse_address("unix:/nonexistent/folder/s").address, kLimits, house.door);
  assert_string_equal(listener.open(house.poller), "listen on");
  assert_int_equal(errno, ENOENT);
}

}  // namespace

// In place of the C library's.
extern "C" int listen(int descriptor, int backlog) noexcept {
  receive_buffer_at_listen = buffer_bytes(descriptor, SO_RCVBUF);
  return static_cast<int>(::syscall(SYS_listen, descriptor, backlog));
}

extern "C" int accept4(int descriptor, sockaddr* peer, socklen_t* size, int flags) {
  errno = std::exchange(accept_fault, 0);
  return errno != 0 ? -1 : static_cast<int>(::syscall(SYS_accept4, descriptor, peer, size, flags));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_port_0_is_a_free_port),
      cmocka_unit_test(test_a_port_in_use_is_refused),
      cmocka_unit_test(test_a_peer_that_resets_before_it_is_accepted_has_its_address),
      cmocka_unit_test(test_a_port_is_shared_if_all_listeners_agree),
      cmocka_unit_test(test_connections_inherit_tcp_keepalive),
      cmocka_unit_test(test_connections_send_at_once),
      cmocka_unit_test(test_connections_are_accepted_in_bursts),
      cmocka_unit_test(test_a_full_acceptor_waits_a_turn_then_gets_one_connection_a_turn),
      cmocka_unit_test(test_each_newcomer_to_a_full_acceptor_waits_a_turn),
      cmocka_unit_test(test_accepting_goes_on_after_an_interruption),
      cmocka_unit_test(test_buffers_are_limited_before_it_listens),
      cmocka_unit_test(test_receive_buffers_stay_as_they_are),
      cmocka_unit_test(test_a_full_backlog_is_noted),
      cmocka_unit_test(test_a_paused_listener_leaves_them_waiting),
      cmocka_unit_test(test_descriptor_zero),
      cmocka_unit_test(test_a_connection_that_is_descriptor_zero),
      cmocka_unit_test(test_a_socket_that_listens_already_is_taken_over),
      cmocka_unit_test(test_a_socket_file_is_created_and_removed),
      cmocka_unit_test(test_the_file_of_another_gateway_stays),
      cmocka_unit_test(test_a_socket_file_left_over_is_replaced),
      cmocka_unit_test(test_a_socket_in_use_is_refused_and_not_replaced),
      cmocka_unit_test(test_a_socket_in_use_with_a_full_backlog_is_refused_at_once),
      cmocka_unit_test(test_a_file_that_is_not_a_socket_is_not_replaced),
      cmocka_unit_test(test_a_folder_that_is_not_there),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
