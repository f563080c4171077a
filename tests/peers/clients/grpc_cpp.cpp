// The gRPC C++ library as a client program (harness.py has the protocol).
//
//   peers_grpc_cpp TARGET
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using grpc::ByteBuffer;
using grpc::ClientContext;
using grpc::CompletionQueue;
using grpc::Status;

constexpr int kPatienceMs = 60'000;

std::string unhex(std::string_view text) {
  std::string data;
  for (std::size_t at = 0; at + 1 < text.size(); at += 2)
    data += static_cast<char>(std::stoi(std::string(text.substr(at, 2)), nullptr, 16));
  return data;
}

std::string hex(std::string_view data) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : data) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xfU];
  }
  return text;
}

ByteBuffer buffer_of(const std::string& data) {
  const grpc::Slice slice(data);
  return {&slice, 1};
}

std::string bytes_of(const ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string data;
  if (!buffer.Dump(&slices).ok()) return data;
  for (const grpc::Slice& slice : slices)
    data.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return data;
}

// One line of the harness: the calls to make.
struct Order {
  explicit Order(std::istream& words) {
    for (std::string word; words >> word;) {
      const std::size_t at = word.find('=');
      const std::string key = word.substr(0, at);
      const std::string value = word.substr(at + 1);
      take_text(key, value);
      take_number(key, value);
    }
    const std::vector<std::string> once = messages;
    for (int copy = 1; copy < copies; ++copy)
      messages.insert(messages.end(), once.begin(), once.end());
  }

  void take_text(const std::string& key, const std::string& value) {
    const std::size_t colon = value.find(':');
    if (key == "kind") kind = value;
    if (key == "path") path = value;
    if (key == "message") messages.push_back(unhex(value));
    if (key == "metadata") metadata.emplace_back(value.substr(0, colon), unhex(value.substr(colon + 1)));
    if (key == "numbered") numbered = value;
  }

  void take_number(const std::string& key, const std::string& value) {
    if (key == "copies") copies = std::stoi(value);
    if (key == "timeout-ms") timeout = std::chrono::milliseconds(std::stoi(value));
    if (key == "cancel-after") cancel_after = std::stoul(value);
    if (key == "times") times = std::stoi(value);
    if (key == "at-once") at_once = std::stoi(value);
    if (key == "lockstep") lockstep = true;
    if (key == "until-failure") until_failure = true;
  }

  std::string kind;
  std::string path;
  std::string numbered;
  std::vector<std::string> messages;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::chrono::milliseconds timeout{kPatienceMs};
  std::optional<std::size_t> cancel_after;
  int copies = 1;
  int times = 1;
  int at_once = 1;
  bool lockstep = false;
  bool until_failure = false;
};

// The state that the calls of an order share.
struct Tally {
  std::mutex lock;
  int next = 0;
  int with_reply = 0;
  std::size_t replies = 0;
  std::map<std::pair<int, std::string>, int> outcomes;
  std::vector<std::string> last_lines;
};

class Call {
 public:
  Call(grpc::GenericStub& stub, const Order& order, Tally& tally) : stub_(stub), order_(order), tally_(tally) {}

  bool run(int number) {
    context_.set_deadline(std::chrono::system_clock::now() + order_.timeout);
    for (const auto& [name, value] : order_.metadata)
      context_.AddMetadata(name, value);
    if (!order_.numbered.empty()) context_.AddMetadata(order_.numbered, std::to_string(number));
    if (order_.kind == "unary") {
      unary();
    } else {
      stream();
    }
    const std::scoped_lock held(tally_.lock);
    ++tally_.outcomes[{status_.error_code(), status_.error_message()}];
    tally_.last_lines = lines();
    return status_.ok();
  }

 private:
  enum Step : std::uintptr_t { Started = 1, Written, HalfClosed, Received, Finished };

  static void* tag(Step step) {
    return reinterpret_cast<void*>(step);  // NOLINT(performance-no-int-to-ptr): a tag is a number, passed as a pointer
  }

  void unary() {
    const auto reader = stub_.PrepareUnaryCall(&context_, order_.path, buffer_of(order_.messages.at(0)), &queue_);
    reader->StartCall();
    reader->Finish(&reply_, &status_, tag(Finished));
    if (order_.cancel_after == 0U) context_.TryCancel();
    wait();
    if (status_.ok()) note_reply();
  }

  void stream() {
    stream_ = stub_.PrepareCall(&context_, order_.path, &queue_);
    stream_->StartCall(tag(Started));
    outstanding_ = 1;
    if (order_.cancel_after == 0U) context_.TryCancel();
    while (outstanding_ > 0) {
      const auto [step, ok] = wait();
      --outstanding_;
      on_step(step, ok);
    }
  }

  void on_step(Step step, bool ok) {
    if (step == Started && ok) {
      send_next();
      receive();
    } else if (step == Started) {
      finish();
    } else if (step == Written) {
      is_writing_ = false;
      if (ok && (!order_.lockstep || is_due_)) send_next();
    } else if (step == Received && ok) {
      note_reply();
      if (received_.size() == order_.cancel_after) context_.TryCancel();
      if (order_.lockstep) send_next();
      receive();
    } else if (step == Received) {
      finish();
    }
  }

  // One write at a time; in lockstep, one for each reply.
  void send_next() {
    is_due_ = is_writing_;
    if (is_writing_) return;
    ++outstanding_;
    if (sent_ == order_.messages.size()) return stream_->WritesDone(tag(HalfClosed));
    is_writing_ = true;
    stream_->Write(buffer_of(order_.messages[sent_++]), tag(Written));
  }

  void receive() {
    ++outstanding_;
    stream_->Read(&reply_, tag(Received));
  }

  void finish() {
    ++outstanding_;
    stream_->Finish(&status_, tag(Finished));
  }

  std::pair<Step, bool> wait() {
    void* step = nullptr;
    bool ok = false;
    queue_.Next(&step, &ok);
    return {static_cast<Step>(reinterpret_cast<std::uintptr_t>(step)), ok};
  }

  void note_reply() {
    received_.push_back(bytes_of(reply_));
    const std::scoped_lock held(tally_.lock);
    ++tally_.replies;
    if (received_.size() == 1 && ++tally_.with_reply == order_.at_once) std::cout << "started" << std::endl;
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    const auto add = [&lines](const std::string& kind, const auto& metadata) {
      for (const auto& [name, value] : metadata)
        lines.push_back(kind + " " + std::string(name.data(), name.size()) + " " + hex({value.data(), value.size()}));
    };
    add("initial", context_.GetServerInitialMetadata());
    add("trailing", context_.GetServerTrailingMetadata());
    if (order_.times == 1)
      for (const std::string& reply : received_)
        lines.push_back("reply " + hex(reply));
    return lines;
  }

  grpc::GenericStub& stub_;
  const Order& order_;
  Tally& tally_;
  ClientContext context_;
  CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  ByteBuffer reply_;
  Status status_;
  std::vector<std::string> received_;
  std::size_t sent_ = 0;
  int outstanding_ = 0;
  bool is_writing_ = false;
  bool is_due_ = false;
};

void work(grpc::GenericStub& stub, const Order& order, Tally& tally) {
  for (;;) {
    int number = 0;
    {
      const std::scoped_lock held(tally.lock);
      if (tally.next >= order.times) return;
      number = tally.next++;
    }
    if (Call(stub, order, tally).run(number) || !order.until_failure) continue;
    const std::scoped_lock held(tally.lock);
    tally.next = order.times;
  }
}

void run(grpc::GenericStub& stub, const Order& order) {
  Tally tally;
  std::vector<std::thread> workers;
  for (int worker = 0; worker < order.at_once; ++worker)
    workers.emplace_back([&] { work(stub, order, tally); });
  for (std::thread& worker : workers)
    worker.join();
  for (const auto& [outcome, count] : tally.outcomes)
    std::cout << "outcome " << outcome.first << ' ' << count << ' ' << hex(outcome.second) << '\n';
  for (const std::string& line : tally.last_lines)
    std::cout << line << '\n';
  std::cout << "replies " << tally.replies << "\ndone" << std::endl;
}

}  // namespace

std::string file_in(const char* variable) {
  const char* path = std::getenv(variable);
  if (path == nullptr) return {};
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::shared_ptr<grpc::Channel> channel_to(std::string_view target) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  constexpr std::string_view kTls = "tls:";
  if (!target.starts_with(kTls))
    return grpc::CreateCustomChannel(std::string(target), grpc::InsecureChannelCredentials(), arguments);
  target.remove_prefix(kTls.size());
  const grpc::SslCredentialsOptions options{file_in("PEERS_CA"), file_in("PEERS_KEY"), file_in("PEERS_CERTIFICATE")};
  return grpc::CreateCustomChannel(std::string(target), grpc::SslCredentials(options), arguments);
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  grpc::GenericStub stub(channel_to(argv[1]));
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string verb;
    words >> verb;
    if (verb == "version") {
      std::cout << "version " << grpc::Version() << std::endl;
    } else {
      run(stub, Order(words));
    }
  }
  return 0;
}
