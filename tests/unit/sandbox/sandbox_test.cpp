#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>

#include "support/cmocka_test.h"

namespace {

using mote::sandbox::Entered;
using mote::sandbox::Rules;
using mote::sandbox::Sandbox;

constexpr int kNotConfined = 99;

// A folder with a file in it.
class Folder {
 public:
  Folder() {
    assert_non_null(::mkdtemp(path_.data()));
    file_ = path_ + "/file";
    const int file = ::open(file_.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    ::close(file);
  }
  ~Folder() {
    ::unlink(file_.c_str());
    ::rmdir(path_.c_str());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  std::string path_ = "/tmp/mote-sandbox-XXXXXX";
  std::string file_;
};

// The wait status of a process that enters the sandbox and then acts. It exits with the result of `act`.
template <class Act>
int status_of(const Rules& rules, const Act& act) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Entered entered = Sandbox(rules).enter();
    ::_exit(entered.system_calls_error != 0 ? kNotConfined : act());
  }
  int status = 0;
  assert_int_equal(::waitpid(child, &status, 0), child);
  return status;
}

// What this kernel can do; the emulator of foreign programs can do nothing.
Entered entered_here() {
  std::array<int, 2> pipe{};
  assert_int_equal(::pipe(pipe.data()), 0);
  Entered entered{};
  if (const pid_t child = ::fork(); child == 0) {
    entered = Sandbox({}).enter();
    [[maybe_unused]] const ssize_t written = ::write(pipe[1], &entered, sizeof(entered));
    ::_exit(0);
  } else {
    assert_int_equal(::read(pipe[0], &entered, sizeof(entered)), sizeof(entered));
    assert_int_equal(::waitpid(child, nullptr, 0), child);
  }
  ::close(pipe[0]);
  ::close(pipe[1]);
  return entered;
}

int setup(void**) {
  const Entered entered = entered_here();
  if (entered.system_calls_error == 0 && !mote::sandbox::impossible()) return 0;
  print_message("SKIPPED: the system calls of this program cannot be filtered here\n");
  std::exit(77);
}

template <class Act>
void assert_killed(const Act& act) {
  const int status = status_of({}, act);
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGSYS);
}

template <class Act>
void assert_exits(int code, const Rules& rules, const Act& act) {
  const int status = status_of(rules, act);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), code);
}

void test_a_forbidden_call_ends_the_process(void**) {
  assert_killed([] { return ::socket(AF_INET, SOCK_STREAM, 0); });
  assert_killed([] {
    const char* const words[] = {"/bin/true", nullptr};
    return ::execv(words[0], const_cast<char* const*>(words));
  });
  assert_killed([] { return ::kill(::getppid(), 0); });
  assert_killed([] { return static_cast<int>(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); });
  assert_killed([] { return ::open("/dev/null", O_WRONLY | O_CLOEXEC); });
  assert_killed([] { return ::unshare(CLONE_NEWUSER); });
  assert_killed([] {
    void* const memory = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? 1 : 0;
  });
}

void test_what_serving_and_reloading_need(void**) {
  const Folder folder;
  const Rules rules{.system_calls = {}, .files = {.readable = {folder.path()}, .writable = {}, .removable = {}}};
  assert_exits(0, rules, [&] {
    const int file = ::open(folder.file().c_str(), O_RDONLY | O_CLOEXEC);
    char byte = 0;
    return file >= 0 && ::read(file, &byte, 1) == 0 && ::close(file) == 0 ? 0 : 1;
  });
  assert_exits(7, {}, [] {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(7);
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  });
}

void test_an_abort_keeps_its_signal(void**) {
  const int status = status_of({}, []() -> int { std::abort(); });
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGABRT);
}

void test_a_service_may_need_further_calls(void**) {
  const Rules rules{.system_calls = {SYS_dup, SYS_socket}, .files = {}};
  assert_exits(0, rules, [] { return ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 0 : 1; });
  assert_exits(0, rules, [] { return ::dup(0) >= 0 ? 0 : 1; });
  assert_killed([] { return ::dup(0); });
  const int status = status_of(rules, [] { return ::chroot("/"); });
  assert_true(WIFSIGNALED(status));
}

void test_too_many_further_calls_are_refused(void**) {
  Rules rules;
  rules.system_calls.assign(mote::sandbox::SystemCallFilter::kMostFurther + 1, SYS_dup);
  assert_int_equal(WEXITSTATUS(status_of(rules, [] { return 0; })), kNotConfined);
}

// Makes the call of its argument as soon as the sandbox is entered.
struct Call {
  static void* thread(void* argument) {
    auto& call = *static_cast<Call*>(argument);
    call.started = true;
    while (!call.entered)
      ::sched_yield();
    ::syscall(call.number, 0);
    return nullptr;
  }

  long number;
  std::atomic<bool> started = false;
  std::atomic<bool> entered = false;
};

void test_threads_that_run_already_are_in_it(void**) {
  const Rules rules{.system_calls = {SYS_sched_yield, SYS_futex}, .files = {}};
  for (const auto& [number, forbidden] : {std::pair{SYS_sched_yield, false}, {SYS_dup, true}}) {
    const pid_t child = ::fork();
    if (child == 0) {
      Call call{.number = number};
      pthread_t thread{};
      if (::pthread_create(&thread, nullptr, &Call::thread, &call) != 0) ::_exit(kNotConfined);
      while (!call.started)
        ::sched_yield();
      if (Sandbox(rules).enter().system_calls_error != 0) ::_exit(kNotConfined);
      call.entered = true;
      ::_exit(::pthread_join(thread, nullptr));
    }
    int status = 0;
    assert_int_equal(::waitpid(child, &status, 0), child);
    assert_int_equal(WIFSIGNALED(status), forbidden);
    assert_int_equal(forbidden ? WTERMSIG(status) : WEXITSTATUS(status), forbidden ? SIGSYS : 0);
  }
}

void test_other_files_are_out_of_reach(void**) {
  if (entered_here().files.landlock_version == 0) {
    print_message("SKIPPED: this kernel has no Landlock\n");
    return;
  }
  const Folder folder;
  const Folder other;
  const auto open_in = [](const Folder& in) {
    return ::open(in.file().c_str(), O_RDONLY | O_CLOEXEC) >= 0 ? 0 : errno;
  };
  const Rules reads{.system_calls = {}, .files = {.readable = {folder.path()}, .writable = {}, .removable = {}}};
  assert_exits(0, reads, [&] { return open_in(folder); });
  assert_exits(EACCES, reads, [&] { return open_in(other); });
  assert_exits(EACCES, reads, [&] { return ::unlink(folder.file().c_str()) == 0 ? 0 : errno; });
  const Rules reads_file{.system_calls = {},
                         .files = {.readable = {other.file(), "/nonexistent"}, .writable = {}, .removable = {}}};
  assert_exits(0, reads_file, [&] { return open_in(other); });

  const Rules writes{.system_calls = {SYS_openat
#ifdef SYS_open
                                      ,
                                      SYS_open
#endif
                     },
                     .files = {.readable = {}, .writable = {folder.path()}, .removable = {}}};
  const auto create_in = [](const Folder& in) {
    return ::open((in.path() + "/new").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600) >= 0 ? 0 : errno;
  };
  assert_exits(0, writes, [&] {
    const int error = create_in(folder);
    return error != 0 || ::unlink((folder.path() + "/new").c_str()) == 0 ? error : errno;
  });
  assert_exits(EACCES, writes, [&] { return create_in(other); });
}

void test_a_unix_socket_is_removed_at_exit(void**) {
  const Folder folder;
  const std::string path = folder.path() + "/socket";
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  assert_int_equal(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  const Rules rules{.system_calls = {}, .files = {.readable = {}, .writable = {}, .removable = {folder.path()}}};
  assert_exits(0, rules, [&] { return ::unlink(path.c_str()) == 0 ? 0 : errno; });
  ::close(listener);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_forbidden_call_ends_the_process),
      cmocka_unit_test(test_what_serving_and_reloading_need),
      cmocka_unit_test(test_an_abort_keeps_its_signal),
      cmocka_unit_test(test_a_service_may_need_further_calls),
      cmocka_unit_test(test_too_many_further_calls_are_refused),
      cmocka_unit_test(test_threads_that_run_already_are_in_it),
      cmocka_unit_test(test_other_files_are_out_of_reach),
      cmocka_unit_test(test_a_unix_socket_is_removed_at_exit),
  };
  return cmocka_run_group_tests(tests, setup, nullptr);
}
