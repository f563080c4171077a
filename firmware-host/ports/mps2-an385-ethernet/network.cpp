#include "network.h"

#include "board.h"
#include "clock.h"
#include "lan9118.h"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"

namespace mote::network {

namespace {

// A locally administered address (IEEE 802, second bit of the first byte). Every device on a network needs its own.
constexpr lan9118::MacAddress kMacAddress = {0x02, 0x6D, 0x6F, 0x74, 0x65, 0x01};
constexpr std::uint16_t kMtuBytes = 1500;

netif interface;

err_t send(netif* /*interface*/, pbuf* frame) {
  lan9118::FrameWriter writer;
  if (!writer.begin_frame(frame->tot_len)) return ERR_MEM;  // TCP retransmits it.
  for (const pbuf* part = frame; part != nullptr; part = part->next)
    writer.add({static_cast<const std::uint8_t*>(part->payload), part->len});
  writer.end_frame();
  return ERR_OK;
}

// Without a free buffer the frame is discarded, and the TCP peer retransmits it.
void take_in(lan9118::FrameReader& reader, std::size_t size) {
  pbuf* frame = pbuf_alloc(PBUF_RAW, static_cast<std::uint16_t>(size), PBUF_POOL);
  for (pbuf* part = frame; part != nullptr; part = part->next)
    reader.take({static_cast<std::uint8_t*>(part->payload), part->len});
  reader.end_frame();
  if (frame != nullptr && interface.input(frame, &interface) != ERR_OK) pbuf_free(frame);
}

err_t configure(netif* configured) {
  configured->name[0] = 'e';
  configured->name[1] = 'n';
  configured->output = etharp_output;
  configured->linkoutput = send;
  configured->mtu = kMtuBytes;
  configured->hwaddr_len = kMacAddress.size();
  std::copy(kMacAddress.begin(), kMacAddress.end(), configured->hwaddr);
  configured->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
  return ERR_OK;
}

}  // namespace

bool start(const Addresses& addresses) {
  lwip_init();
  if (!lan9118::start(kMacAddress)) return false;
  netif_add(&interface, &addresses.own, &addresses.mask, &addresses.router, nullptr, configure, ethernet_input);
  netif_set_default(&interface);
  netif_set_up(&interface);
  return true;
}

void run() {
  lan9118::FrameReader reader;
  while (const std::size_t size = reader.next_frame())
    take_in(reader, size);
  sys_check_timeouts();
}

void sleep() {
  lan9118::wake_for_frame();
  board::wait_for_interrupt();
}

bool is_past(std::uint32_t deadline_ms) {
  return static_cast<std::int32_t>(deadline_ms - board::now_ms()) <= 0;
}

}  // namespace mote::network

// lwIP's clock.
extern "C" u32_t sys_now() {
  return mote::board::now_ms();
}
