#include "tests/storage/checker.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "engine/core/rules.h"
#include "engine/core/text.h"
#include "storage/codec.h"
#include "storage/graph_digest.h"
#include "storage/keys.h"

namespace lianjie::storage {
namespace {

using Entries = std::map<std::string, std::string>;  // what follows the tag -> value

// The bytes that docs/storage-format.md names, put together here a second time.
std::string Length(std::size_t size) {
  return {static_cast<char>(size >> 24), static_cast<char>(size >> 16),
          static_cast<char>(size >> 8), static_cast<char>(size)};
}
std::string Sized(const std::string& text) { return Length(text.size()) + text; }

class GraphChecker {
 public:
  GraphChecker(GraphNumber graph, std::map<int, Entries> tags, std::vector<std::string>& problems)
      : graph_(graph), tags_(std::move(tags)), problems_(problems) {}

  void Check() {
    CheckNodes();
    CheckLinks();
    CheckRegions();
    CheckShares();
    CheckChanges();
    CheckMeta();
    CheckRevisions();
  }

 private:
  const Entries& Of(Tag tag) { return tags_[static_cast<int>(tag)]; }
  void Problem(const std::string& what) { problems_.push_back(Cat("graph ", graph_, ": ", what)); }
  std::string Tail(const std::string& key) { return std::string(AfterTag(key)); }

  void CheckNodes() {
    for (const auto& [key, value] : Of(Tag::kNode)) {
      NodeRecord node;
      const auto number = ParseNodeKey(Cat("12345", key));
      if (!number || !DecodeNode(value, node).ok()) return Problem("a node cannot be read");
      if (const auto status = Validate(node); !status.ok())
        Problem(Cat("node ", node.id, ": ", status.message()));
      const auto index = Of(Tag::kNodeId).find(EncodeId(node.id));
      if (index == Of(Tag::kNodeId).end() ||
          index->second != EncodeNodePlace({*number, node.kind})) {
        Problem(Cat("node ", node.id, " is not where its id says"));
      }
      ++use_[node.region].first;
      digest_ += BytesHash("\1" + value);
      last_node_ = std::max(last_node_, *number + 1);
      nodes_.emplace(*number, std::move(node));
    }
    if (Of(Tag::kNodeId).size() != nodes_.size())
      Problem("ids of nodes and nodes differ in number");
  }

  void CheckLinks() {
    for (const auto& [key, value] : Of(Tag::kOutLink)) {
      const auto place = DecodePlace(key);
      LinkRecord link;
      if (!place || !DecodeLink(value, place->mechanism, link).ok())
        return Problem("a link cannot be read");
      const auto source = nodes_.find(place->source);
      const auto target = nodes_.find(place->target);
      if (source == nodes_.end() || target == nodes_.end()) {
        Problem(Cat("link ", link.id, " has an end that is not there"));
        continue;
      }
      link.source = source->second.id;
      link.target = target->second.id;
      if (const auto status = Validate(link); !status.ok())
        Problem(Cat("link ", link.id, ": ", status.message()));
      digest_ += BytesHash("\2" + Sized(link.source) + Sized(link.target) +
                           static_cast<char>(link.mechanism) + value);
      if (!IsAllowed(link.mechanism, source->second.kind, target->second.kind)) {
        Problem(Cat("link ", link.id, " breaks the type table"));
      }
      const auto index = Of(Tag::kLinkId).find(EncodeId(link.id));
      if (index == Of(Tag::kLinkId).end() || index->second != EncodePlace(*place)) {
        Problem(Cat("link ", link.id, " is not where its id says"));
      }
      if (!Of(Tag::kInLink).contains(Tail(InLinkKey(graph_, *place)))) {
        Problem(Cat("link ", link.id, " has no mirror"));
      }
      if (!numbers_.insert(place->link).second) Problem("two links have one number");
      last_link_ = std::max(last_link_, place->link + 1);
      links_of_[place->source].push_back(link);
    }
    const std::size_t links = Of(Tag::kOutLink).size();
    if (Of(Tag::kInLink).size() != links) Problem("in-links and out-links differ in number");
    if (Of(Tag::kLinkId).size() != links) Problem("ids of links and links differ in number");
  }

  void CheckRegions() {
    std::set<std::string> children;
    std::map<std::string, RegionRecord> regions;
    for (const auto& [code, value] : Of(Tag::kRegion)) {
      digest_ += BytesHash("\3" + Sized(code) + value);
      if (!DecodeRegion(code, value, regions[code]).ok()) return Problem("a region cannot be read");
    }
    for (const auto& [code, region] : regions) {
      if (region.parent.empty()) continue;
      children.insert(Tail(RegionChildKey(graph_, region.parent, code)));
      const auto parent = regions.find(region.parent);
      if (parent == regions.end() || parent->second.level >= region.level) {
        Problem(Cat("region ", code, " hangs wrongly"));
      }
    }
    for (const auto& [key, value] : Of(Tag::kRegionChild)) {
      if (children.erase(key) == 0) Problem("a region has a child too many");
    }
    if (!children.empty()) Problem("a region misses a child");
    for (const auto& [key, value] : Of(Tag::kLine)) {
      const auto name = ParseLineKey(Cat("12345", key));
      if (!name) return Problem("a line cannot be read");
      ++use_[name->region].second;
      std::string year;
      for (int shift = 56; shift >= 0; shift -= 8) {
        year += static_cast<char>(static_cast<std::uint64_t>(name->year) >> shift);
      }
      digest_ += BytesHash("\4" + Sized(name->region) + year + value);
    }
    use_.erase("");
    for (const auto& [code, counts] : use_) {
      if (!regions.empty() && !regions.contains(code)) Problem(Cat("region ", code, " is unknown"));
    }
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> stored;
    for (const auto& [code, value] : Of(Tag::kRegionUse)) {
      const auto use = DecodeRegionUse(value);
      if (use.ok()) stored[code] = {use->nodes, use->lines};
    }
    if (stored != use_) Problem("the use of regions is miscounted");
  }

  // At every day on which a claim begins, all claims that are active then.
  void CheckShares() {
    for (const auto& [number, links] : links_of_) {
      std::set<Date> days{kDateMin};
      for (const LinkRecord& link : links) days.insert(link.valid.from);
      for (const Date day : days) {
        double sum = nodes_.at(number).leak_share.value_or(0);
        for (const LinkRecord& link : links) {
          const bool counts = link.share_of == ShareOf::kReceipts &&
                              link.status == LinkStatus::kActive && link.valid.Contains(day);
          if (counts) sum += link.share.value_or(0);
        }
        if (sum > 1 + 1e-9) Problem(Cat("payer ", nodes_.at(number).id, " gives ", sum));
      }
    }
  }

  void CheckChanges() {
    std::map<std::int64_t, std::uint32_t> next;
    for (const auto& [key, value] : Of(Tag::kChange)) {
      const auto name = ParseChangeKey(Cat("12345", key));
      Change change;
      if (!name || !DecodeChange(value, change).ok()) return Problem("a change cannot be read");
      if (name->sequence != next[name->revision]++) Problem("the change feed has a gap");
      last_change_ = std::max(last_change_, name->revision);
    }
  }

  // The feed is whole after the cut: each revision is there, with all its changes and its request
  // id. What lies before the cut is on its way out.
  void CheckRevisions() {
    const auto meta = DecodeMeta(Of(Tag::kMeta).begin()->second);
    if (!meta.ok()) return Problem("the meta cannot be read");
    const GraphInfo& info = meta->info;
    if (info.changes_after > info.oldest_revision || info.oldest_revision > info.revision) {
      Problem("oldest revisions are out of order");
    }
    std::map<std::int64_t, std::uint32_t> changes;
    for (const auto& [key, value] : Of(Tag::kChange)) {
      ++changes[ParseChangeKey(Cat("12345", key))->revision];
    }
    std::map<std::string, std::int64_t> requests;
    for (std::int64_t revision = info.changes_after; revision <= info.revision; ++revision) {
      const bool needed = revision > info.changes_after || revision == info.oldest_revision;
      const auto found = Of(Tag::kRevision).find(Tail(RevisionKey(graph_, revision)));
      if (found == Of(Tag::kRevision).end()) {
        if (needed) Problem(Cat("revision ", revision, " is missing"));
        continue;
      }
      const auto record = DecodeRevision(found->second);
      if (!record.ok()) return Problem("a revision cannot be read");
      if (!record->request_id.empty()) requests[record->request_id] = revision;
      if (revision > info.changes_after && record->change_count != changes[revision]) {
        Problem(Cat("revision ", revision, " has ", changes[revision], " changes, not ",
                    record->change_count));
      }
    }
    for (const auto& [id, revision] : requests) {
      const auto found = Of(Tag::kRequest).find(id);
      const auto request = found == Of(Tag::kRequest).end()
                               ? absl::StatusOr<RequestRecord>(absl::NotFoundError("none"))
                               : DecodeRequest(found->second);
      if (!request.ok() || request->revision != revision) {
        Problem(Cat("request id ", id, " is not kept with revision ", revision));
      }
    }
  }

  void CheckMeta() {
    if (Of(Tag::kMeta).size() != 1) return Problem("there is not one meta");
    const auto meta = DecodeMeta(Of(Tag::kMeta).begin()->second);
    if (!meta.ok()) return Problem("the meta cannot be read");
    if (meta->info.node_count != nodes_.size()) Problem("nodes are miscounted");
    if (meta->info.link_count != Of(Tag::kOutLink).size()) Problem("links are miscounted");
    if (meta->info.region_count != Of(Tag::kRegion).size()) Problem("regions are miscounted");
    if (meta->info.line_count != Of(Tag::kLine).size()) Problem("lines are miscounted");
    if (meta->info.digest != digest_) Problem("the digest is not that of the records");
    if (meta->next_node < last_node_ || meta->next_link < last_link_) Problem("numbers run back");
    for (const auto& [key, value] : Of(Tag::kRevision)) {
      last_change_ = std::max(last_change_, *ParseRevisionKey(Cat("12345", key)));
    }
    if (meta->info.revision < last_change_) Problem("a change is newer than the graph");
  }

  GraphNumber graph_;
  std::map<int, Entries> tags_;
  std::vector<std::string>& problems_;
  std::map<Number, NodeRecord> nodes_;
  std::map<Number, std::vector<LinkRecord>> links_of_;
  std::set<Number> numbers_;
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> use_;
  absl::uint128 digest_ = 0;
  Number last_node_ = 0;
  Number last_link_ = 0;
  std::int64_t last_change_ = 0;
};

}  // namespace

std::vector<std::string> CheckMap(const KeyValueReader& kv) {
  std::vector<std::string> problems;
  std::map<GraphNumber, std::map<int, Entries>> graphs;
  std::string last;
  const auto it = kv.NewIterator({}, {});
  for (; it->Valid(); it->Next()) {
    const std::string key(it->key());
    if (key.size() < 5 || key <= last) problems.emplace_back("a key is too short or out of order");
    last = key;
    graphs[GraphOfKey(key)][static_cast<unsigned char>(key[4])][std::string(AfterTag(key))] =
        std::string(it->value());
  }
  if (!it->status().ok()) problems.push_back(it->status().ToString());
  std::set<GraphNumber> known;
  for (const auto& [name, value] : graphs[0][static_cast<int>(Tag::kGraphName)]) {
    known.insert(DecodeGraphName(value).value());
  }
  for (const auto& [key, value] : graphs[0][static_cast<int>(Tag::kDropped)]) {
    graphs.erase(GraphOfKey(key));
  }
  graphs.erase(0);
  for (auto& [graph, tags] : graphs) {
    if (known.erase(graph) == 0) {
      problems.push_back(Cat("graph ", graph, " has keys but no name"));
    } else {
      GraphChecker(graph, std::move(tags), problems).Check();
    }
  }
  if (!known.empty()) problems.emplace_back("a named graph has no keys");
  return problems;
}

}  // namespace lianjie::storage
