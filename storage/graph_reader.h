// The Reader of store.h over any map.
#ifndef LIANJIE_STORAGE_GRAPH_READER_H_
#define LIANJIE_STORAGE_GRAPH_READER_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "storage/codec.h"
#include "storage/graph_data.h"
#include "storage/key_value.h"
#include "storage/store.h"

namespace lianjie::storage {

class GraphReader : public Reader, public std::enable_shared_from_this<GraphReader> {
 public:
  // GRAPH_NOT_FOUND. `secret` seals page tokens.
  static absl::StatusOr<std::shared_ptr<const Reader>> Open(
      std::shared_ptr<const KeyValueReader> kv, std::string_view graph, std::uint64_t secret);
  static absl::StatusOr<std::shared_ptr<const Reader>> Open(
      std::shared_ptr<const KeyValueReader> kv, GraphNumber graph, std::string_view name,
      std::uint64_t secret);

  GraphReader(std::shared_ptr<const KeyValueReader> kv, GraphNumber graph, GraphMeta meta,
              std::uint64_t secret);

  const GraphInfo& info() const override { return meta_.info; }
  absl::StatusOr<NodeRecord> GetNode(std::string_view id) const override;
  absl::StatusOr<LinkRecord> GetLink(std::string_view id) const override;
  absl::StatusOr<RegionRecord> GetRegion(std::string_view code) const override;
  absl::StatusOr<std::unique_ptr<Cursor<NodeRecord>>> ScanNodes(
      std::string_view token) const override;
  absl::StatusOr<std::unique_ptr<Cursor<LinkRecord>>> ScanLinks(
      std::string_view token) const override;
  absl::StatusOr<std::unique_ptr<Cursor<LinkRecord>>> ScanOutLinks(
      std::string_view node, std::string_view token) const override;
  absl::StatusOr<std::unique_ptr<Cursor<LinkRecord>>> ScanInLinks(
      std::string_view node, std::string_view token) const override;
  absl::StatusOr<std::unique_ptr<Cursor<RegionRecord>>> ScanRegions(
      std::string_view token) const override;
  absl::StatusOr<std::unique_ptr<Cursor<LineRecord>>> ScanLines(
      std::string_view token) const override;
  std::unique_ptr<BulkScan> StartBulkScan(std::size_t most_parts) const override;
  absl::StatusOr<std::unique_ptr<Cursor<Change>>> ScanChanges(
      std::int64_t after_revision) const override;
  std::uint64_t memory_bytes() const override { return kv_->memory_bytes(); }

 private:
  template <typename Record, typename Decode>
  absl::StatusOr<std::unique_ptr<Cursor<Record>>> Scan(const std::string& prefix,
                                                       std::string_view token, Decode decode) const;

  std::shared_ptr<const KeyValueReader> kv_;
  GraphData data_;
  GraphMeta meta_;
  std::uint64_t secret_;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_GRAPH_READER_H_
