// What a verification found, as `check` and `backup verify` print it.
#ifndef LIANJIE_CLIENTS_CLI_OUTPUT_VERIFICATION_TEXT_H_
#define LIANJIE_CLIENTS_CLI_OUTPUT_VERIFICATION_TEXT_H_

#include <string_view>

#include "absl/status/status.h"
#include "clients/cli/output/result_writer.h"
#include "lianjie/v1/admin_service.pb.h"

namespace lianjie::cli {

// Prints it to standard output; faults are an error with exit code 4 that counts them. `what` is
// what was verified, and what to do then.
absl::Status PrintVerification(const v1::Verification& found, Format format, std::string_view what,
                               std::string_view advice);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_OUTPUT_VERIFICATION_TEXT_H_
