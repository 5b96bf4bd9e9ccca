/* A shard: packets in, facts out. All packets between two hosts belong in one shard, so that everything that must be
 * seen in order is; one shard takes them all. */
#ifndef WW_CLASSIFIER_SHARD_H
#define WW_CLASSIFIER_SHARD_H

#include "capture/packet.h"
#include "classifier/app.h"
#include "classifier/flow_table.h"
#include "classifier/host.h"
#include "classifier/loss.h"

enum { ICMP_PENDING_MAX = 4096, ENCAP_STACKS_MAX = 4096 };

/* What was peeled off around a packet; kept once, flows hold its number. */
struct encap_stack {
  uint8_t n;
  struct encap encap[PACKET_ENCAP_MAX];
};

/* An ICMP error whose quoted packet was not found (yet): it may follow in the capture, or have been sent under other
 * addresses behind a translator. */
struct icmp_pending {
  struct icmp_facts facts;
  struct flow_key key; /* of the quoted packet */
  bool quoted_b;       /* side B of key sent it */
  bool has_seq;
  uint32_t seq;
};

struct shard_counts {
  uint64_t packets, duplicates, snap_cut, bad_checksums, zero_length, oversize;
  uint64_t portless;             /* packets of protocols and ICMP types that make no flow */
  uint64_t icmp_unbound;         /* ICMP errors beyond ICMP_PENDING_MAX, or without ports in the quote */
  stamp_t copy_first, copy_last; /* of packets that are copies; meaningless without duplicates */
};

/* Flows merged from several shards keep the engine that knows them: flow_place.app is then a number here. */
struct app_ref {
  struct app *app; /* borrowed */
  uint32_t slot;
};

/* What the application engine is to do about one packet; the packet outlives the job. */
enum { JOB_SYN = 1, JOB_PAYLOAD = 2, JOB_OVER = 4, JOBS_MAX = 136 };
struct app_job {
  uint32_t *app; /* of the flow's place */
  const struct packet *packet;
  uint16_t port; /* its destination */
  uint8_t what;  /* set of JOB_ */
};
/* And the pages that flows will need before long: whoever does jobs lets them be made. */
enum { SHARD_POOLS = 4 };
struct app_jobs {
  unsigned n, n_pages;
  struct pages pages[SHARD_POOLS];
  struct app_job job[JOBS_MAX];
};

struct shard {
  struct flow_table flows;
  struct address_list addresses;
  struct host_table hosts; /* what no flow holds */
  struct pair_table pairs; /* likewise */
  struct loss loss;
  struct icmp_pending *pending;
  size_t n_pending, pending_capacity;
  struct pool stacks; /* struct encap_stack; the first is empty */
  struct index stack_index;
  struct shard_counts counts;
  struct app **app; /* owned; [0] is fed */
  size_t n_apps, apps_capacity;
  struct app_ref *app_ref; /* NULL: flow_place.app is a slot of app[0] */
  size_t n_app_refs, app_refs_capacity;
  struct app_jobs *jobs; /* NULL: the engine is run at once; else what it is to do goes here, and there is room */
  uint32_t second_ports; /* flows with FIRST_TFTP */
  uint64_t begun;        /* a bit for the hash of each flow that began since the run's flows were looked up */
  bool vlan_in_key, no_app;
};

struct classifier_options;
struct shard *shard_new(const struct classifier_options *options); /* NULL: memory is out */
void shard_free(struct shard *s);

/* Collects facts from packets in capture order. Negative: memory is out. */
int shard_packets(struct shard *s, const struct packet *p, unsigned n);

/* Begins a load: what the engine is to do about its packets goes to jobs, which is emptied. */
void shard_jobs_begin(struct shard *s, struct app_jobs *jobs);

/* Runs the engine over jobs, in the order of the capture. One thread may do this while another collects facts. */
void shard_jobs_do(struct shard *s, const struct app_jobs *jobs);

/* What ARP or neighbour discovery said in a frame. Negative: memory is out. */
int shard_neighbour(struct shard *s, const struct neighbour *nb, stamp_t time, uint32_t packet);

/* Looks once more for the packets that ICMP errors quoted, and for what answered from another port. Negative: memory is
 * out. Call when no more packets come. */
int shard_settle(struct shard *s);

/* Adds the facts of a later part of the same capture (classifier/merge.c); later is emptied. Negative: memory is out.
 */
int shard_merge(struct shard *s, struct shard *later);

/* The number of a stack of peeled headers, kept if new; 0, the empty stack, also when the list is full or memory is
 * out. */
uint16_t encap_stack_number(struct shard *s, const struct encap_stack *stack);

/* Binds an error to the flow at (number + 1), or to an older one with the same ends that holds the sequence number. */
int icmp_bind(struct shard *s, uint32_t at, const struct icmp_pending *error);

#endif
