#include <string>
#include <vector>

int main(int count, char** words) {
  const std::vector<std::string> all(words, words + count);
  return all.front().substr(1).empty() ? 1 : 0;
}
