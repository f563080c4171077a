#include "story.h"

#include <cctype>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "support/hex.h"

namespace mote::test {
namespace {

// As much of JSON as stories are made of: objects, arrays, strings and whole numbers. What is not that throws.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  template <typename OnMember>
  void object(OnMember on_member) {
    list('{', '}', [&] {
      const std::string key = string();
      expect(':');
      on_member(key);
    });
  }

  template <typename OnElement>
  void array(OnElement on_element) {
    list('[', ']', on_element);
  }

  std::string string() {
    expect('"');
    std::string value;
    for (;;) {
      const char c = next();
      if (c == '"') return value;
      value += c == '\\' ? escaped() : c;
    }
  }

  std::size_t number() {
    std::size_t value = 0;
    peek();
    while (!text_.empty() && std::isdigit(static_cast<unsigned char>(text_.front())) != 0)
      value = value * 10 + static_cast<std::size_t>(next() - '0');
    return value;
  }

 private:
  template <typename OnElement>
  void list(char open, char close, OnElement on_element) {
    expect(open);
    while (peek() != close) {
      on_element();
      if (peek() == ',') expect(',');
    }
    expect(close);
  }

  char escaped() {
    const char c = next();
    if (c == '"' || c == '\\' || c == '/') return c;
    if (c != 'u' || text_.size() < 4) throw std::runtime_error("unknown escape");
    const int code = std::stoi(std::string(text_.substr(0, 4)), nullptr, 16);
    if (code > 0x7f) throw std::runtime_error("not ASCII");
    text_.remove_prefix(4);
    return static_cast<char>(code);
  }

  char peek() {
    while (!text_.empty() && std::isspace(static_cast<unsigned char>(text_.front())) != 0)
      text_.remove_prefix(1);
    return text_.empty() ? '\0' : text_.front();
  }
  char next() {
    if (text_.empty()) throw std::runtime_error("cut short");
    const char c = text_.front();
    text_.remove_prefix(1);
    return c;
  }
  void expect(char c) {
    if (peek() != c) throw std::runtime_error("unexpected character");
    next();
  }

  std::string_view text_;
};

StoryCase read_case(JsonReader& json) {
  StoryCase story_case;
  json.object([&](const std::string& key) {
    if (key == "seqno") {
      json.number();
    } else if (key == "wire") {
      story_case.wire = from_hex(json.string());
    } else if (key == "header_table_size") {
      story_case.header_table_size = json.number();
    } else if (key == "headers") {
      json.array([&] {
        json.object([&](const std::string& name) { story_case.fields.push_back({name, json.string()}); });
      });
    } else {
      throw std::runtime_error("unknown key " + key);
    }
  });
  return story_case;
}

}  // namespace

std::vector<StoryCase> read_story(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  const std::string text = content.str();
  std::vector<StoryCase> story;
  try {
    JsonReader json(text);
    json.object([&](const std::string& key) {
      if (key == "cases") {
        json.array([&] { story.push_back(read_case(json)); });
      } else {
        json.string();
      }
    });
  } catch (const std::exception&) {
    return {};
  }
  return story;
}

}  // namespace mote::test
