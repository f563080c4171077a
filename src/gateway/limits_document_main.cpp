// mote-limits-doc FILE writes docs/limits.md; mote-limits-doc --check FILE fails if FILE differs from what it would write.

#include <cstdio>
#include <cstring>
#include <span>
#include <string>

#include "engine/lean/engine.h"
#include "gateway/limits_document.h"
#include "gateway/text_file.h"

namespace {

int check(const char* path, const std::string& document) {
  if (mote::gateway::read_text_file(path).text == document) return 0;
  std::fprintf(stderr, "mote-limits-doc: %s differs from the table of limits: run mote-limits-doc %s\n", path, path);
  return 1;
}

int write(const char* path, const std::string& document) {
  std::FILE* file = std::fopen(path, "we");
  if (file == nullptr) {
    std::perror(path);
    return 1;
  }
  const bool written = std::fputs(document.c_str(), file) >= 0;
  const bool closed = std::fclose(file) == 0;
  if (written && closed) return 0;
  std::perror(path);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string document = mote::gateway::limits_document(mote::lean::sizes());
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  const bool file_given = argc >= 2 && *arguments.back() != '-';
  if (file_given && argc == 3 && std::strcmp(arguments[1], "--check") == 0) return check(arguments[2], document);
  if (file_given && argc == 2) return write(arguments[1], document);
  std::fputs("usage: mote-limits-doc [--check] FILE\n", stderr);
  return 2;
}
