#include "engine/runtime/free_memory.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace lianjie {

void ReturnFreeMemory() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

}  // namespace lianjie
