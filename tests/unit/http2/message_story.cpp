#include "message_story.h"

#include <algorithm>
#include <bit>
#include <set>
#include <string_view>

#include "support/seed.h"

namespace mote::test {
namespace {

std::string random_text(std::mt19937& random, std::size_t most, std::string_view letters) {
  std::string text(pick(random, most), ' ');
  for (char& c : text)
    c = letters[pick(random, letters.size() - 1)];
  return text;
}

// Some names and values come again, so that header tables are put to use; at times a section is larger than a frame.
void add_fields(Fields& fields, std::mt19937& random) {
  constexpr std::string_view kName = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
  constexpr std::string_view kValue = "abcXYZ019 \t!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~\x80\xc3\xff";
  for (std::size_t count = pick(random, 6); count > 0; --count) {
    const std::size_t most = pick(random, 40) == 0 ? 18000 : 60;
    std::string name = "x-" + (pick(random, 1) == 0 ? std::to_string(pick(random, 9)) : random_text(random, 12, kName));
    std::string value = pick(random, 1) == 0 ? "value" : '<' + random_text(random, most, kValue) + '>';
    fields.emplace_back(std::move(name), std::move(value));
  }
}

Message random_message(std::mt19937& random, std::size_t most_data, Fields headers) {
  Message message;
  message.headers = std::move(headers);
  add_fields(message.headers, random);
  message.data = random_text(random, random_size(random, most_data), "abcdefgh");
  if (pick(random, 1) == 0) {
    message.trailers.emplace_back("x-sum", "1");
    add_fields(message.trailers, random);
  }
  return message;
}

}  // namespace

std::size_t random_size(std::mt19937& random, std::size_t most) {
  return pick(random, std::size_t{1} << pick(random, static_cast<std::size_t>(std::bit_width(most)) - 1));
}

Message random_request(std::mt19937& random, std::size_t most_data) {
  const std::string path = "/" + std::to_string(pick(random, 5));
  return random_message(random, most_data,
                        {{":method", "POST"}, {":scheme", "http"}, {":path", path}, {":authority", "gateway:50051"}});
}

Message random_response(std::mt19937& random, std::size_t most_data) {
  return random_message(random, most_data, {{":status", pick(random, 3) == 0 ? "404" : "200"}});
}

std::string story(const Message& message) {
  std::string text;
  for (const auto& [name, value] : message.headers)
    text.append("field ").append(name).append(": ").append(value).append("\n");
  text += "section\n" + message.data;
  if (!message.trailers.empty()) text += '\n';
  for (const auto& [name, value] : message.trailers)
    text.append("field ").append(name).append(": ").append(value).append("\n");
  if (!message.trailers.empty()) text += "trailers";
  return text + "\nhalf-close\n";
}

std::map<unsigned, Received> received_by_stream(const std::vector<std::string>& lines) {
  std::map<unsigned, Received> result;
  std::set<unsigned> in_data;
  for (const std::string& line : lines) {
    const std::size_t space = line.find(' ');
    const std::string kind = line.substr(0, space);
    if (kind == "goaway" || kind == "ping" || kind == "window" || kind == "open" || kind == "limit") continue;
    std::size_t end = 0;
    const auto id = static_cast<unsigned>(std::stoul(line.substr(space + 1), &end));
    const std::string rest = line.substr(std::min(line.size(), space + 1 + end + 1));
    Received& received = result[id];
    if (kind == "data") {
      received.story += rest;
      in_data.insert(id);
      continue;
    }
    if (kind == "reset") {
      received.reset = rest;
      continue;
    }
    if (kind == "field" && in_data.erase(id) == 1) received.story += '\n';
    if (kind == "half-close") received.story += '\n';
    received.story += kind;
    if (kind == "field") received.story += ' ' + rest;
    if (kind != "trailers") received.story += '\n';
    if (kind == "section") in_data.insert(id);
  }
  return result;
}

}  // namespace mote::test
