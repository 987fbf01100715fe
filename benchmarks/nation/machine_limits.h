// What the machine can do, in the units that the national table is written in: nothing that reads
// all links can be faster than one plain sweep over them.
#ifndef LIANJIE_BENCHMARKS_NATION_MACHINE_LIMITS_H_
#define LIANJIE_BENCHMARKS_NATION_MACHINE_LIMITS_H_

#include "engine/graph/snapshot.h"

namespace lianjie::nation {

// Prints two lines of JSON: streaming reads of 1 GiB of doubles (bytes a second) and random reads
// of 4 bytes from an array of 120 MB (reads a second), the best of five each.
void PrintMachineLimits(int threads);

// One plain sweep: every link's source, target and paid amount is read once, in order, and added up
// at the target. Two ways, and the faster counts: one thread straight into one array; every thread
// into an array of its own, which are summed. Prints a line of JSON, the best of five.
void PrintSweep(const Snapshot& snapshot, int threads);

}  // namespace lianjie::nation

#endif  // LIANJIE_BENCHMARKS_NATION_MACHINE_LIMITS_H_
