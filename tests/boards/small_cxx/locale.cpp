#include <locale>

int main(int count, char** words) {
  return std::isdigit(words[count - 1][0], std::locale()) ? 1 : 0;
}
