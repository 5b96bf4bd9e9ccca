/* A fast 64-bit mixing hash for tables; not for secrets. The seed is fixed so that runs repeat exactly;
 * tables keep to bounded probing or chains plus caps, so chosen collisions cost time, never memory. */
#ifndef WW_UTIL_HASH_H
#define WW_UTIL_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Folds the 128-bit product of two words (the "multiply and fold" step of wyhash). */
static inline uint64_t hash_mix(uint64_t a, uint64_t b) {
  unsigned __int128 product = (unsigned __int128)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_two(uint64_t a, uint64_t b) {
  uint64_t h = hash_mix(a ^ 0x9e3779b97f4a7c15u, b ^ 0xe7037ed1a0b428dbu);
  return hash_mix(h ^ 0x8ebc6af09c88c6e3u, 0x589965cc75374cc3u);
}

/* Hash of sixteen octets, such as an IPv6 address. */
static inline uint32_t hash_octets(const uint8_t octets[16]) {
  uint64_t word[2];
  memcpy(word, octets, sizeof word);
  return (uint32_t)hash_two(word[0], word[1]);
}

/* Hash of any bytes, continued from seed. */
static inline uint64_t hash_bytes(uint64_t seed, const void *data, size_t len) {
  const uint8_t *p = (const uint8_t *)data;
  uint64_t h = hash_two(seed, len);
  while (len >= 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    h = hash_two(h, word);
    p += 8, len -= 8;
  }
  uint64_t tail = 0;
  memcpy(&tail, p, len);
  return len ? hash_two(h, tail) : h;
}

#endif
