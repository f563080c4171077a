/* The configuration of lwIP: one outgoing TCP connection, IPv4, no threads, all memory in pools. lwip/opt.h includes it and
 * describes each option. */
#pragma once

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define LWIP_STATS 0
#define LWIP_NOASSERT 1

#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_ARP 1
#define LWIP_ETHERNET 1
#define LWIP_ICMP 1
#define LWIP_RAW 0
#define LWIP_UDP 0
#define LWIP_TCP 1
#define LWIP_DHCP 0
#define LWIP_SINGLE_NETIF 1
#define IP_FRAG 0
#define IP_REASSEMBLY 0
#define ARP_TABLE_SIZE 2
#define ARP_QUEUEING 0

/* Every IPv4 host accepts 536 (RFC 1122 4.2.2.6). Calls of a few bytes do not benefit from a larger value. */
#define TCP_MSS 536
#define TCP_WND (2 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#define TCP_SND_QUEUELEN 6
#define TCP_QUEUE_OOSEQ 0
#define LWIP_TCP_TIMESTAMPS 0
/* One in use, and one for the previous connection while it closes. */
#define MEMP_NUM_TCP_PCB 2
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG 6

/* Holds copies of sent data until it is acknowledged. */
#define MEM_ALIGNMENT 4
#define MEM_SIZE 1600
/* Received data, in chains of small buffers: most segments contain one short HTTP/2 frame. */
#define PBUF_POOL_SIZE 12
#define PBUF_POOL_BUFSIZE 152
#define MEMP_NUM_PBUF 2

/* The processor computes the checksums of the headers. */
#define LWIP_CHKSUM_ALGORITHM 3
#define LWIP_NETIF_HWADDRHINT 0
#define LWIP_NETIF_TX_SINGLE_PBUF 0
