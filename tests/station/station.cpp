#include "station.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <chrono>
#include <iostream>

namespace station {

Station::~Station() {
  if (pipe_.number() >= 0) ::close(pipe_.number());
}

void Station::settings(mote::Settings& settings) {
  settings.text("pipe", pipe_path_, "The named pipe to read lines from.");
  settings.number("tick-ms", tick_ms_, 1, 60'000, "The interval of the timer, in milliseconds.");
}

const char* Station::on_start(mote::Loop& loop) {
  // Also for writing, so that it stays open when a writer closes it.
  const int pipe = ::open(pipe_path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (pipe < 0) return "cannot open the pipe";
  if (!loop.add(pipe_, pipe, EPOLLIN)) return "cannot watch the pipe";
  if (!loop.add(handover_.wakeup())) return "cannot add the handover";
  loop_ = &loop;
  loop.add(tick_);
  tick_.wake_at(loop.now());
  adder_.start();
  std::cerr << "station: reads " << pipe_path_ << std::endl;
  return nullptr;
}

void Station::on_pipe(std::uint32_t /*events*/) {
  std::array<char, 256> bytes{};
  const ssize_t size = ::read(pipe_.number(), bytes.data(), bytes.size());
  if (size <= 0) return;
  unfinished_.append(bytes.data(), static_cast<std::size_t>(size));
  for (std::size_t end = 0; (end = unfinished_.find('\n')) != std::string::npos;) {
    line_ = unfinished_.substr(0, end);
    unfinished_.erase(0, end + 1);
  }
  changed_.notify();
}

void Station::on_tick() {
  ++ticks_;
  changed_.notify();
  tick_.wake_at(loop_->now() + std::chrono::milliseconds(tick_ms_));
}

void Station::hand_over(const Adder::Outcome& outcome) {
  Added added{.job = outcome.job, .sum = outcome.sum, .error = {}};
  outcome.error.copy(added.error.data(), added.error.size() - 1);
  while (!handover_.push(added))
    std::this_thread::yield();
}

void Station::on_added(const Added& added) {
  added_[added.job % kAdded] = added;
  summed_.notify();
}

void Station::Watch::on_message(const WatchRequest& /*in*/) {
  wait_for(service().changed_);
}

void Station::Watch::on_ready() {
  const std::string& line = service().line_;
  send({.line = mote_bytes_of(line.data(), line.size()), .ticks = service().ticks_});
}

void Station::Sum::on_message(const SumRequest& in) {
  std::string numbers(mote_bytes_size(&in.numbers), '\0');
  mote_bytes_copy(&in.numbers, numbers.data(), numbers.size());
  job_ = service().adder_.submit(std::move(numbers));
  wait_for(service().summed_);
}

void Station::Sum::on_ready() {
  const Added& added = service().added_[job_ % kAdded];
  if (added.job != job_) return;
  if (added.error[0] != '\0') return fail(mote::InvalidArgument, std::string_view(added.error.data()));
  const std::string text = text_of(added.sum);
  if (send({.sum = added.sum, .text = mote_bytes_of(text.data(), text.size())})) finish();
}

}  // namespace station
