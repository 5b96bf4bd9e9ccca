/* One job over many things, in parts, on several threads.
 *
 * The division into parts rests on the number of things alone, never on the number of threads: who keeps what each part
 * found apart, and puts it together in the order of the parts, gets the same result on any number of threads. */
#ifndef WW_UTIL_PARALLEL_H
#define WW_UTIL_PARALLEL_H

#include <stddef.h>

enum { PARALLEL_PARTS_MAX = 16 };

/* What each part writes while it works begins with _Alignas(PARALLEL_APART): two threads that write into one cache
 * line, or into the one that is fetched along with it, slow each other down several times. */
enum { PARALLEL_APART = 128 };

/* Into how many parts n things are divided: one when they are few, at most PARALLEL_PARTS_MAX, never 0. */
size_t parallel_parts(size_t n);

/* Where a part begins: part 0 at 0, part number n_parts, which is none, at n. */
size_t parallel_start(size_t n, size_t n_parts, size_t part);

/* Does one part. 0, or negative errno-like. Must not touch what other parts write. */
typedef int parallel_job(void *of, size_t part);

/* Does all n_parts (at most PARALLEL_PARTS_MAX) on at most so many threads, this one among them; 0 and 1 start none. 0,
 * or what the first part in order that failed says; the others are done all the same. A thread that the system refuses
 * to start costs time, nothing else. */
int parallel_run(unsigned threads, size_t n_parts, parallel_job *job, void *of);

#endif
