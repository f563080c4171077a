// Watches the descriptors of the services for a completion queue, which cannot wait for descriptors. Its thread runs only if a
// service has a descriptor, and calls no code of a service.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <optional>
#include <semaphore>
#include <thread>

#include "engine/official/event.h"

namespace mote::official {

class ServiceThread {
 public:
  // `event` is put into the queue when the descriptor is readable.
  explicit ServiceThread(Event& event) : event_(event) {}
  ~ServiceThread() { stop(); }
  ServiceThread(const ServiceThread&) = delete;
  ServiceThread& operator=(const ServiceThread&) = delete;

  // Starts to watch `descriptor`; -1 for none. False: the kernel refuses it.
  [[nodiscard]] bool start(int descriptor, ::grpc::CompletionQueue& queue);
  // The event was handled: watches on.
  void resume() { handled_.release(); }
  // Before the queue is shut down. An event that is in the queue still comes.
  void stop();

 private:
  void watch(int descriptor, ::grpc::CompletionQueue& queue);

  Event& event_;
  int stop_ = -1;                          // An eventfd(2), readable when the thread is to end.
  std::counting_semaphore<2> handled_{0};  // resume(), stop()
  std::optional<::grpc::Alarm> alarm_;     // From start() on: an Alarm starts the library.
  std::thread thread_;
};

}  // namespace mote::official
