// Memory for large arrays. A kernel's arrays are read at random all over, so that with pages of 4
// KiB nearly every access misses the translation buffers too (the second level of a present core
// reaches over some ten megabytes), and their first touch costs a fault a page. So what is asked of
// operator new in pieces of 4 MiB or more begins at a page of 2 MiB and asks for such pages, as the
// Snapshot's columns do (Buffer). Where the machine has none to give, nothing changes.
//
// Freed by the operator delete that the library has, which calls free. Sanitizers have operators
// of their own.
#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

void* operator new(std::size_t bytes) {
  constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;
  if (bytes < 2 * kHugePageBytes) [[likely]] {
    while (true) {
      if (void* const memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
      const std::new_handler handler = std::get_new_handler();
      if (handler == nullptr) throw std::bad_alloc();
      handler();
    }
  }
  if (bytes > ~std::size_t{0} - kHugePageBytes) throw std::bad_alloc();
  const std::size_t whole = (bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  while (true) {
    if (void* const memory = std::aligned_alloc(kHugePageBytes, whole)) {
      madvise(memory, whole, MADV_HUGEPAGE);
      return memory;
    }
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

#endif
