#include <map>

int main(int count, char** words) {
  std::map<int, char*> all;
  for (int i = 0; i < count; ++i)
    all[i] = words[i];
  return all.empty() ? 1 : 0;
}
