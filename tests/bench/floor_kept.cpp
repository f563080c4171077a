// The HTTP/2 floor that keeps each request until its end.
#include "floor_http2.h"

int main(int argc, char** argv) {
  return mote::bench::serve<mote::bench::FrameKeeper>(argc, argv);
}
