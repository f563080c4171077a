#include "engine/log_output.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::engine::LogOutput;

constexpr unsigned kMostSeconds = 20;  // A write that blocks ends the test.

// Standard error is `descriptor` while this lives.
class StderrIs {
 public:
  explicit StderrIs(int descriptor) : before_(::dup(STDERR_FILENO)) {
    ::dup2(descriptor, STDERR_FILENO);
    ::alarm(kMostSeconds);
  }
  ~StderrIs() {
    ::alarm(0);
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
  }
  StderrIs(const StderrIs&) = delete;
  StderrIs& operator=(const StderrIs&) = delete;

 private:
  int before_;
};

struct Ends {
  int read = -1;
  int write = -1;
  ~Ends() {
    if (read >= 0) ::close(read);
    ::close(write);
  }
};

void open_pipe(Ends& ends) {
  std::array<int, 2> pipe{};
  assert_int_equal(::pipe2(pipe.data(), O_CLOEXEC), 0);
  ends.read = pipe[0];
  ends.write = pipe[1];
}

void open_sockets(Ends& ends) {
  std::array<int, 2> sockets{};
  assert_int_equal(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()), 0);
  ends.read = sockets[0];
  ends.write = sockets[1];
}

void open_terminal(Ends& ends) {
  ends.read = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  std::array<char, 64> name{};
  assert_int_equal(::grantpt(ends.read), 0);
  assert_int_equal(::unlockpt(ends.read), 0);
  assert_int_equal(::ptsname_r(ends.read, name.data(), name.size()), 0);
  ends.write = ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  assert_true(ends.write >= 0);
}

std::string read_all(int descriptor) {
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  std::string all;
  std::array<char, 4096> part{};
  for (ssize_t size = 0; (size = ::read(descriptor, part.data(), part.size())) > 0;)
    all.append(part.data(), static_cast<std::size_t>(size));
  return all;
}

// Fills what nobody reads, then reads it: every write that returned true is there, and a later one as well.
void check_full(void (*open_ends)(Ends&), bool opened) {
  Ends ends;
  open_ends(ends);
  LogOutput output;
  const std::string line = std::string(300, 'x') + "\n";
  std::size_t written = 0;
  {
    const StderrIs stderr_is(ends.write);
    if (opened) output.open();
    while (output.write(line))
      ++written;
    assert_false(output.write(line));
    // The description that other processes may share is as before.
    assert_int_equal(::fcntl(ends.write, F_GETFL) & O_NONBLOCK, 0);
  }
  assert_true(written > 0);
  std::string all = read_all(ends.read);
  {
    const StderrIs stderr_is(ends.write);
    assert_true(output.write("last\n"));
  }
  all += read_all(ends.read);
  std::size_t whole = 0;
  for (std::size_t at = all.find(line.substr(0, 300)); at != std::string::npos;
       at = all.find(line.substr(0, 300), at + 1))
    ++whole;
  assert_true(whole == written || whole == written + 1);  // The last line may lack only its end.
  assert_true(all.find("\nlast") != std::string::npos);   // On a line of its own, even after half a line.
}

void test_a_full_pipe(void**) {
  check_full(open_pipe, true);
  check_full(open_pipe, false);
}

void test_a_full_socket(void**) {
  check_full(open_sockets, true);
  check_full(open_sockets, false);
}

// A terminal that is stopped with Ctrl-S. poll() alone would not do here: a terminal that is writable may take less than a line.
void test_a_full_terminal(void**) {
  check_full(open_terminal, true);
}

void test_a_pipe_without_a_reader(void**) {
  Ends ends;
  open_pipe(ends);
  ::signal(SIGPIPE, SIG_IGN);
  const StderrIs stderr_is(ends.write);
  LogOutput output;
  output.open();
  assert_true(output.write("a\n"));
  ::close(ends.read);
  ends.read = -1;
  assert_false(output.write("b\n"));
}

void test_a_file(void**) {
  std::string name = "/tmp/mote-log-XXXXXX";
  Ends ends;
  ends.write = ::mkostemp(name.data(), O_CLOEXEC);
  ends.read = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  ::unlink(name.c_str());
  {
    const StderrIs stderr_is(ends.write);
    LogOutput output;
    output.open();
    assert_false(output.terminal());
    assert_true(output.write("a\n"));
    assert_true(output.write("b\n"));
  }
  assert_string_equal(read_all(ends.read).c_str(), "a\nb\n");
}

void test_no_standard_error(void**) {
  const int before = ::dup(STDERR_FILENO);
  ::close(STDERR_FILENO);
  LogOutput output;
  output.open();
  const bool written = output.write("a\n");
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  assert_false(written);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_full_pipe),     cmocka_unit_test(test_a_full_socket),
      cmocka_unit_test(test_a_full_terminal), cmocka_unit_test(test_a_pipe_without_a_reader),
      cmocka_unit_test(test_a_file),          cmocka_unit_test(test_no_standard_error),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
