// Refused: _ZN4mote4wire7missingEv
namespace mote::wire {
int missing();
}

int call_missing() {
  return mote::hpack::missing();
}
