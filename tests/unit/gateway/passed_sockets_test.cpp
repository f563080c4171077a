#include "gateway/passed_sockets.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::gateway::passed_sockets;
using mote::gateway::PassedSockets;

constexpr int kFirst = 3;

enum class What { Listening, Bound, Datagram, File };

int make(What what) {
  if (what == What::File) return ::open("/dev/null", O_RDONLY);
  const int type = what == What::Datagram ? SOCK_DGRAM : SOCK_STREAM;
  const int descriptor = ::socket(AF_UNIX, type, 0);
  const sockaddr_un any{.sun_family = AF_UNIX, .sun_path = {}};
  // Linux picks an abstract name for an address without one.
  assert_int_equal(::bind(descriptor, reinterpret_cast<const sockaddr*>(&any), sizeof(sa_family_t)), 0);
  if (what == What::Listening) assert_int_equal(::listen(descriptor, 1), 0);
  return descriptor;
}

// Descriptors from 3 on, as a service manager passes them. The previous descriptors are restored afterwards.
template <std::size_t count>
class Passed {
 public:
  explicit Passed(const std::array<What, count>& sockets) {
    for (std::size_t i = 0; i < count; ++i) {
      before_[i] = ::fcntl(place(i), F_DUPFD_CLOEXEC, 100);
      const int descriptor = make(sockets[i]);
      if (descriptor == place(i)) continue;
      assert_int_equal(::dup2(descriptor, place(i)), place(i));
      ::close(descriptor);
    }
  }
  ~Passed() {
    for (std::size_t i = 0; i < count; ++i) {
      ::close(place(i));
      if (before_[i] < 0) continue;
      ::dup2(before_[i], place(i));
      ::close(before_[i]);
    }
  }
  Passed(const Passed&) = delete;
  Passed& operator=(const Passed&) = delete;

 private:
  static int place(std::size_t i) { return kFirst + static_cast<int>(i); }

  std::array<int, count> before_{};
};

PassedSockets passed(const std::string& count, const std::string& pid = std::to_string(::getpid())) {
  const std::string fds = "LISTEN_FDS=" + count;
  const std::string owner = "LISTEN_PID=" + pid;
  const char* const variables[] = {fds.c_str(), owner.c_str(), nullptr};
  return passed_sockets(variables);
}

void test_listening_sockets(void**) {
  const Passed sockets(std::array{What::Listening, What::Listening});
  const PassedSockets result = passed("2");
  assert_string_equal(result.error.c_str(), "");
  assert_true(result.descriptors == (std::vector{3, 4}));
  for (const int descriptor : result.descriptors) {
    assert_true((::fcntl(descriptor, F_GETFL) & O_NONBLOCK) != 0);
    assert_true((::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
  }
}

void test_none(void**) {
  const Passed sockets(std::array{What::Listening});
  const char* const nothing[] = {nullptr};
  assert_true(passed_sockets(nothing).descriptors.empty());
  for (const PassedSockets& result : {passed("0"), passed("1", "1"), passed("1", "")}) {
    assert_string_equal(result.error.c_str(), "");
    assert_true(result.descriptors.empty());
  }
}

void test_other_things_are_refused(void**) {
  for (const What what : {What::Bound, What::Datagram, What::File}) {
    const Passed sockets(std::array{What::Listening, what});
    assert_string_equal(passed("2").error.c_str(),
                        "descriptor 4 of LISTEN_FDS is no listening stream socket: the socket unit needs ListenStream= "
                        "and Accept=no");
  }
  assert_string_equal(passed("many").error.c_str(), "LISTEN_FDS is not a number of sockets: many");
  assert_string_equal(passed("65").error.c_str(), "LISTEN_FDS is not a number of sockets: 65");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_listening_sockets),
      cmocka_unit_test(test_none),
      cmocka_unit_test(test_other_things_are_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
