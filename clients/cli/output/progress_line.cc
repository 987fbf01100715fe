#include "clients/cli/output/progress_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace lianjie::cli {

ProgressLine::ProgressLine()
    : terminal_(::isatty(STDERR_FILENO) == 1),
      begin_(std::chrono::steady_clock::now()),
      last_(begin_) {}

void ProgressLine::Show(std::string_view what, double done, double total, std::string_view tail) {
  if (!terminal_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  shown_ = true;
  std::string line = fmt::format("\r\x1b[K{}", what);
  if (total > 0) {
    const double part = std::clamp(done / total, 0.0, 1.0);
    line += fmt::format(" {:.0f}%", part * 100);
    const double elapsed = std::chrono::duration<double>(now - begin_).count();
    if (part > 0.02) line += fmt::format(", {:.0f} s left", elapsed / part - elapsed);
  }
  if (!tail.empty()) line += fmt::format(", {}", tail);
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
}

void ProgressLine::Clear() {
  if (!shown_) return;
  shown_ = false;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
}

}  // namespace lianjie::cli
