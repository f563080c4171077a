#include "adder.h"

#include <future>
#include <iterator>
#include <locale>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace station {
namespace {

struct DecimalComma : std::numpunct<char> {
  [[nodiscard]] char do_decimal_point() const override { return ','; }
};

std::locale with_comma() {
  return {std::locale::classic(), new DecimalComma};
}

double number_of(const std::string& text) {
  std::istringstream in(text);
  in.imbue(with_comma());
  double number = 0;
  if (!(in >> number) || !in.eof()) throw std::invalid_argument("not a number: " + text);
  return number;
}

}  // namespace

double sum_of(const std::string& numbers) {
  std::istringstream in(numbers);
  const std::vector<std::string> words(std::istream_iterator<std::string>(in), {});
  return std::accumulate(words.begin(), words.end(), 0.0,
                         [](double sum, const std::string& word) { return sum + number_of(word); });
}

std::string text_of(double number) {
  std::ostringstream out;
  out.imbue(with_comma());
  out << number;
  return out.str();
}

Adder::~Adder() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Adder::start() {
  thread_ = std::thread([this] { run(); });
}

std::uint32_t Adder::submit(std::string numbers) {
  const std::scoped_lock lock(mutex_);
  jobs_.push_back({++last_, std::move(numbers)});
  changed_.notify_one();
  return last_;
}

void Adder::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    Outcome outcome;
    outcome.job = job.number;
    try {
      // A thread that starts while the server serves.
      outcome.sum = std::async(std::launch::async, sum_of, job.numbers).get();
    } catch (const std::invalid_argument& error) {
      outcome.error = error.what();
    }
    done_(outcome);
    lock.lock();
  }
}

}  // namespace station
