// Refused: __aeabi_dmul
double scaled(double value) {
  return value * 1.5;
}
