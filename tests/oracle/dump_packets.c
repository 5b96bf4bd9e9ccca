/* Prints every packet that decode_frame finds in a capture, one a line, tab-separated, for comparison with another
 * decoder. Columns: frame number, source, destination, protocol, source and destination port, sequence,
 * acknowledgement, TCP flags, payload length, window, ICMP type, code, echo identifier, time to live, IP
 * identification, packet flags (hexadecimal), encapsulation (comma-separated), quote (protocol/source/destination/
 * source port/destination port/depth/sequence, or "-"). Counters follow as "# name<TAB>value". */
#include <stdio.h>
#include <stdlib.h>

#include "capture/packet.h"
#include "capture/source.h"

static bool is_icmp(const struct packet *p) { return p->proto == PROTO_ICMP || p->proto == PROTO_ICMPV6; }

static void print_quote(const struct packet *p) {
  if (!(p->flags & PACKET_QUOTE)) {
    printf("\t-");
    return;
  }
  char src_text[ADDRESS_TEXT_SIZE], dst_text[ADDRESS_TEXT_SIZE];
  struct address src = address_make(p->family, p->quote.src), dst = address_make(p->family, p->quote.dst);
  printf("\t%u/%s/%s/%u/%u/%u/%u", p->quote.proto, address_print(src_text, &src), address_print(dst_text, &dst),
         p->quote.src_port, p->quote.dst_port, p->quote.depth, p->quote.seq);
}

static void print_packet(const struct packet *p) {
  char src_text[ADDRESS_TEXT_SIZE], dst_text[ADDRESS_TEXT_SIZE], encap_text[ENCAP_TEXT_SIZE];
  struct address src = packet_src(p), dst = packet_dst(p);
  bool icmp = is_icmp(p);
  printf("%u\t%s\t%s\t%u\t%u\t%u\t%u\t%u\t%u\t%u\t%u", p->number, address_print(src_text, &src),
         address_print(dst_text, &dst), p->proto, p->src_port, p->dst_port, p->seq, p->ack, p->tcp_flags,
         p->payload_len, p->window);
  printf("\t%u\t%u\t%u\t%u\t%u\t%x\t", icmp ? p->icmp_type : 0, icmp ? p->icmp_code : 0, icmp ? p->echo_id : 0, p->ttl,
         p->ip_id, (unsigned)p->flags & ~(unsigned)(PACKET_PAYLOAD | PACKET_WRAPPED));
  for (unsigned i = 0; i < p->n_encap; i++) printf("%s%s", i ? "," : "", encap_print(encap_text, p->encap[i]));
  print_quote(p);
  printf("\n");
}

static int dump(struct source *s, struct decoder *d, struct err *e) {
  static struct frame_batch batch;
  int got;
  while ((got = source_next(s, &batch, e)) > 0) {
    for (size_t i = 0; i < batch.n; i++) {
      struct packet packet[PACKETS_PER_FRAME_MAX];
      struct neighbour neighbour;
      batch.frame[i].packet = batch.frame[i].number;
      unsigned n = decode_frame(d, &batch.frame[i], packet, &neighbour);
      for (unsigned k = 0; k < n; k++) print_packet(&packet[k]);
    }
  }
  frame_batch_release(&batch);
  for (int c = 0; c < DECODE_COUNT; c++)
    printf("# %s\t%llu\n", decode_count_name((enum decode_count)c), (unsigned long long)decoder_counts(d)[c]);
  return got;
}

int main(int argc, char **argv) {
  struct err e = {0};
  struct source *s;
  if (argc != 2) return 2;
  if (source_open(argv[1], &(struct source_options){0}, &s, &e) < 0) {
    fprintf(stderr, "%s\n", e.text);
    return 3;
  }
  struct decoder *d = decoder_new(NULL);
  int got = d ? dump(s, d, &e) : -1;
  decoder_free(d);
  source_close(s);
  if (got < 0) fprintf(stderr, "%s\n", e.text);
  return got < 0;
}
