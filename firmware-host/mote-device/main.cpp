// mote-device: calls the Echo service of a gRPC server repeatedly and prints the latency. The commands list, describe and call are for
// any server, and top shows the numbers of a gateway.

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

#include "mote-device/explore.h"
#include "mote-device/options.h"
#include "mote-device/plot.h"
#include "mote-device/run.h"
#include "mote-device/top.h"
#include "mote/version.h"

namespace {

namespace tool = mote::tool;

enum Exit : int { kAllAnswered = 0, kSomeFailed = 1, kUsage = 2 };

volatile std::sig_atomic_t stop = 0;

// The first signal ends the run; the second one kills the program.
void end_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool terminal_knows_unicode() {
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view locale(value);
    return locale.find("UTF-8") != std::string_view::npos || locale.find("utf8") != std::string_view::npos;
  }
  return false;
}

tool::Screen screen_of_process() {
  tool::Screen screen = {.out = stdout, .errors = stderr};
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0) screen.columns = size.ws_col;
  screen.blocks = terminal_knows_unicode();
  const char* terminal = std::getenv("TERM");
  const bool draws = ::isatty(STDERR_FILENO) != 0 && terminal != nullptr && std::string_view(terminal) != "dumb";
  if (draws) screen.progress = stderr;
  return screen;
}

// Writes the plot to a file opened before the run.
bool draw(const tool::Options& options, const tool::Tally& tally, std::FILE* file) {
  tool::put_plot(options, tally, file);
  const bool written = std::ferror(file) == 0;
  return std::fclose(file) == 0 && written;
}

int report_plot_error(const tool::Options& options, int exit_code) {
  std::fprintf(stderr, "mote-device: --plot: %s: %s\n", options.plot, std::strerror(errno));
  return exit_code;
}

int run(const tool::Options& options) {
  std::FILE* plot = options.plot == nullptr ? nullptr : std::fopen(options.plot, "we");
  if (options.plot != nullptr && plot == nullptr) return report_plot_error(options, kUsage);

  const tool::Screen screen = screen_of_process();
  static tool::Run run(options, screen, stop);
  if (!run.ready()) return kUsage;
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  end_on_signals();
  run.go();
  if (plot != nullptr && !draw(options, run.tally(), plot)) return report_plot_error(options, kSomeFailed);
  const bool all = run.tally().failed == 0 && run.tally().answered != 0;
  return all ? kAllAnswered : kSomeFailed;
}

}  // namespace

int main(int argc, char** argv) {
  static tool::Options options;
  const std::span<const char* const> arguments(argv, static_cast<std::size_t>(argc));
  if (argc > 1 && tool::is_explore_command(arguments[1])) return tool::explore(arguments.subspan(1), stdout, stderr);
  if (argc > 1 && tool::is_top_command(arguments[1])) {
    end_on_signals();
    return tool::top(arguments.subspan(1), stop, stdout, stderr);
  }
  switch (tool::parse_options(arguments.subspan(1), options, stderr)) {
    case tool::Action::Run:
      return run(options);
    case tool::Action::Help:
      tool::print_help(stdout);
      return 0;
    case tool::Action::Version:
      std::printf("mote-device %s\n", mote_version);
      return 0;
    case tool::Action::Refuse:
      break;
  }
  return kUsage;
}
