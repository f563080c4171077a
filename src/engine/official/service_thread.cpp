#include "engine/official/service_thread.h"

#include <grpc/support/time.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>

namespace mote::official {

bool ServiceThread::start(int descriptor, ::grpc::CompletionQueue& queue) {
  if (descriptor < 0) return true;
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  if (stop_ < 0) return false;
  alarm_.emplace();
  // Signals go to the thread of the engine.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this, descriptor, &queue] { watch(descriptor, queue); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return true;
}

void ServiceThread::watch(int descriptor, ::grpc::CompletionQueue& queue) {
  std::array<pollfd, 2> watched = {pollfd{descriptor, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
  for (;;) {
    const int ready = ::poll(watched.data(), watched.size(), -1);
    if (watched[1].revents != 0 || (ready < 0 && errno != EINTR)) return;
    if (ready <= 0) continue;
    alarm_->Set(&queue, gpr_now(GPR_CLOCK_MONOTONIC), &event_);
    handled_.acquire();
  }
}

void ServiceThread::stop() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_, &one, sizeof one);
  handled_.release();
  thread_.join();
  ::close(stop_);
}

}  // namespace mote::official
