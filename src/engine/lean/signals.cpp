#include "engine/lean/signals.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

namespace mote::lean {

Signals::~Signals() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool Signals::open(const Poller& poller) {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1})
    sigaddset(&set, number);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return false;
  descriptor_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  return descriptor_ >= 0 && poller.add(descriptor_, EPOLLIN, *this);
}

void Signals::on_events(std::uint32_t /*events*/) {
  signalfd_siginfo signal{};
  while (::read(descriptor_, &signal, sizeof(signal)) == sizeof(signal)) {
    switch (signal.ssi_signo) {
      case SIGUSR1:
        handler_.on_report_signal();
        break;
      case SIGHUP:
        handler_.on_reload_signal();
        break;
      default:
        handler_.on_stop_signal(static_cast<int>(signal.ssi_signo));
    }
  }
}

}  // namespace mote::lean
