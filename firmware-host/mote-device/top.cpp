#include "mote-device/top.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>

#include "mote-device/escaped.h"
#include "mote-device/http_get.h"
#include "mote-device/options.h"
#include "mote-device/server_link.h"
#include "mote-device/top_view.h"
#include "ports/posix/wait_readable.h"
#include "text/endpoint.h"
#include "text/flag.h"
#include "text/measure.h"

namespace mote::tool {
namespace {

enum Exit : int { kOk = 0, kFailed = 1, kUsage = 2 };

constexpr const char* kName = "top";
constexpr const char* kUsageText = "top HOST [--once] [--interval MS]";
constexpr std::uint16_t kHttpPort = 9464;
constexpr std::uint32_t kTimeoutMs = 5000;
constexpr std::uint32_t kLongestIntervalMs = 3'600'000;
// Apart from Top, whose members that are not zero would put all of it into the file.
std::array<char, std::size_t{256} * 1024> answer_room;

int refuse(std::string_view subject, std::string_view error, std::FILE* errors) {
  std::fputs("mote-device: ", errors);
  put_line_text(subject, errors);
  std::fputs(": ", errors);
  put_line_text(error, errors);
  std::fputc('\n', errors);
  return kUsage;
}

// The terminal while it shows the numbers: another page, without a cursor, and keys arrive one by one.
class Terminal {
 public:
  explicit Terminal(std::FILE* out) : out_(out), keys_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    termios now = before_;
    now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    if (keys_) ::tcsetattr(STDIN_FILENO, TCSANOW, &now);
    std::fputs("\033[?1049h\033[?25l", out_);
  }
  ~Terminal() {
    std::fputs("\033[?25h\033[?1049l", out_);
    std::fflush(out_);
    if (keys_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] TopScreen size() const {
    winsize size{};
    const bool known = ::ioctl(::fileno(out_), TIOCGWINSZ, &size) == 0 && size.ws_col != 0 && size.ws_row != 0;
    return {
        .columns = known ? std::size_t{size.ws_col} : 80, .rows = known ? std::size_t{size.ws_row} : 24, .draws = true};
  }

  // Waits for a key or a signal. True: the key is q.
  [[nodiscard]] bool quits_within(std::uint32_t wait_ms, posix::Flags flags) const {
    char key = 0;
    return posix::wait_readable(keys_ ? STDIN_FILENO : -1, wait_ms, flags) && ::read(STDIN_FILENO, &key, 1) == 1 &&
           key == 'q';
  }

 private:
  std::FILE* out_;
  termios before_{};
  bool keys_;
};

struct Top {
  std::string_view host;
  bool once = false;
  std::uint32_t interval_ms = 1000;
  Options options;
  ServerLink link;
  TopView view;

  [[nodiscard]] HttpAnswer fetch() const {
    HttpAnswer answer = http_get(link.port(), link.authority(), "/stats.json", kTimeoutMs, answer_room);
    if (answer.error.empty() && !answer.body.starts_with('{')) answer.error = "the answer is no JSON";
    return answer;
  }
};

// A window that changes its size ends the wait.
volatile std::sig_atomic_t resized = 0;

void watch_size() {
  struct sigaction action {};
  action.sa_handler = [](int) { resized = 1; };
  ::sigaction(SIGWINCH, &action, nullptr);
}

std::string_view reason_of(const HttpAnswer& answer, const ServerLink::Reason& reason) {
  if (answer.error == "no connection" && reason[0] != '\0') return reason.data();
  return answer.error;
}

int fail(const Top& top, const HttpAnswer& answer, std::FILE* errors) {
  const ServerLink::Reason reason = top.link.reason();
  std::fputs("mote-device: ", errors);
  put_line_text(top.host, errors);
  std::fputs(": ", errors);
  put_line_text(reason_of(answer, reason), errors);
  std::fputs(" (top needs the listener of the gateway's --http)\n", errors);
  return kFailed;
}

void show(Top& top, const Terminal& terminal, const volatile std::sig_atomic_t& stop, HttpAnswer answer,
          std::FILE* out) {
  JsonView stats(answer.body);
  for (std::uint32_t left_ms = top.interval_ms;;) {
    resized = 0;
    top.view.put(stats, terminal.size(), out);
    const std::uint32_t begun = top.link.port().now_ms(top.link.port().context);
    if (terminal.quits_within(left_ms, {&stop, &resized}) || stop != 0) return;
    const std::uint32_t took = top.link.port().now_ms(top.link.port().context) - begun;
    left_ms -= took < left_ms ? took : left_ms;
    if (resized != 0 || left_ms != 0) continue;
    top.view.remember(stats);
    for (answer = top.fetch(); !answer.error.empty() && stop == 0; answer = top.fetch()) {
      const ServerLink::Reason reason = top.link.reason();
      std::fputs("\033[H\033[7m", out);
      put_line_text(reason_of(answer, reason), out);
      std::fputs("\033[0m\033[K", out);
      std::fflush(out);
      if (terminal.quits_within(top.interval_ms, {&stop})) return;
    }
    stats = JsonView(answer.body);
    left_ms = top.interval_ms;
  }
}

bool take_flag(text::Arguments& rest, Top& top, std::FILE* errors) {
  const text::Flag flag = text::take_flag(rest);
  if (flag.name == "--once" && flag.value == nullptr) {
    top.once = true;
    return true;
  }
  if (flag.name != "--interval") return refuse(flag.name, kUsageText, errors) == kOk;
  const char* value = flag.value != nullptr ? flag.value : text::take_value(rest);
  const text::ParsedQuantity parsed = text::parse_quantity(value == nullptr ? "" : value, text::Unit::Milliseconds);
  if (!parsed.error.empty() || parsed.value < 100 || parsed.value > kLongestIntervalMs)
    return refuse(flag.name, "write a number of milliseconds from 100 to 3600000", errors) == kOk;
  top.interval_ms = static_cast<std::uint32_t>(parsed.value);
  return true;
}

}  // namespace

bool is_top_command(const char* word) {
  return std::strcmp(word, kName) == 0;
}

int top(std::span<const char* const> arguments, const volatile std::sig_atomic_t& stop, std::FILE* out,
        std::FILE* errors) {
  static Top top;
  for (text::Arguments rest = arguments.subspan(1); !rest.empty();) {
    if (rest.front()[0] == '-') {
      if (!take_flag(rest, top, errors)) return kUsage;
    } else if (!top.host.empty()) {
      return refuse(kName, kUsageText, errors);
    } else {
      top.host = rest.front();
      rest = rest.subspan(1);
    }
  }
  if (top.host.empty()) return refuse(kName, kUsageText, errors);
  const ParsedTarget parsed = parse_target(top.host);
  if (!parsed.error.empty()) return refuse(top.host, parsed.error, errors);
  top.options.target = parsed.target;
  if (!text::split_endpoint(top.host).port) top.options.target.port = kHttpPort;
  if (!top.link.prepare(top.options, errors)) return kUsage;
  if (!top.once && ::isatty(::fileno(out)) == 0) return refuse(kName, "the output is no terminal: use --once", errors);

  const HttpAnswer answer = top.fetch();
  if (!answer.error.empty()) return fail(top, answer, errors);
  if (top.once) {
    top.view.put(JsonView(answer.body), {}, out);
    return kOk;
  }
  watch_size();
  const Terminal terminal(out);
  show(top, terminal, stop, answer, out);
  return kOk;
}

void print_top_help(std::FILE* out) {
  std::fprintf(out, "  %-36s%s\n\n", kUsageText, "the live numbers of a gateway with --http (port 9464); q quits");
}

}  // namespace mote::tool
