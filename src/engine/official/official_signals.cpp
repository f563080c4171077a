#include "engine/official/official_signals.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

namespace mote::official {

namespace {

// A handler may run in any thread of the library.
std::atomic<bool> stop = false;
std::atomic<bool> reload = false;
std::atomic<bool> report = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void on_stop(int number) {
  constexpr int kKilledBySignal = 128;
  if (stop.exchange(true)) ::_exit(kKilledBySignal + number);
}

void on_reload(int /*number*/) {
  reload = true;
}

void on_report(int /*number*/) {
  report = true;
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(number, &action, nullptr);
}

}  // namespace

void catch_signals() {
  handle(SIGTERM, on_stop);
  handle(SIGINT, on_stop);
  handle(SIGHUP, on_reload);
  handle(SIGUSR1, on_report);
}

bool stop_asked() {
  return stop;
}

bool take_reload_asked() {
  return reload.exchange(false);
}

bool take_report_asked() {
  return report.exchange(false);
}

}  // namespace mote::official
