#include "tests/storage/child.h"

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>
#include <utility>

#include "engine/core/text.h"
#include "storage/migrate.h"
#include "tests/storage/conformance.h"

extern char** environ;

namespace lianjie::storage {
namespace {

void Say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

std::string Describe(const absl::Status& status) {
  const auto detail = GetErrorDetail(status);
  return Cat(status.ok() ? "OK" : detail ? ReasonName(detail->reason) : "NO DETAIL");
}

int Commit(Store& store) {
  for (int i = 0;; ++i) {
    Batch batch;
    batch.graph = "g";
    batch.request_id = Cat("r", i);
    batch.writes = {Create(Node(Cat("N", i))), Create(Link("", Cat("N", i), Cat("N", i)))};
    const auto result = store.Commit(std::move(batch));
    if (!result.ok()) return 1;
    Say(Cat(result->revision));
  }
}

int LoadMuch(Store& store) {
  LoadOptions options;
  options.graph = "g";
  auto load = *store.BeginLoad(options);
  for (std::int64_t i = 0; i < 400000; ++i) {
    NodeRecord node = Node(Cat("N", i));
    node.name = Cat("a name that takes some space ", i * 7919 % 100003);
    if (!load->AddNode(std::move(node), {}).ok()) return 1;
  }
  Say("finishing");
  const auto result = load->Finish();
  Say(Describe(result.status()));
  pause();
  return 0;
}

// The process may write no file beyond a size: what the kernel answers then is what a failing disk
// answers.
int Fail(Store& store, const int& failures) {
  signal(SIGXFSZ, SIG_IGN);
  Batch small;
  small.graph = "g";
  small.writes = {Create(Node("small"))};
  Say(Describe(store.Commit(small).status()));
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit tight{.rlim_cur = 64 << 10, .rlim_max = limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &tight);
  Batch large;
  large.graph = "g";
  for (int i = 0; i < 5000; ++i) large.writes.push_back(Create(Node(Cat("large", i))));
  Say(store.Commit(large).ok() ? "OK" : "REFUSED");
  setrlimit(RLIMIT_FSIZE, &limit);
  small.writes = {Create(Node("later"))};
  Say(Describe(store.Commit(small).status()));
  LoadOptions options;
  options.graph = "g";
  Say(Describe((*store.BeginLoad(options))->Finish().status()));
  Say(Describe((*store.OpenReader("g"))->GetNode("small").status()));
  Say(Describe((*store.OpenReader("g"))->GetNode("large0").status()));
  Say(Cat(failures));
  return 0;
}

// Goes slowly once it has begun, so that there is time to kill it.
int Migrate(const OpenOptions& options) {
  bool said = false;
  const auto result = MigrateRocksStore(options, [&said](std::uint64_t, std::uint64_t) {
    if (!said) Say("migrating");
    said = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return absl::OkStatus();
  });
  Say(Describe(result.status()));
  pause();
  return 0;
}

}  // namespace

int PlayRole(const std::string& role, const std::string& path) {
  int failures = 0;
  OpenOptions options;
  options.path = path;
  if (role == "migrate") return Migrate(options);
  options.on_failure = [&failures](const absl::Status&) { ++failures; };
  auto store = OpenRocksStore(options);
  if (!store.ok()) {
    Say(Describe(store.status()));
    return 1;
  }
  (*store)->CreateGraph("g", {}).IgnoreError();
  if (role == "commit") return Commit(**store);
  if (role == "load") return LoadMuch(**store);
  if (role == "fail") return Fail(**store, failures);
  Say("open");
  pause();
  return 0;
}

Child::Child(const std::string& role, const std::string& path) {
  int ends[2];
  if (pipe(ends) != 0) return;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  std::string program = "/proc/self/exe";
  std::string flag = "--role";
  std::string role_copy = role;
  std::string path_copy = path;
  char* arguments[] = {program.data(), flag.data(), role_copy.data(), path_copy.data(), nullptr};
  if (posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, environ) != 0) pid_ = -1;
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  out_ = ends[0];
}

Child::~Child() {
  Kill();
  if (out_ >= 0) close(out_);
}

void Child::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string Child::ReadLine() {
  while (buffer_.find('\n') == std::string::npos) {
    char bytes[4096];
    const ssize_t size = read(out_, bytes, sizeof bytes);
    if (size <= 0) return std::exchange(buffer_, {});
    buffer_.append(bytes, static_cast<std::size_t>(size));
  }
  const std::size_t end = buffer_.find('\n');
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  return line;
}

}  // namespace lianjie::storage
