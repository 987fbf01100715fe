// The program. Interrupts are watched before any thread exists, so that every thread has them
// blocked.
#include <string>
#include <vector>

#include "clients/cli/app.h"
#include "clients/cli/base/interrupt.h"

int main(int argc, char** argv) {
  lianjie::cli::WatchInterrupts();
  return lianjie::cli::Run(std::vector<std::string>(argv + 1, argv + argc));
}
