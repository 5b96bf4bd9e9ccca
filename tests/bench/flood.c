/* Sends frames as fast as asked, for live_rate.py: flood IFACE PACKETS_A_SECOND SECONDS BYTES
 *
 * UDP datagrams over 4096 source ports, from prepared frames, through one packet socket with sendmmsg. Prints how many
 * were sent. */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, PORTS = 4096, HEAD = 14 + 20 + 8, FRAME_MAX = 1514, NS = 1000000000 };

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * NS + t.tv_nsec;
}

static void put16(uint8_t *to, unsigned v) {
  to[0] = (uint8_t)(v >> 8);
  to[1] = (uint8_t)v;
}

/* Ethernet, IPv4 with its checksum, UDP without one, zeros. */
static void frame_make(uint8_t *f, size_t size, unsigned number) {
  static const uint8_t head[] = {2, 0, 0, 0, 0, 2,  2,  0, 0, 0,  0,  1, 8, 0,  0x45, 0, 0,
                                 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 99, 1, 5, 10, 99,   1, 20};
  uint32_t sum = 0;
  memset(f, 0, size);
  memcpy(f, head, sizeof head);
  put16(f + 16, (unsigned)size - 14);
  put16(f + 18, number & 0xffff);
  for (int i = 14; i < 34; i += 2) sum += (uint32_t)(f[i] << 8 | f[i + 1]);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  put16(f + 24, ~sum & 0xffff);
  put16(f + 34, 20000 + number % PORTS);
  put16(f + 36, 4000);
  put16(f + 38, (unsigned)size - 34);
}

static int socket_on(const char *iface) {
  const unsigned index = if_nametoindex(iface);
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  /* struct sockaddr_ll, without the kernel's header: family, protocol, interface */
  struct {
    uint16_t family, protocol;
    int32_t index;
    uint8_t rest[12];
  } to = {AF_PACKET, 0, (int32_t)index, {0}};
  if (!index || fd < 0 || bind(fd, (const struct sockaddr *)(const void *)&to, sizeof to) != 0) {
    perror(iface);
    exit(2);
  }
  return fd;
}

int main(int argc, char **argv) {
  static uint8_t frame[BATCH][FRAME_MAX];
  struct mmsghdr message[BATCH] = {0};
  struct iovec piece[BATCH];
  if (argc != 5) {
    fprintf(stderr, "flood IFACE PACKETS_A_SECOND SECONDS BYTES\n");
    return 2;
  }
  const int64_t rate = atoll(argv[2]), total = rate * atoll(argv[3]);
  const size_t size = (size_t)atoll(argv[4]);
  if (rate < 1 || size < HEAD || size > FRAME_MAX) return 2;
  const int fd = socket_on(argv[1]);
  for (int i = 0; i < BATCH; i++) {
    piece[i] = (struct iovec){frame[i], size};
    message[i].msg_hdr.msg_iov = &piece[i];
    message[i].msg_hdr.msg_iovlen = 1;
  }
  const int64_t start = now_ns();
  int64_t sent = 0;
  while (sent < total) {
    for (int i = 0; i < BATCH; i++) frame_make(frame[i], size, (unsigned)(sent + i));
    const int n = sendmmsg(fd, message, BATCH, 0);
    if (n > 0) sent += n;
    const int64_t ahead = start + sent * (NS / 1000) / rate * 1000 - now_ns();
    if (ahead > 200000) nanosleep(&(struct timespec){ahead / NS, ahead % NS}, NULL);
  }
  printf("%lld packets in %.2f s\n", (long long)sent, (double)(now_ns() - start) / NS);
  close(fd);
  return 0;
}
