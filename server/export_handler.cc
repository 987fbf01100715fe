// Export: regions, lines, nodes, links, in the store's order, in messages of about 1 MiB. A resume
// token holds the revision, which of the four was being sent, and where its scan stands, so that
// going on costs a seek and not a second scan.
#include <string>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/convert.h"
#include "server/graph_handlers.h"
#include "server/page_token.h"

namespace lianjie::server {
namespace {

constexpr std::size_t kMessageBytes = std::size_t{1} << 20;
constexpr std::string_view kTokenField = "resume_token";

struct Place {
  std::int64_t revision = 0;
  int section = 0;  // 0 regions, 1 lines, 2 nodes, 3 links
  std::string token;
};

std::string Write(const Place& place) {
  return Cat(place.revision, ' ', place.section, ' ', place.token);
}

absl::StatusOr<Place> ReadPlace(std::string_view text) {
  Place place;
  const std::size_t first = text.find(' ');
  const std::size_t second = first == std::string_view::npos ? first : text.find(' ', first + 1);
  if (second == std::string_view::npos)
    return InvalidPageToken(kTokenField, "is not a resume token");
  const auto revision = ParseInt64(text.substr(0, first));
  const auto section = ParseInt64(text.substr(first + 1, second - first - 1));
  if (!revision || !section || *section < 0 || *section > 3)
    return InvalidPageToken(kTokenField, "is not a resume token");
  place.revision = *revision;
  place.section = static_cast<int>(*section);
  place.token = text.substr(second + 1);
  return place;
}

class Exporter {
 public:
  Exporter(const storage::Reader& reader, std::string binding, StreamWriter& writer,
           const Call& call)
      : reader_(reader), binding_(std::move(binding)), writer_(writer), call_(call) {}

  absl::Status Run(const Place& from) {
    for (int section = from.section; section <= 3; ++section) {
      LIANJIE_RETURN_IF_ERROR(
          SendSection(section, section == from.section ? from.token : std::string()));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status SendSection(int section, const std::string& token) {
    switch (section) {
      case 0:
        return Send<RegionRecord>(section, reader_.ScanRegions(token),
                                  [](auto& m) { return m.mutable_regions(); });
      case 1:
        return Send<LineRecord>(section, reader_.ScanLines(token),
                                [](auto& m) { return m.mutable_lines(); });
      case 2:
        return Send<NodeRecord>(section, reader_.ScanNodes(token),
                                [](auto& m) { return m.mutable_nodes(); });
      default:
        return Send<LinkRecord>(section, reader_.ScanLinks(token),
                                [](auto& m) { return m.mutable_links(); });
    }
  }

  template <typename Record, typename Rows>
  absl::Status Send(int section, absl::StatusOr<std::unique_ptr<storage::Cursor<Record>>> cursor,
                    Rows rows) {
    if (!cursor.ok()) return cursor.status();
    v1::ExportResponse message;
    std::size_t bytes = 0;
    const auto flush = [&]() -> absl::Status {
      message.set_revision(reader_.info().revision);
      message.set_resume_token(MakePageToken(binding_, Write({.revision = reader_.info().revision,
                                                              .section = section,
                                                              .token = (*cursor)->token()})));
      LIANJIE_RETURN_IF_ERROR(writer_.Write(message));
      message.Clear();
      bytes = 0;
      return absl::OkStatus();
    };
    while (true) {
      LIANJIE_ASSIGN_OR_RETURN(const std::optional<Record> record, (*cursor)->Next());
      if (!record.has_value()) break;
      *rows(message)->Add() = ToProto(*record);
      bytes += rows(message)->rbegin()->ByteSizeLong() + 4;
      if (bytes >= kMessageBytes) LIANJIE_RETURN_IF_ERROR(flush());
      if (call_.cancelled()) return absl::CancelledError("the caller cancelled");
    }
    return bytes > 0 ? flush() : absl::OkStatus();
  }

  const storage::Reader& reader_;
  const std::string binding_;
  StreamWriter& writer_;
  const Call& call_;
};

}  // namespace

absl::Status GraphHandlers::Export(const v1::ExportRequest& request, StreamWriter& writer,
                                   const Call& call) {
  const std::string binding = BindingOf({"Export", GraphName(request.graph())});
  Place from;
  v1::Consistency consistency = request.consistency();
  if (!request.resume_token().empty()) {
    LIANJIE_ASSIGN_OR_RETURN(const std::string text,
                             ReadPageToken(binding, request.resume_token(), kTokenField));
    LIANJIE_ASSIGN_OR_RETURN(from, ReadPlace(text));
    // The export goes on at the revision that it began with, whatever was written since.
    consistency.set_exact_revision(from.revision);
  }
  LIANJIE_ASSIGN_OR_RETURN(const auto reader, OpenReader(request.graph(), consistency, call));
  return Exporter(*reader, binding, writer, call).Run(from);
}

}  // namespace lianjie::server
