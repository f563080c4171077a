#include <iostream>

int main() {
  std::cout << "text\n";
}
