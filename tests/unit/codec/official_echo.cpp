#include "official_echo.h"

#include <google/protobuf/stubs/logging.h>

#include "echo.pb.h"

namespace official {

std::optional<Request> read_request(std::string_view bytes) {
  echo::EchoRequest read;
  if (!read.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  return Request{read.message(), read.count(), read.interval_ms(), read.timing()};
}

std::optional<Reply> read_reply(std::string_view bytes) {
  echo::EchoReply read;
  if (!read.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  Reply reply{read.message(), read.number(), std::nullopt};
  if (read.has_timing()) reply.timing = Timing{read.timing().received_us(), read.timing().sent_us()};
  return reply;
}

std::string write(const Request& request) {
  echo::EchoRequest message;
  message.set_message(request.message);
  message.set_count(request.count);
  message.set_interval_ms(request.interval_ms);
  message.set_timing(request.timing);
  return message.SerializeAsString();
}

std::string write(const Reply& reply) {
  echo::EchoReply message;
  message.set_message(reply.message);
  message.set_number(reply.number);
  if (reply.timing) {
    message.mutable_timing()->set_received_us(reply.timing->received_us);
    message.mutable_timing()->set_sent_us(reply.timing->sent_us);
  }
  return message.SerializeAsString();
}

void be_quiet() {
  google::protobuf::SetLogHandler(nullptr);
}

}  // namespace official
