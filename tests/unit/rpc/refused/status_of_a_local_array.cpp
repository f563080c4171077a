// Refused: the value of ‘text’ is not usable in a constant expression
#include "echo.mote.h"

using namespace mote;

rpc::Status status(char character) {
  char text[] = {character, 0};
  return {rpc::StatusCode::NotFound, text};
}
