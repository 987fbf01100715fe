// What the preloaded library (preload.cc) knows: the driver's wishes, the files that are watched,
// the trace.
#ifndef LIANJIE_TESTS_FAULTS_PRELOAD_STATE_H_
#define LIANJIE_TESTS_FAULTS_PRELOAD_STATE_H_

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>

namespace faults {

using Counter = std::atomic<std::uint64_t>;

// tests/faults/control.py has the same layout. A number of a call counts from 1; 0: never.
struct Control {
  Counter calls;               // watched calls so far
  Counter kill_at;             // at which of them the process ends by SIGKILL
  Counter kill_where;          // 0 before it, 1 after it, 2 when half of its bytes are written
  Counter syncs;               // syncs so far, writes to files opened with O_DSYNC among them
  Counter fail_sync;           // which of them fails
  Counter writes;              // writes so far
  Counter fail_write;          // which of them fails
  Counter fail_error;          // errno of either
  Counter fail_rest;           // 1: all later ones fail too
  Counter lie;                 // 1: syncs do nothing and say that they did; 2: but for O_DSYNC
  Counter space;               // bytes that may still be written; UINT64_MAX: any number
  Counter delay;               // microseconds that a sync takes longer
  Counter only;                // failing calls are on the file of this inode alone; 0: on any
  Counter fired;               // how often a fault was put in
  std::array<char, 256> note;  // the call of the first one
};

constexpr int kFiles = 1 << 16;
struct Open {
  std::uint64_t inode = 0;  // 0: not watched
  bool synced_writes = false;
  bool append = false;
};

struct State {
  Control* control = nullptr;
  std::string root;
  std::string keep;
  int trace = -1;
  std::uint64_t lines = 0;
  std::mutex mutex;  // a call and its line are one step; syncs alone run outside
  std::array<Open, kFiles> files;
};

inline std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

inline State* Start() {
  auto* state = new State;  // lives as long as the process: calls come after destructors
  state->root = Variable("FAULTS_ROOT");
  state->keep = Variable("FAULTS_KEEP");
  const std::string control = Variable("FAULTS_CONTROL");
  const std::string trace = Variable("FAULTS_TRACE");
  const auto fd = static_cast<int>(syscall(SYS_openat, AT_FDCWD, control.c_str(), O_RDWR));
  if (fd >= 0) {
    void* at = mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at != MAP_FAILED) state->control = static_cast<Control*>(at);
    syscall(SYS_close, fd);
  }
  if (!trace.empty()) {
    state->trace = static_cast<int>(syscall(SYS_openat, AT_FDCWD, trace.c_str(),
                                            O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  }
  return state;
}

inline State& Here() {
  static State* const state = Start();
  return *state;
}

template <typename... Arguments> void Say(const char* format, Arguments... arguments) {
  State& state = Here();
  if (state.trace < 0) return;
  char line[PATH_MAX * 2 + 8192];
  const int size = std::snprintf(line, sizeof line, format, arguments...);
  const auto length = std::min<std::size_t>(static_cast<std::size_t>(size), sizeof line - 1);
  syscall(SYS_write, state.trace, line, length);
  ++state.lines;
}

[[noreturn]] inline void Die() {
  syscall(SYS_kill, getpid(), SIGKILL);
  while (true) pause();
}

inline void Note(const char* what, std::uint64_t inode) {
  Control& control = *Here().control;
  if (control.fired.fetch_add(1) > 0) return;
  std::snprintf(control.note.data(), control.note.size(), "%s %llu", what,
                static_cast<unsigned long long>(inode));
}

// One watched call: counts it and ends the process before or after it where that is asked for.
class Call {
 public:
  Call(const char* what, std::uint64_t inode) : what_(what), inode_(inode) {
    Control& control = *Here().control;
    const std::uint64_t number = control.calls.fetch_add(1) + 1;
    mine_ = number == control.kill_at;
    where_ = control.kill_where;
    if (mine_ && where_ == 0) Kill();
  }
  ~Call() {
    if (mine_) Kill();
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  bool half() const { return mine_ && where_ == 2; }

 private:
  [[noreturn]] void Kill() {
    Note(what_, inode_);
    Die();
  }
  const char* what_;
  std::uint64_t inode_;
  bool mine_ = false;
  std::uint64_t where_ = 0;
};

inline bool Fails(Counter& count, Counter& at, const char* what, std::uint64_t inode) {
  Control& control = *Here().control;
  if (control.only != 0 && control.only != inode) return false;
  const std::uint64_t number = count.fetch_add(1) + 1;
  if (at == 0 || number < at || (number > at && control.fail_rest == 0)) return false;
  Note(what, inode);
  errno = static_cast<int>(control.fail_error.load());
  return true;
}

// The path under the root; empty: not watched.
inline std::string Watched(int folder, const char* path) {
  State& state = Here();
  if (state.control == nullptr || state.root.empty() || path == nullptr) return {};
  std::string whole = path;
  if (whole.empty() || whole[0] != '/') {
    const std::string link =
        folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/" + std::to_string(folder);
    char base[PATH_MAX];
    const ssize_t size = readlink(link.c_str(), base, sizeof base);
    if (size < 0) return {};
    whole = std::string(base, static_cast<std::size_t>(size)) + "/" + whole;
  }
  if (whole == state.root) return ".";
  if (!whole.starts_with(state.root + "/")) return {};
  std::string path_below = whole.substr(state.root.size() + 1);
  while (path_below.ends_with('/')) path_below.pop_back();
  return path_below;
}

inline std::uint64_t InodeAt(const std::string& path) {
  struct stat found {};
  const std::string whole = Here().root + "/" + path;
  return syscall(SYS_newfstatat, AT_FDCWD, whole.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0
             ? found.st_ino
             : 0;
}

Open* Find(int fd) {
  State& state = Here();
  if (fd < 0 || fd >= kFiles || state.control == nullptr) return nullptr;
  Open* file = &state.files[static_cast<std::size_t>(fd)];
  return file->inode != 0 ? file : nullptr;
}

inline std::uint64_t SizeOf(int fd) {
  struct stat found {};
  return syscall(SYS_fstat, fd, &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
}

inline void Keep(const std::string& path, std::uint64_t inode) {
  State& state = Here();
  if (state.keep.empty() || inode == 0) return;
  const std::string from = state.root + "/" + path;
  const std::string to = state.keep + "/" + std::to_string(inode);
  syscall(SYS_linkat, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), 0);
}

}  // namespace faults

#endif  // LIANJIE_TESTS_FAULTS_PRELOAD_STATE_H_
