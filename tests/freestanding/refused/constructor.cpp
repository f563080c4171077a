// Refused: .init_array
int first_number();

extern const int kFirst;
const int kFirst = first_number();

int first_number() {
  return kFirst + 1;
}
