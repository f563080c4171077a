// Refused: pb_decode pb_skip_field
extern "C" {
bool pb_decode(void* stream, const void* fields, void* message);
bool pb_skip_field(void* stream, int type);
}

bool read(void* stream, const void* fields, void* message) {
  return pb_decode(stream, fields, message) && pb_skip_field(stream, 0);
}
