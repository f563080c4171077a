// Random messages of one side of a call, and the sent and the received message as texts for comparison.
#pragma once

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace mote::test {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Message {
  Fields headers;
  std::string data;
  Fields trailers;  // Empty: none.
};

// From 0 to about `most`, of every magnitude alike.
std::size_t random_size(std::mt19937& random, std::size_t most);

Message random_request(std::mt19937& random, std::size_t most_data);
Message random_response(std::mt19937& random, std::size_t most_data);

// The text of a sent message.
std::string story(const Message& message);

// What was received on a stream: the same text or the start of it, and the error code of a reset.
struct Received {
  std::string story;
  std::string reset;
};

// Out of the lines of RecordingEvents or Nghttp2Peer.
std::map<unsigned, Received> received_by_stream(const std::vector<std::string>& lines);

}  // namespace mote::test
