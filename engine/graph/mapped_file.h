// A file as memory. Inside engine/graph.
#ifndef LIANJIE_ENGINE_GRAPH_MAPPED_FILE_H_
#define LIANJIE_ENGINE_GRAPH_MAPPED_FILE_H_

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace lianjie {

class OpenFile {
 public:
  OpenFile(const std::string& path, int flags) : descriptor_(open(path.c_str(), flags, 0644)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

// A file as memory, for as long as somebody holds it.
class Mapping {
 public:
  static std::shared_ptr<const Mapping> Of(const OpenFile& file, std::size_t bytes) {
    void* const begin = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (begin == MAP_FAILED) return nullptr;
    return std::shared_ptr<const Mapping>(new Mapping(begin, bytes));
  }
  ~Mapping() { munmap(begin_, bytes_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  std::string_view bytes() const { return {static_cast<const char*>(begin_), bytes_}; }
  // Takes a part out of this process's memory until it is read again: a column that nobody uses
  // costs nothing.
  void LetGo(std::size_t begin, std::size_t size) const {
    constexpr std::size_t kPage = 4096;
    const std::size_t first = (begin + kPage - 1) / kPage * kPage;
    const std::size_t last = (begin + size) / kPage * kPage;
    if (first < last) madvise(static_cast<char*>(begin_) + first, last - first, MADV_DONTNEED);
  }

 private:
  Mapping(void* begin, std::size_t bytes) : begin_(begin), bytes_(bytes) {}

  void* begin_;
  std::size_t bytes_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_MAPPED_FILE_H_
