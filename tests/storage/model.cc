#include "tests/storage/model.h"

#include <set>

#include "engine/core/fields.h"
#include "engine/core/rules.h"

namespace lianjie::storage {
namespace {

std::optional<Reason> ReasonOf(const absl::Status& status) {
  if (status.ok()) return std::nullopt;
  return GetErrorDetail(status).value().reason;
}

}  // namespace

Contents Model::All() const {
  Contents all;
  for (const auto& [id, node] : nodes) all.nodes.push_back(node);
  for (const auto& [id, link] : links) all.links.push_back(link);
  for (const auto& [code, region] : regions) all.regions.push_back(region);
  for (const auto& [key, line] : lines) all.lines.push_back(line);
  return all;
}

bool Model::KnowsRegion(const std::string& code) const {
  return code.empty() || regions.empty() || regions.contains(code);
}

bool Model::SharesHold(const std::string& payer) const {
  std::set<Date> days{kDateMin};
  for (const auto& [id, link] : links) days.insert(link.valid.from);
  for (const Date day : days) {
    double sum = nodes.at(payer).leak_share.value_or(0);
    for (const auto& [id, link] : links) {
      if (link.source == payer && link.share_of == ShareOf::kReceipts &&
          link.status == LinkStatus::kActive && link.valid.Contains(day)) {
        sum += link.share.value_or(0);
      }
    }
    if (sum > 1 + 1e-9) return false;
  }
  return true;
}

std::optional<ModelError> Model::Commit(const std::vector<Write>& writes) {
  Model after = *this;
  // The first row after which a payer's shares no longer held, by payer and birth.
  std::map<std::pair<std::string, int>, std::int64_t> broken;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    const Refusal refusal = std::visit([&](const auto& w) { return after.Apply(w); }, writes[i]);
    if (refusal.has_value()) return ModelError{*refusal, row};
    for (const auto& [id, node] : after.nodes) {
      if (!after.SharesHold(id)) broken.try_emplace({id, after.births_[id]}, row);
    }
  }
  std::optional<std::int64_t> first;
  for (const auto& [payer, row] : broken) {
    const auto& [id, birth] = payer;
    if (!after.nodes.contains(id) || after.births_[id] != birth || after.SharesHold(id)) continue;
    if (!first.has_value() || row < *first) first = row;
  }
  if (first.has_value()) return ModelError{Reason::kSharesExceedOne, *first};
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (!std::holds_alternative<RegionWrite>(writes[i])) continue;
    bool known = true;
    for (const auto& [id, node] : after.nodes) known = known && after.KnowsRegion(node.region);
    for (const auto& [key, line] : after.lines) known = known && after.KnowsRegion(line.region);
    if (!known) return ModelError{Reason::kRegionNotFound, static_cast<std::int64_t>(i)};
    break;
  }
  *this = std::move(after);
  return std::nullopt;
}

Model::Refusal Model::Apply(const NodeWrite& write) {
  const std::string& id = write.node.id;
  const bool stored = nodes.contains(id);
  if (write.kind == WriteKind::kCreate && stored) return Reason::kNodeExists;
  if (write.kind == WriteKind::kDelete || write.kind == WriteKind::kUpdate) {
    if (!stored) return Reason::kNodeNotFound;
  }
  if (write.kind == WriteKind::kDelete) {
    const auto touches = [&](const auto& entry) {
      return entry.second.source == id || entry.second.target == id;
    };
    const bool linked = std::any_of(links.begin(), links.end(), touches);
    if (linked && !write.cascade) return Reason::kNodeHasLinks;
    std::erase_if(links, touches);
    nodes.erase(id);
    return std::nullopt;
  }
  NodeRecord node = write.node;
  if (!write.mask.empty()) {
    node = nodes.at(id);
    for (const std::string& field : write.mask) {
      FindField<NodeRecord>(field)->copy(node, write.node);
    }
  }
  Normalize(node);
  if (const Refusal refusal = ReasonOf(Validate(node))) return refusal;
  if ((!stored || nodes.at(id).region != node.region) && !KnowsRegion(node.region)) {
    return Reason::kRegionNotFound;
  }
  if (!stored) ++births_[id];
  nodes[id] = node;
  for (const auto& [link_id, link] : links) {
    if ((link.source == id || link.target == id) && CheckLink(link)) {
      return Reason::kMechanismNotAllowed;
    }
  }
  return std::nullopt;
}

Model::Refusal Model::CheckLink(const LinkRecord& link) const {
  if (!nodes.contains(link.source) || !nodes.contains(link.target)) return Reason::kNodeNotFound;
  return ReasonOf(ValidateEnds(link, nodes.at(link.source).kind, nodes.at(link.target).kind));
}

Model::Refusal Model::Apply(const LinkWrite& write) {
  LinkRecord link = write.link;
  const bool stored = links.contains(link.id);
  if (write.kind == WriteKind::kDelete) {
    if (!stored) return Reason::kLinkNotFound;
    links.erase(link.id);
    return std::nullopt;
  }
  if (write.kind == WriteKind::kUpdate) {
    if (!stored) return Reason::kLinkNotFound;
    const LinkRecord& old = links.at(link.id);
    if (!link.source.empty() && link.source != old.source) return Reason::kInvalidField;
    if (!link.target.empty() && link.target != old.target) return Reason::kInvalidField;
    link.source = old.source;
    link.target = old.target;
    if (!write.mask.empty()) {
      link = old;
      for (const std::string& field : write.mask) {
        FindField<LinkRecord>(field)->copy(link, write.link);
        if (field == "mechanism") link.kind = LinkKind::kUnspecified;
      }
      if (!link.share.has_value()) link.share_of = ShareOf::kUnspecified;
    }
  }
  Normalize(link);
  if (const Refusal refusal = ReasonOf(Validate(link))) return refusal;
  if (write.kind == WriteKind::kCreate && stored) return Reason::kLinkExists;
  if (const Refusal refusal = CheckLink(link)) return refusal;
  links[link.id] = link;
  return std::nullopt;
}

Model::Refusal Model::Apply(const RegionWrite& write) {
  const RegionRecord& region = write.region;
  const bool stored = regions.contains(region.code);
  if (write.kind == WriteKind::kCreate && stored) return Reason::kDuplicateId;
  if (write.kind == WriteKind::kUpdate && !stored) return Reason::kRegionNotFound;
  if (write.kind == WriteKind::kDelete) {
    if (!stored) return Reason::kRegionNotFound;
    for (const auto& [id, node] : nodes) {
      if (node.region == region.code) return Reason::kRegionTreeInvalid;
    }
    for (const auto& [key, line] : lines) {
      if (line.region == region.code) return Reason::kRegionTreeInvalid;
    }
    for (const auto& [code, other] : regions) {
      if (other.parent == region.code) return Reason::kRegionTreeInvalid;
    }
    regions.erase(region.code);
    return std::nullopt;
  }
  if (const Refusal refusal = ReasonOf(Validate(region))) return refusal;
  if (!region.parent.empty()) {
    if (!regions.contains(region.parent)) return Reason::kRegionTreeInvalid;
    if (regions.at(region.parent).level >= region.level) return Reason::kRegionTreeInvalid;
  }
  for (const auto& [code, other] : regions) {
    if (other.parent == region.code && other.level <= region.level) {
      return Reason::kRegionTreeInvalid;
    }
  }
  regions[region.code] = region;
  return std::nullopt;
}

Model::Refusal Model::Apply(const LineWrite& write) {
  const auto key = std::pair(write.line.region, write.line.year);
  const bool stored = lines.contains(key);
  if (write.kind == WriteKind::kCreate && stored) return Reason::kDuplicateId;
  if ((write.kind == WriteKind::kUpdate || write.kind == WriteKind::kDelete) && !stored) {
    return Reason::kInvalidField;
  }
  if (write.kind == WriteKind::kDelete) {
    lines.erase(key);
    return std::nullopt;
  }
  if (!KnowsRegion(write.line.region)) return Reason::kRegionNotFound;
  lines[key] = write.line;
  return std::nullopt;
}

void Model::Replay(const Change& change) {
  struct Remove {
    Model& model;
    void operator()(std::monostate) const {}
    void operator()(const NodeRecord& node) const { model.nodes.erase(node.id); }
    void operator()(const LinkRecord& link) const { model.links.erase(link.id); }
    void operator()(const RegionRecord& region) const { model.regions.erase(region.code); }
    void operator()(const LineRecord& line) const { model.lines.erase({line.region, line.year}); }
  };
  struct Add {
    Model& model;
    void operator()(std::monostate) const {}
    void operator()(const NodeRecord& node) const { model.nodes[node.id] = node; }
    void operator()(const LinkRecord& link) const { model.links[link.id] = link; }
    void operator()(const RegionRecord& region) const { model.regions[region.code] = region; }
    void operator()(const LineRecord& line) const { model.lines[{line.region, line.year}] = line; }
  };
  std::visit(Remove{*this}, change.before);
  std::visit(Add{*this}, change.after);
}

}  // namespace lianjie::storage
