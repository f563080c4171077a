// Adds numbers on a thread of its own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace station {

// Numbers with a decimal comma, separated by spaces. Throws std::invalid_argument that names what is no number.
double sum_of(const std::string& numbers);
// A number with a decimal comma.
std::string text_of(double number);

class Adder {
 public:
  struct Outcome {
    std::uint32_t job = 0;
    double sum = 0;
    std::string error;
  };

  // `done` is called on the thread with the outcome of each job.
  explicit Adder(std::function<void(const Outcome&)> done) : done_(std::move(done)) {}
  ~Adder();
  Adder(const Adder&) = delete;
  Adder& operator=(const Adder&) = delete;

  void start();
  // Returns the number of the job.
  std::uint32_t submit(std::string numbers);

 private:
  struct Job {
    std::uint32_t number;
    std::string numbers;
  };

  void run();

  std::function<void(const Outcome&)> done_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::uint32_t last_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace station
