// Memory that was freed and lies with the allocator. What a large piece of work took in many small
// pieces is kept by the C library for the next one; a server that has made a Snapshot of a nation
// has no such next one for hours.
#ifndef LIANJIE_ENGINE_RUNTIME_FREE_MEMORY_H_
#define LIANJIE_ENGINE_RUNTIME_FREE_MEMORY_H_

namespace lianjie {

// Gives it back to the system, where the C library can (glibc). Thread safe; costs milliseconds a
// GiB that is free.
void ReturnFreeMemory();

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_RUNTIME_FREE_MEMORY_H_
