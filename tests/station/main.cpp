// station-gateway: a server with station.Station.
#include "mote/serve.h"
#include "station.h"

int main(int argc, char** argv) {
  station::Station station;
  return mote::serve({"station-gateway", "1.0"}, argc, argv, station);
}
