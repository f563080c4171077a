// Refused: _Znwj _ZdlPvj
int* grow() {
  return new int(1);
}

void shrink(int* number) {
  delete number;
}
