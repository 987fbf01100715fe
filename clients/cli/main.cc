// The program. Interrupts are watched before any thread exists, so that every thread has them
// blocked.
#include <cstdlib>
#include <string>
#include <vector>

#include "clients/cli/app.h"
#include "clients/cli/base/interrupt.h"

int main(int argc, char** argv) {
  lianjie::cli::WatchInterrupts();
  // gRPC's own log repeats on stderr what the status of a call says; whoever looks for a fault in
  // it can set the variable.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  return lianjie::cli::Run(std::vector<std::string>(argv + 1, argv + argc));
}
