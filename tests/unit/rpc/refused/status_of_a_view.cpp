// Refused: ‘text’ is not a constant expression
#include "echo.mote.h"

using namespace mote;

rpc::Status status(std::string_view text) {
  return {rpc::StatusCode::NotFound, text};
}
