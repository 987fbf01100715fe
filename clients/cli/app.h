// The `lianjie` program.
#ifndef LIANJIE_CLIENTS_CLI_APP_H_
#define LIANJIE_CLIENTS_CLI_APP_H_

#include <string>
#include <vector>

namespace lianjie::cli {

// Runs one command and returns the exit code. `arguments` are without the program's name.
int Run(std::vector<std::string> arguments);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_APP_H_
