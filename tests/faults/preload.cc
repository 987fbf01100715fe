// A library to be preloaded into a server under test (LD_PRELOAD), between it and the system calls
// that make files last. It kills the process at a chosen call, lets syncs and writes fail, lets
// syncs lie, runs out of space, and writes down what a power cut would spare, for files under one
// folder alone. The binary under test is the one that ships.
//
//   FAULTS_ROOT     the folder that is watched; its paths are told relative to it
//   FAULTS_CONTROL  a file of sizeof(Control) bytes, mapped; the driver may change it at any time
//   FAULTS_TRACE    where to write the trace, one line a call, before the call (syncs: after);
//                   tests/faults/disk.py reads it. Empty: none
//   FAULTS_KEEP     a folder of the same file system that gets a link to every file before a name
//                   of it goes, so that the driver can undo that
#include "tests/faults/preload_state.h"

namespace faults {
namespace {

// What stands at [offset, offset + length), in hexadecimal: what a power cut may bring back.
std::string Hex(int fd, std::uint64_t offset, std::uint64_t length) {
  constexpr std::uint64_t kMost = 4096;
  unsigned char bytes[kMost];
  const long size = syscall(SYS_pread64, fd, bytes, std::min(length, kMost), offset);
  std::string text;
  for (long i = 0; i < size; ++i) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", bytes[i]);
    text += two;
  }
  return text;
}

int OpenAt(int folder, const char* path, int flags, mode_t mode) {
  const std::string name = Watched(folder, path);
  State& state = Here();
  if (name.empty()) return static_cast<int>(syscall(SYS_openat, folder, path, flags, mode));
  const std::lock_guard lock(state.mutex);
  const bool makes = (flags & O_CREAT) != 0 && InodeAt(name) == 0;
  int fd = -1;
  if (makes) {
    const Call call("create", 0);
    fd = static_cast<int>(syscall(SYS_openat, folder, path, flags, mode));
    if (fd >= 0) {
      Say("create %s %llu\n", name.c_str(), static_cast<unsigned long long>(InodeAt(name)));
    }
  } else {
    fd = static_cast<int>(syscall(SYS_openat, folder, path, flags & ~O_TRUNC, mode));
    const std::uint64_t size = fd >= 0 && (flags & O_TRUNC) != 0 ? SizeOf(fd) : 0;
    if (size > 0) {
      Say("truncate %llu 0 %llu %s\n", static_cast<unsigned long long>(InodeAt(name)),
          static_cast<unsigned long long>(size), Hex(fd, 0, size).c_str());
      syscall(SYS_ftruncate, fd, 0);
    }
  }
  if (fd >= 0 && fd < kFiles) {
    state.files[static_cast<std::size_t>(fd)] = {.inode = InodeAt(name),
                                                 .synced_writes = (flags & O_DSYNC) != 0,
                                                 .append = (flags & O_APPEND) != 0};
  }
  return fd;
}

template <typename Do> int OnName(const char* what, const std::string& name, Do act) {
  const std::lock_guard lock(Here().mutex);
  const Call call(what, InodeAt(name));
  return static_cast<int>(act());
}

int Unlink(int folder, const char* path, int flags) {
  const std::string name = Watched(folder, path);
  const auto act = [&] { return syscall(SYS_unlinkat, folder, path, flags); };
  if (name.empty()) return static_cast<int>(act());
  return OnName("unlink", name, [&] {
    const std::uint64_t inode = InodeAt(name);
    if (inode != 0 && (flags & AT_REMOVEDIR) == 0) Keep(name, inode);
    if (inode != 0) Say("unlink %s\n", name.c_str());
    return act();
  });
}

int Rename(int from_folder, const char* from, int to_folder, const char* to) {
  const std::string a = Watched(from_folder, from);
  const std::string b = Watched(to_folder, to);
  const auto act = [&] { return syscall(SYS_renameat, from_folder, from, to_folder, to); };
  if (a.empty() || b.empty()) return static_cast<int>(act());
  return OnName("rename", a, [&] {
    Keep(b, InodeAt(b));
    Say("rename %s %s %llu\n", a.c_str(), b.c_str(), static_cast<unsigned long long>(InodeAt(a)));
    return act();
  });
}

int Link(int from_folder, const char* from, int to_folder, const char* to, int flags) {
  const std::string a = Watched(from_folder, from);
  const std::string b = Watched(to_folder, to);
  const auto act = [&] { return syscall(SYS_linkat, from_folder, from, to_folder, to, flags); };
  if (a.empty() || b.empty()) return static_cast<int>(act());
  return OnName("link", a, [&] {
    if (InodeAt(b) == 0)
      Say("create %s %llu\n", b.c_str(), static_cast<unsigned long long>(InodeAt(a)));
    return act();
  });
}

int MakeFolder(int folder, const char* path, mode_t mode) {
  const std::string name = Watched(folder, path);
  const auto act = [&] { return syscall(SYS_mkdirat, folder, path, mode); };
  if (name.empty()) return static_cast<int>(act());
  return OnName("mkdir", name, [&] {
    const long result = act();
    const int error = errno;
    if (result == 0) Say("mkdir %s\n", name.c_str());
    errno = error;
    return result;
  });
}

// How many of `length` bytes there is space for, which are then taken.
std::size_t TakeSpace(std::size_t length) {
  Counter& space = Here().control->space;
  if (space == UINT64_MAX) return length;
  const std::size_t taken = std::min<std::uint64_t>(length, space);
  space -= taken;
  return taken;
}

ssize_t WriteAt(int fd, const void* bytes, std::size_t length, std::int64_t offset) {
  const auto act = [&](std::size_t size) -> ssize_t {
    return offset < 0 ? syscall(SYS_write, fd, bytes, size)
                      : syscall(SYS_pwrite64, fd, bytes, size, offset);
  };
  Open* file = Find(fd);
  if (file == nullptr) return act(length);
  State& state = Here();
  const std::lock_guard lock(state.mutex);
  Call call("write", file->inode);
  if (Fails(state.control->writes, state.control->fail_write, "write", file->inode)) return -1;
  const std::size_t fits = TakeSpace(length);
  if (fits == 0 && length > 0) {
    Note("space", file->inode);
    errno = ENOSPC;
    return -1;
  }
  const std::uint64_t size = SizeOf(fd);
  std::uint64_t begin = offset < 0 ? 0 : static_cast<std::uint64_t>(offset);
  if (file->append)
    begin = size;
  else if (offset < 0)
    begin = static_cast<std::uint64_t>(syscall(SYS_lseek, fd, 0, SEEK_CUR));
  const std::string old = begin < size ? Hex(fd, begin, std::min(fits, size - begin)) : "-";
  Say("write %llu %llu %llu %llu %s\n", static_cast<unsigned long long>(file->inode),
      static_cast<unsigned long long>(begin), static_cast<unsigned long long>(fits),
      static_cast<unsigned long long>(size), old.c_str());
  if (call.half()) {
    act(fits / 2);
    return 0;  // the call's end is the process's
  }
  const std::uint64_t before = state.lines;
  const ssize_t written = act(fits);
  if (file->synced_writes && written >= 0) {
    if (Fails(state.control->syncs, state.control->fail_sync, "dsync", file->inode)) {
      Say("lost %llu %llu\n", static_cast<unsigned long long>(file->inode),
          static_cast<unsigned long long>(before));
      return -1;
    }
    if (state.control->lie != 1) {
      Say("sync %llu %llu\n", static_cast<unsigned long long>(file->inode),
          static_cast<unsigned long long>(before));
    }
  }
  return written;
}

int Sync(int fd, long number, const char* what) {
  Open* file = Find(fd);
  if (file == nullptr) return static_cast<int>(syscall(number, fd));
  State& state = Here();
  const std::uint64_t inode = file->inode;
  const Call call(what, inode);
  std::uint64_t before = 0;
  {
    const std::lock_guard lock(state.mutex);
    before = state.lines;
  }
  if (const std::uint64_t delay = state.control->delay; delay > 0) usleep(delay);
  if (Fails(state.control->syncs, state.control->fail_sync, what, inode)) {
    const int error = errno;
    const std::lock_guard lock(state.mutex);
    Say("lost %llu %llu\n", static_cast<unsigned long long>(inode),
        static_cast<unsigned long long>(before));
    errno = error;
    return -1;
  }
  if (state.control->lie != 0) {
    Note("lie", inode);
    return 0;
  }
  // The trace says what a power cut spares, so that the disk itself need not be waited for.
  const auto result = state.trace >= 0 ? 0 : static_cast<int>(syscall(number, fd));
  const std::lock_guard lock(state.mutex);
  if (result == 0) {
    Say("sync %llu %llu\n", static_cast<unsigned long long>(inode),
        static_cast<unsigned long long>(before));
  }
  return result;
}

int Truncate(int fd, off_t size) {
  Open* file = Find(fd);
  const auto act = [&] { return static_cast<int>(syscall(SYS_ftruncate, fd, size)); };
  if (file == nullptr) return act();
  const std::lock_guard lock(Here().mutex);
  const Call call("truncate", file->inode);
  const std::uint64_t before = SizeOf(fd);
  const auto after = static_cast<std::uint64_t>(size);
  const std::string old = after < before ? Hex(fd, after, before - after) : "-";
  Say("truncate %llu %llu %llu %s\n", static_cast<unsigned long long>(file->inode),
      static_cast<unsigned long long>(after), static_cast<unsigned long long>(before), old.c_str());
  return act();
}

mode_t ModeOf(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

// What the C library exports, under all the names that it has for it.
extern "C" {

#define LIANJIE_OPEN(name)                        \
  int name(const char* path, int flags, ...) {    \
    va_list arguments;                            \
    va_start(arguments, flags);                   \
    const mode_t mode = ModeOf(flags, arguments); \
    va_end(arguments);                            \
    return OpenAt(AT_FDCWD, path, flags, mode);   \
  }
#define LIANJIE_OPENAT(name)                               \
  int name(int folder, const char* path, int flags, ...) { \
    va_list arguments;                                     \
    va_start(arguments, flags);                            \
    const mode_t mode = ModeOf(flags, arguments);          \
    va_end(arguments);                                     \
    return OpenAt(folder, path, flags, mode);              \
  }
LIANJIE_OPEN(open)
LIANJIE_OPEN(open64)
LIANJIE_OPENAT(openat)
LIANJIE_OPENAT(openat64)
int creat(const char* path, mode_t mode) {
  return OpenAt(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}
int creat64(const char* path, mode_t mode) { return creat(path, mode); }

int close(int fd) {
  if (Open* file = Find(fd); file != nullptr) *file = {};
  return static_cast<int>(syscall(SYS_close, fd));
}

ssize_t write(int fd, const void* bytes, size_t length) { return WriteAt(fd, bytes, length, -1); }
ssize_t pwrite(int fd, const void* bytes, size_t length, off_t offset) {
  return WriteAt(fd, bytes, length, offset);
}
ssize_t pwrite64(int fd, const void* bytes, size_t length, off64_t offset) {
  return WriteAt(fd, bytes, length, offset);
}
ssize_t writev(int fd, const iovec* parts, int count) {
  if (Find(fd) == nullptr) return syscall(SYS_writev, fd, parts, count);
  ssize_t total = 0;
  for (int i = 0; i < count; ++i) {
    const ssize_t written = WriteAt(fd, parts[i].iov_base, parts[i].iov_len, -1);
    if (written < 0) return total > 0 ? total : written;
    total += written;
    if (static_cast<std::size_t>(written) < parts[i].iov_len) break;
  }
  return total;
}

int fsync(int fd) { return Sync(fd, SYS_fsync, "fsync"); }
int fdatasync(int fd) { return Sync(fd, SYS_fdatasync, "fdatasync"); }
// Promises nothing about what lasts, so it is no sync to the trace.
int sync_file_range(int fd, off64_t offset, off64_t length, unsigned flags) {
  if (Find(fd) != nullptr) return 0;
  return static_cast<int>(syscall(SYS_sync_file_range, fd, offset, length, flags));
}

int rename(const char* from, const char* to) { return Rename(AT_FDCWD, from, AT_FDCWD, to); }
int renameat(int from_folder, const char* from, int to_folder, const char* to) {
  return Rename(from_folder, from, to_folder, to);
}
int link(const char* from, const char* to) { return Link(AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) {
  return Link(from_folder, from, to_folder, to, flags);
}
int unlink(const char* path) { return Unlink(AT_FDCWD, path, 0); }
int unlinkat(int folder, const char* path, int flags) { return Unlink(folder, path, flags); }
int rmdir(const char* path) { return Unlink(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char* path) {
  const int result = Unlink(AT_FDCWD, path, 0);
  return result != 0 && errno == EISDIR ? Unlink(AT_FDCWD, path, AT_REMOVEDIR) : result;
}
int mkdir(const char* path, mode_t mode) { return MakeFolder(AT_FDCWD, path, mode); }
int mkdirat(int folder, const char* path, mode_t mode) { return MakeFolder(folder, path, mode); }

int ftruncate(int fd, off_t size) { return Truncate(fd, size); }
int ftruncate64(int fd, off64_t size) { return Truncate(fd, size); }
// Blocks set aside; the file keeps its size unless the mode says otherwise.
int fallocate(int fd, int mode, off_t offset, off_t length) {
  Open* file = Find(fd);
  if (file == nullptr) return static_cast<int>(syscall(SYS_fallocate, fd, mode, offset, length));
  const Call call("fallocate", file->inode);
  if (Here().control->space != UINT64_MAX) return 0;
  return static_cast<int>(syscall(SYS_fallocate, fd, mode, offset, length));
}
int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
  return fallocate(fd, mode, offset, length);
}

int statvfs(const char* path, struct statvfs* stats) {
  using Real = int (*)(const char*, struct statvfs*);
  static const auto real = reinterpret_cast<Real>(dlsym(RTLD_NEXT, "statvfs"));
  const int result = real(path, stats);
  Control* control = Here().control;
  if (result == 0 && control != nullptr && control->space != UINT64_MAX) {
    stats->f_bavail = control->space / stats->f_frsize;
  }
  return result;
}

}  // extern "C"

}  // namespace faults
