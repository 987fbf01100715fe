#include "clients/cli/base/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "clients/cli/base/failure.h"

namespace lianjie::cli {
namespace {

struct State {
  std::mutex mutex;
  std::condition_variable came;
  bool interrupted = false;
  int descriptor = -1;
  std::uint64_t next_key = 0;
  std::map<std::uint64_t, std::function<void()>> actions;
};

// Never destroyed: the watching thread outlives main's statics.
State& TheState() {
  static State* const state = new State;  // NOLINT(cppcoreguidelines-owning-memory)
  return *state;
}

void Watch(sigset_t signals) {
  State& state = TheState();
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    const std::lock_guard lock(state.mutex);
    if (state.interrupted) _exit(kExitInterrupted);
    state.interrupted = true;
    if (state.descriptor >= 0) eventfd_write(state.descriptor, 1);
    for (const auto& [key, action] : state.actions) action();
    state.came.notify_all();
  }
}

}  // namespace

void WatchInterrupts() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  TheState().descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::thread(&Watch, signals).detach();
}

int InterruptDescriptor() { return TheState().descriptor; }

bool Interrupted() {
  const std::lock_guard lock(TheState().mutex);
  return TheState().interrupted;
}

OnInterrupt::OnInterrupt(std::function<void()> action) {
  State& state = TheState();
  const std::lock_guard lock(state.mutex);
  key_ = state.next_key++;
  if (state.interrupted) action();
  state.actions.emplace(key_, std::move(action));
}

OnInterrupt::~OnInterrupt() {
  const std::lock_guard lock(TheState().mutex);
  TheState().actions.erase(key_);
}

void WaitForInterrupt() {
  State& state = TheState();
  std::unique_lock lock(state.mutex);
  state.came.wait(lock, [&] { return state.interrupted; });
}

}  // namespace lianjie::cli
