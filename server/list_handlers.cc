// Lists: pages of a scan. A page ends when it is full, when it has grown to 3 MiB, or when so many
// rows were passed over that a filter which lets little through would keep the caller waiting; the
// last gives a short page with a token, as AIP-158 allows.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "engine/core/filter.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/as_of.h"
#include "server/convert.h"
#include "server/graph_handlers.h"
#include "server/page_token.h"

namespace lianjie::server {
namespace {

constexpr std::int32_t kDefaultPageSize = 100;
constexpr std::int32_t kMaxPageSize = 10000;
constexpr std::size_t kMaxPageBytes = std::size_t{3} << 20;
constexpr std::size_t kMaxRowsScanned = 200000;

absl::StatusOr<std::size_t> PageSize(std::int32_t asked) {
  if (asked < 0) return InvalidField("page_size", Cat(asked, " is negative"));
  return static_cast<std::size_t>(asked == 0 ? kDefaultPageSize : std::min(asked, kMaxPageSize));
}

std::string TextOf(const std::optional<Date>& date) {
  return date ? date->ToString() : std::string();
}

// Fills `page` (of the response's messages) from the cursor; returns the token of the next page.
template <typename Record, typename Message, typename Keep>
absl::StatusOr<std::string> FillPage(storage::Cursor<Record>& cursor, std::string_view binding,
                                     std::int32_t page_size, const Call& call,
                                     google::protobuf::RepeatedPtrField<Message>& page, Keep keep) {
  LIANJIE_ASSIGN_OR_RETURN(const std::size_t size, PageSize(page_size));
  std::size_t bytes = 0;
  for (std::size_t scanned = 0;; ++scanned) {
    const bool full = static_cast<std::size_t>(page.size()) >= size || bytes >= kMaxPageBytes;
    if (full || scanned >= kMaxRowsScanned || call.cancelled()) {
      const std::string place = cursor.token();
      LIANJIE_ASSIGN_OR_RETURN(const std::optional<Record> more, cursor.Next());
      return more.has_value() ? MakePageToken(binding, place) : std::string();
    }
    LIANJIE_ASSIGN_OR_RETURN(const std::optional<Record> record, cursor.Next());
    if (!record.has_value()) return std::string();
    LIANJIE_ASSIGN_OR_RETURN(const bool kept, absl::StatusOr<bool>(keep(*record)));
    if (!kept) continue;
    *page.Add() = ToProto(*record);
    bytes += page.Get(page.size() - 1).ByteSizeLong();
  }
}

}  // namespace

absl::StatusOr<v1::ListGraphsResponse> GraphHandlers::ListGraphs(
    const v1::ListGraphsRequest& request) {
  const std::string binding = BindingOf({"ListGraphs"});
  LIANJIE_ASSIGN_OR_RETURN(const std::size_t size, PageSize(request.page_size()));
  LIANJIE_ASSIGN_OR_RETURN(const std::string after, ReadPageToken(binding, request.page_token()));
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<storage::GraphInfo> graphs, store_.ListGraphs());
  v1::ListGraphsResponse response;
  for (const storage::GraphInfo& graph : graphs) {
    if (!after.empty() && graph.name <= after) continue;
    if (static_cast<std::size_t>(response.graphs_size()) == size) {
      response.set_next_page_token(
          MakePageToken(binding, response.graphs(response.graphs_size() - 1).name()));
      break;
    }
    *response.add_graphs() = ToProto(graph);
  }
  return response;
}

absl::StatusOr<v1::ListNodesResponse> GraphHandlers::ListNodes(const v1::ListNodesRequest& request,
                                                               const Call& call) {
  LIANJIE_ASSIGN_OR_RETURN(const std::optional<Date> as_of, ReadAsOf(request));
  const std::string binding =
      BindingOf({"ListNodes", GraphName(request.graph()), request.filter(), TextOf(as_of)});
  LIANJIE_ASSIGN_OR_RETURN(const Filter filter, ParseNodeFilter(request.filter()));
  LIANJIE_ASSIGN_OR_RETURN(const std::string place, ReadPageToken(binding, request.page_token()));
  LIANJIE_ASSIGN_OR_RETURN(const auto reader,
                           OpenReader(request.graph(), request.consistency(), call));
  LIANJIE_ASSIGN_OR_RETURN(const auto cursor, reader->ScanNodes(place));
  const ValidOn valid(*reader, as_of);
  v1::ListNodesResponse response;
  response.set_revision(reader->info().revision);
  LIANJIE_ASSIGN_OR_RETURN(
      *response.mutable_next_page_token(),
      FillPage<NodeRecord>(
          *cursor, binding, request.page_size(), call, *response.mutable_nodes(),
          [&](const NodeRecord& node) { return valid.Passes(node) && Matches(filter, node); }));
  return response;
}

absl::StatusOr<v1::ListLinksResponse> GraphHandlers::ListLinks(const v1::ListLinksRequest& request,
                                                               const Call& call) {
  LIANJIE_ASSIGN_OR_RETURN(const std::optional<Date> as_of, ReadAsOf(request));
  const std::string binding = BindingOf({"ListLinks", GraphName(request.graph()), request.filter(),
                                         request.source(), request.target(), TextOf(as_of)});
  LIANJIE_ASSIGN_OR_RETURN(const Filter filter, ParseLinkFilter(request.filter()));
  LIANJIE_ASSIGN_OR_RETURN(const std::string place, ReadPageToken(binding, request.page_token()));
  LIANJIE_ASSIGN_OR_RETURN(const auto reader,
                           OpenReader(request.graph(), request.consistency(), call));
  for (const std::string& end : {request.source(), request.target()}) {
    if (!end.empty()) LIANJIE_RETURN_IF_ERROR(reader->GetNode(end).status());
  }
  LIANJIE_ASSIGN_OR_RETURN(
      const auto cursor, !request.source().empty()   ? reader->ScanOutLinks(request.source(), place)
                         : !request.target().empty() ? reader->ScanInLinks(request.target(), place)
                                                     : reader->ScanLinks(place));
  ValidOn valid(*reader, as_of);
  v1::ListLinksResponse response;
  response.set_revision(reader->info().revision);
  LIANJIE_ASSIGN_OR_RETURN(
      *response.mutable_next_page_token(),
      FillPage<LinkRecord>(*cursor, binding, request.page_size(), call, *response.mutable_links(),
                           [&](const LinkRecord& link) -> absl::StatusOr<bool> {
                             if (!request.target().empty() && link.target != request.target())
                               return false;
                             if (!Matches(filter, link)) return false;
                             return valid.Passes(link);
                           }));
  return response;
}

absl::StatusOr<v1::ListRegionsResponse> GraphHandlers::ListRegions(
    const v1::ListRegionsRequest& request, const Call& call) {
  const std::string binding =
      BindingOf({"ListRegions", GraphName(request.graph()), request.filter()});
  constexpr std::string_view kFields[] = {"code", "parent", "name", "level"};
  LIANJIE_ASSIGN_OR_RETURN(const Filter filter, Filter::Parse(request.filter(), kFields));
  LIANJIE_ASSIGN_OR_RETURN(const std::string place, ReadPageToken(binding, request.page_token()));
  LIANJIE_ASSIGN_OR_RETURN(const auto reader,
                           OpenReader(request.graph(), request.consistency(), call));
  LIANJIE_ASSIGN_OR_RETURN(const auto cursor, reader->ScanRegions(place));
  v1::ListRegionsResponse response;
  response.set_revision(reader->info().revision);
  LIANJIE_ASSIGN_OR_RETURN(
      *response.mutable_next_page_token(),
      FillPage<RegionRecord>(*cursor, binding, request.page_size(), call,
                             *response.mutable_regions(), [&](const RegionRecord& region) {
                               return filter.Matches([&](std::string_view field) -> FieldValue {
                                 const auto* spec = FindField<RegionRecord>(field);
                                 return spec == nullptr ? FieldValue() : spec->get(region);
                               });
                             }));
  return response;
}

absl::StatusOr<v1::ListLinesResponse> GraphHandlers::ListLines(const v1::ListLinesRequest& request,
                                                               const Call& call) {
  const std::string binding = BindingOf({"ListLines", GraphName(request.graph())});
  LIANJIE_ASSIGN_OR_RETURN(const std::string place, ReadPageToken(binding, request.page_token()));
  LIANJIE_ASSIGN_OR_RETURN(const auto reader,
                           OpenReader(request.graph(), request.consistency(), call));
  LIANJIE_ASSIGN_OR_RETURN(const auto cursor, reader->ScanLines(place));
  v1::ListLinesResponse response;
  response.set_revision(reader->info().revision);
  LIANJIE_ASSIGN_OR_RETURN(
      *response.mutable_next_page_token(),
      FillPage<LineRecord>(*cursor, binding, request.page_size(), call, *response.mutable_lines(),
                           [](const LineRecord&) { return true; }));
  return response;
}

}  // namespace lianjie::server
