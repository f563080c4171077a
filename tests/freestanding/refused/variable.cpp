// Refused: .bss
int next_number() {
  static int number = 0;
  return ++number;
}
