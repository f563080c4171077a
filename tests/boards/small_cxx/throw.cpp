int main(int count, char** /*words*/) {
  if (count > 1) throw count;
}
