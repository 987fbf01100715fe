// A graph's meta, regions, lines, change feed, request ids and counters.
#include "storage/check_graph.h"

#include <algorithm>
#include <optional>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/graph_digest.h"

namespace lianjie::storage {
namespace {

constexpr std::size_t kDigestBytes = 16;

// All that a graph's keys may be.
constexpr Tag kGraphTags[] = {Tag::kMeta,    Tag::kRegion, Tag::kRegionChild, Tag::kRegionUse,
                              Tag::kLine,    Tag::kNodeId, Tag::kNode,        Tag::kLinkId,
                              Tag::kOutLink, Tag::kInLink, Tag::kRequest,     Tag::kChange,
                              Tag::kRevision};

}  // namespace

std::string IdText(std::string_view coded) {
  const auto id = DecodeId(coded);
  return id.has_value() ? Cat("'", *id, "'") : std::string("that cannot be read");
}

void GraphCheck::Fault(std::string_view what) { faults_.Add(Cat("graph '", name_, "': ", what)); }

absl::Status GraphCheck::Walk(
    Tag tag, absl::FunctionRef<absl::Status(std::string_view, std::string_view)> visit) {
  return VisitPrefix(kv_, TagPrefix(graph_, tag), true,
                     [&](std::string_view key, std::string_view value) -> absl::Status {
                       LIANJIE_RETURN_IF_ERROR(steps_.Step());
                       ++report_.record_count;
                       return visit(key, value);
                     });
}

absl::Status GraphCheck::Run() {
  report_.info.name = name_;
  bool readable = false;
  LIANJIE_RETURN_IF_ERROR(CheckMeta(readable));
  LIANJIE_RETURN_IF_ERROR(CheckTags());
  LIANJIE_RETURN_IF_ERROR(CheckRegions());
  LIANJIE_RETURN_IF_ERROR(CheckChildren());
  LIANJIE_RETURN_IF_ERROR(CheckLines());
  LIANJIE_RETURN_IF_ERROR(CheckNodes());
  LIANJIE_RETURN_IF_ERROR(CheckNodeIds());
  LIANJIE_RETURN_IF_ERROR(CheckLinks());
  LIANJIE_RETURN_IF_ERROR(CheckIndexes());
  LIANJIE_RETURN_IF_ERROR(CheckEnds());
  LIANJIE_RETURN_IF_ERROR(CheckUse());
  LIANJIE_RETURN_IF_ERROR(CheckChanges());
  if (readable) LIANJIE_RETURN_IF_ERROR(CheckRevisions());
  LIANJIE_RETURN_IF_ERROR(CheckRequests());
  if (readable) CheckCounters();
  return readable ? CheckImages() : absl::OkStatus();
}

absl::Status GraphCheck::CheckMeta(bool& readable) {
  LIANJIE_ASSIGN_OR_RETURN(const auto value, kv_.Get(MetaKey(graph_)));
  if (!value.has_value()) {
    Fault("it has no meta");
    return absl::OkStatus();
  }
  const auto meta = DecodeMeta(*value);
  readable = meta.ok();
  if (!readable) {
    Fault("its meta cannot be read");
    return absl::OkStatus();
  }
  meta_ = *meta;
  report_.info = meta_.info;
  report_.info.name = name_;
  return absl::OkStatus();
}

absl::Status GraphCheck::CheckTags() {
  std::string from = GraphPrefix(graph_);
  const std::string end = AfterPrefix(from);
  while (true) {
    const auto it = kv_.NewIterator(from, end);
    LIANJIE_RETURN_IF_ERROR(it->status());
    if (!it->Valid()) return absl::OkStatus();
    const std::string_view key = it->key();
    if (key.size() <= GraphPrefix(graph_).size()) {
      Fault("a key says nothing but the graph's number");
      from = std::string(key) + '\0';
      continue;
    }
    const auto tag = static_cast<Tag>(static_cast<unsigned char>(key[GraphPrefix(graph_).size()]));
    if (std::ranges::find(kGraphTags, tag) == std::end(kGraphTags)) {
      Fault(Cat("there are keys of an unknown kind, ", static_cast<int>(tag)));
    }
    from = AfterPrefix(TagPrefix(graph_, tag));
    if (from.empty() || (!end.empty() && from >= end)) return absl::OkStatus();
  }
}

absl::Status GraphCheck::CheckRegions() {
  RegionRecord region;
  LIANJIE_RETURN_IF_ERROR(
      Walk(Tag::kRegion, [&](std::string_view key, std::string_view value) -> absl::Status {
        const std::string_view code = AfterTag(key);
        digest_ += RegionHash(code, value);
        RegionHead& head = regions_[std::string(code)];
        if (!DecodeRegion(code, value, region).ok()) {
          Fault(Cat("region '", code, "' cannot be read"));
          return absl::OkStatus();
        }
        if (const auto status = Validate(region); !status.ok()) {
          Fault(Cat("region '", code, "': ", FromAbsl(status.message())));
        }
        head = {.parent = region.parent, .level = region.level};
        return absl::OkStatus();
      }));
  CheckTree();
  return absl::OkStatus();
}

void GraphCheck::CheckTree() {
  for (const auto& [code, region] : regions_) {
    if (region.parent.empty()) continue;
    const auto parent = regions_.find(region.parent);
    if (parent == regions_.end()) {
      Fault(Cat("region '", code, "' lies in region '", region.parent, "', which is not there"));
    } else if (parent->second.level >= region.level) {
      Fault(Cat("region '", code, "' of level ", region.level, " lies in region '", region.parent,
                "' of level ", parent->second.level));
    }
  }
}

absl::Status GraphCheck::CheckChildren() {
  std::uint64_t good = 0;
  LIANJIE_RETURN_IF_ERROR(Walk(Tag::kRegionChild, [&](std::string_view key, std::string_view) {
    const std::string_view rest = AfterTag(key);
    const std::size_t end = rest.find('\0');
    const std::string_view parent = rest.substr(0, end);
    const std::string code(end == std::string_view::npos ? "" : rest.substr(end + 1));
    const auto region = regions_.find(code);
    if (region != regions_.end() && region->second.parent == parent) {
      ++good;
    } else {
      Fault(Cat("region '", code, "' is listed under region '", parent, "', where it is not"));
    }
    return absl::OkStatus();
  }));
  const auto wanted = static_cast<std::uint64_t>(std::ranges::count_if(
      regions_, [](const auto& region) { return !region.second.parent.empty(); }));
  if (good == wanted) return absl::OkStatus();
  for (const auto& [code, region] : regions_) {
    if (region.parent.empty()) continue;
    LIANJIE_ASSIGN_OR_RETURN(const auto child,
                             kv_.Get(RegionChildKey(graph_, region.parent, code)));
    if (!child.has_value()) {
      Fault(Cat("region '", code, "' is not listed under region '", region.parent, "'"));
    }
  }
  return absl::OkStatus();
}

absl::Status GraphCheck::CheckLines() {
  LineRecord line;
  return Walk(Tag::kLine, [&](std::string_view key, std::string_view value) -> absl::Status {
    const auto name = ParseLineKey(key);
    if (!name.has_value()) {
      Fault("the key of a line cannot be read");
      return absl::OkStatus();
    }
    ++lines_;
    digest_ += LineHash(name->region, name->year, value);
    ++use_[name->region].lines;
    if (!DecodeLine(*name, value, line).ok()) {
      Fault(
          Cat("the line of region '", name->region, "' and year ", name->year, " cannot be read"));
    } else if (const auto status = Validate(line); !status.ok()) {
      Fault(Cat("the line of region '", name->region, "' and year ", name->year, ": ",
                FromAbsl(status.message())));
    }
    return absl::OkStatus();
  });
}

absl::Status GraphCheck::CheckUse() {
  use_.erase("");
  if (!regions_.empty()) {
    for (const auto& [code, use] : use_) {
      if (!regions_.contains(code)) {
        Fault(Cat("region '", code, "' is named by ", use.nodes, " nodes and ", use.lines,
                  " lines, but is not in the region table"));
      }
    }
  }
  LIANJIE_RETURN_IF_ERROR(Walk(Tag::kRegionUse, [&](std::string_view key, std::string_view value) {
    const std::string code(AfterTag(key));
    const auto stored = DecodeRegionUse(value);
    const auto found = use_.find(code);
    const RegionUse use = found == use_.end() ? RegionUse{} : found->second;
    if (!stored.ok()) {
      Fault(Cat("the use of region '", code, "' cannot be read"));
    } else if (stored->nodes != use.nodes || stored->lines != use.lines || found == use_.end()) {
      Fault(Cat("region '", code, "' is said to have ", stored->nodes, " nodes and ", stored->lines,
                " lines, and has ", use.nodes, " and ", use.lines));
    }
    if (found != use_.end()) use_.erase(found);
    return absl::OkStatus();
  }));
  for (const auto& [code, use] : use_) {
    Fault(Cat("region '", code, "' has ", use.nodes, " nodes and ", use.lines,
              " lines, which are not counted"));
  }
  return absl::OkStatus();
}

absl::Status GraphCheck::CheckChanges() {
  std::int64_t revision = 0;
  std::uint32_t next = 0;
  std::int64_t time = 0;
  Change change;
  return Walk(Tag::kChange, [&](std::string_view key, std::string_view value) -> absl::Status {
    const auto name = ParseChangeKey(key);
    if (!name.has_value()) {
      Fault("the key of a change cannot be read");
      return absl::OkStatus();
    }
    ++report_.change_count;
    if (name->revision != revision) next = 0;
    revision = name->revision;
    // What lies before the cut is on its way out, the first keys first.
    if (name->sequence != next && revision > meta_.info.changes_after) {
      Fault(Cat("the change feed has a gap: revision ", revision, " goes from change ",
                next == 0 ? "none" : Cat(next - 1), " to change ", name->sequence));
    }
    next = name->sequence + 1;
    if (revision < 1 || revision > meta_.info.revision) {
      Fault(Cat("the change feed has a change of revision ", revision,
                ", but the newest revision is ", meta_.info.revision));
    }
    if (!DecodeChange(value, change).ok()) {
      Fault(Cat("change ", name->sequence, " of revision ", revision, " cannot be read"));
      return absl::OkStatus();
    }
    if (change.commit_time_micros < time) {
      Fault(Cat("revision ", revision, " was committed before the one before it"));
    }
    time = change.commit_time_micros;
    const bool has_image = !std::holds_alternative<std::monostate>(change.before) ||
                           !std::holds_alternative<std::monostate>(change.after);
    if (has_image == (change.reloaded || change.settings)) {
      Fault(Cat("change ", name->sequence, " of revision ", revision,
                has_image ? " is of the whole graph and of one record" : " says nothing"));
    }
    return absl::OkStatus();
  });
}

absl::Status GraphCheck::CheckRequests() {
  return Walk(Tag::kRequest, [&](std::string_view key, std::string_view value) -> absl::Status {
    ++report_.request_count;
    const auto request = DecodeRequest(value);
    if (!request.ok() || request->digest.size() != kDigestBytes) {
      Fault(Cat("request id '", AfterTag(key), "' cannot be read"));
    } else if (request->revision < 1 || request->revision > meta_.info.revision) {
      Fault(Cat("request id '", AfterTag(key), "' names revision ", request->revision,
                ", but the newest revision is ", meta_.info.revision));
    } else if (request->revision > meta_.info.changes_after) {
      LIANJIE_ASSIGN_OR_RETURN(const auto value, kv_.Get(RevisionKey(graph_, request->revision)));
      const auto revision = value.has_value() ? DecodeRevision(*value) : Corrupt("none");
      if (revision.ok() && revision->request_id != AfterTag(key)) {
        Fault(Cat("request id '", AfterTag(key), "' names revision ", request->revision,
                  ", which came with '", revision->request_id, "'"));
      }
    }
    return absl::OkStatus();
  });
}

void GraphCheck::CountMismatch(std::string_view what, std::uint64_t stored, std::uint64_t found) {
  if (stored != found) Fault(Cat("it is said to have ", stored, " ", what, ", and has ", found));
}

void GraphCheck::CheckCounters() {
  const GraphInfo& info = meta_.info;
  CountMismatch("nodes", info.node_count, nodes_);
  CountMismatch("links", info.link_count, links_);
  CountMismatch("regions", info.region_count, regions_.size());
  CountMismatch("lines", info.line_count, lines_);
  if (info.digest != digest_) {
    Fault(Cat("its digest is said to be ", DigestText(info.digest), ", and that of its records is ",
              DigestText(digest_)));
  }
  report_.info.digest = digest_;
}

}  // namespace lianjie::storage
