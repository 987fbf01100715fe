// Where a command writes its answer: standard output, or a file that appears under its name only
// once it is complete. A link stays a link, its target is what is replaced; what is no regular file
// (a pipe, a device) is written to as it is.
#ifndef LIANJIE_CLIENTS_CLI_OUTPUT_OUTPUT_FILE_H_
#define LIANJIE_CLIENTS_CLI_OUTPUT_OUTPUT_FILE_H_

#include <sys/stat.h>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/csv_writer.h"

namespace lianjie::cli {

// Used from one thread.
class OutputFile {
 public:
  // `path` empty or "-": standard output.
  static absl::StatusOr<std::unique_ptr<OutputFile>> Open(const std::string& path);
  // A file that was not closed is removed.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  absl::Status Write(std::string_view bytes);
  // Must be called; until then a regular file has another name, made for the purpose.
  absl::Status Close();
  TextSink Sink() {
    return [this](std::string_view bytes) { return Write(bytes); };
  }

 private:
  OutputFile(std::string path, std::FILE* file, bool owned)
      : path_(std::move(path)), file_(file), owned_(owned) {}
  absl::Status OpenDirectly();
  absl::Status OpenBeside(const std::string& target, const struct stat* replaced);
  absl::Status Failed() const;

  std::string path_;  // as it was given, for messages
  std::FILE* file_;
  bool owned_;
  std::string target_;   // the file that is replaced at the end; empty: written directly
  std::string partial_;  // its name until then
};

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_OUTPUT_OUTPUT_FILE_H_
