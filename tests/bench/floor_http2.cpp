// The HTTP/2 floor that keeps nothing.
#include "floor_http2.h"

int main(int argc, char** argv) {
  return mote::bench::serve<mote::bench::FrameCounter>(argc, argv);
}
