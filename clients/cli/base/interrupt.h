// What an interrupt (Ctrl-C, SIGTERM) does. The signals are blocked in every thread and taken by
// one that waits for them, so that what they trigger may be ordinary code: cancelling a call,
// shutting a server down. The first one asks; a second ends the process at once.
#ifndef LIANJIE_CLIENTS_CLI_BASE_INTERRUPT_H_
#define LIANJIE_CLIENTS_CLI_BASE_INTERRUPT_H_

#include <cstdint>
#include <functional>

namespace lianjie::cli {

// To be called once, before any other thread exists.
void WatchInterrupts();

// Whether one came.
bool Interrupted();

// While it lives, an interrupt calls `action`, once, from another thread; at once if it came
// already.
class OnInterrupt {
 public:
  explicit OnInterrupt(std::function<void()> action);
  ~OnInterrupt();
  OnInterrupt(const OnInterrupt&) = delete;
  OnInterrupt& operator=(const OnInterrupt&) = delete;

 private:
  std::uint64_t key_;
};

// A descriptor that can be read from (by poll) once an interrupt has come; -1 when interrupts are
// not watched. Never to be read or closed.
int InterruptDescriptor();

// Returns when an interrupt has come.
void WaitForInterrupt();

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_BASE_INTERRUPT_H_
