#include "clients/cli/input/importer.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "clients/cli/base/failure.h"
#include "clients/cli/base/interrupt.h"
#include "clients/cli/input/bad_rows.h"
#include "clients/cli/input/header_mapper.h"
#include "clients/cli/input/mapping.h"
#include "clients/cli/input/sender.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::cli {
namespace {

constexpr std::int64_t kMaxBadRows = 100000;
constexpr std::int64_t kRowsPerProgress = 8192;

absl::Status Located(std::string_view file, const absl::Status& status) {
  return BadDataError(FaultOf(file, status).ToString());
}

v1::ImportOptions OptionsOf(const ImportSettings& settings) {
  v1::ImportOptions options;
  options.set_graph(settings.graph);
  options.set_request_id(settings.request_id);
  options.set_on_existing(settings.update_existing ? v1::ON_EXISTING_UPDATE
                                                   : v1::ON_EXISTING_ERROR);
  options.set_collect_bad_rows(!settings.bad_rows_path.empty());
  options.set_max_bad_rows(kMaxBadRows);
  return options;
}

std::string LastPart(const std::string& field) { return field.substr(field.rfind('.') + 1); }

class Importer {
 public:
  Importer(grpc::ChannelInterface& channel, const ImportSettings& settings)
      : settings_(settings),
        cancel_([this] { context_.TryCancel(); }),
        sender_(channel, context_, OptionsOf(settings)) {
    for (const ImportInput& input : settings.inputs) total_bytes_ += RawFileSize(input.path);
  }

  absl::StatusOr<ImportOutcome> Run() {
    if (!settings_.bad_rows_path.empty()) {
      std::vector<std::string> files;
      for (const ImportInput& input : settings_.inputs) files.push_back(input.path);
      LIANJIE_ASSIGN_OR_RETURN(bad_rows_, BadRows::Open(settings_.bad_rows_path, files));
    }
    for (const ImportInput& input : settings_.inputs) {
      const absl::Status status = SendFile(input);
      if (server_ended_) break;
      if (!status.ok()) {
        context_.TryCancel();
        (void)sender_.Finish(false, {});
        return Interrupted() ? absl::CancelledError("interrupted") : status;
      }
    }
    absl::StatusOr<v1::ImportResponse> response = sender_.Finish(!server_ended_, [this] {
      if (settings_.waiting) settings_.waiting(sender_.row_count());
    });
    if (!response.ok()) return ServerError(response.status());
    return Conclude(*std::move(response));
  }

 private:
  absl::StatusOr<std::unique_ptr<CsvReader>> OpenReader(const std::string& path) const {
    absl::StatusOr<std::unique_ptr<ByteSource>> source = OpenByteSource(path, settings_.encoding);
    if (!source.ok()) {
      const std::string message = Cat(path, ": ", source.status().message());
      if (absl::IsNotFound(source.status())) return absl::NotFoundError(message);
      return absl::IsDataLoss(source.status())
                 ? BadDataError(Cat(path, ":1:1: ", source.status().message()))
                 : UsageError(message);
    }
    char delimiter = settings_.delimiter;
    if (settings_.mapping != nullptr && delimiter == 0)
      delimiter = MappedDelimiter(*settings_.mapping, path);
    return std::make_unique<CsvReader>(*std::move(source),
                                       delimiter != 0 ? delimiter : DelimiterOf(path));
  }

  absl::StatusOr<std::unique_ptr<RowMapper>> MakeMapper(const ImportInput& input,
                                                        const CsvRow& header) {
    if (settings_.mapping != nullptr) {
      LIANJIE_ASSIGN_OR_RETURN(std::unique_ptr<RowMapper> mapped,
                               MakeMappedRows(*settings_.mapping, input.path, header, seen_));
      if (mapped) return mapped;
    }
    if (input.kind) return MakeHeaderMapper(*input.kind, header);
    return UsageError(
        Cat("--input ", input.path, ": no [[input]] of the mapping file speaks of this file"));
  }

  absl::Status SendFile(const ImportInput& input) {
    LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<CsvReader> reader, OpenReader(input.path));
    const absl::StatusOr<bool> header = reader->Next();
    if (!header.ok()) return Located(input.path, header.status());
    if (!*header)
      return BadDataError(
          Cat(input.path, ":1:1: the file is empty: it must begin with a row of column names"));
    absl::StatusOr<std::unique_ptr<RowMapper>> made = MakeMapper(input, reader->row());
    if (!made.ok()) {
      return GetErrorDetail(made.status())->metadata.contains("line")
                 ? Located(input.path, made.status())
                 : made.status();
    }
    mappers_[input.path] = *std::move(made);
    sender_.BeginFile(input.path);
    LIANJIE_RETURN_IF_ERROR(SendRows(input.path, *reader, *mappers_[input.path]));
    done_bytes_ += reader->source().raw_bytes();
    return absl::OkStatus();
  }

  absl::Status SendRows(const std::string& path, CsvReader& reader, RowMapper& mapper) {
    MappedRecords records;
    for (std::int64_t count = 0;; ++count) {
      const absl::StatusOr<bool> next = reader.Next();
      if (next.ok() && !*next) break;
      records.clear();
      absl::Status status = next.status();
      if (!status.ok() && !absl::IsInvalidArgument(status)) return Located(path, status);
      if (status.ok()) status = mapper.Map(reader.row(), records);
      if (!status.ok()) LIANJIE_RETURN_IF_ERROR(PutAside(path, status, reader.row().text));
      LIANJIE_RETURN_IF_ERROR(SendRecords(path, mapper, reader.row().text, records));
      if (server_ended_) return absl::OkStatus();
      if (settings_.progress && count % kRowsPerProgress == 0) {
        settings_.progress(done_bytes_ + reader.source().raw_bytes(), total_bytes_,
                           sender_.row_count());
      }
    }
    records.clear();
    const absl::Status status = mapper.Finish(records);
    if (!status.ok()) return Located(path, status);
    return SendRecords(path, mapper, {}, records);
  }

  // Sends the good ones; bad ones are put aside, or end the load.
  absl::Status SendRecords(const std::string& path, const RowMapper& mapper, std::string_view text,
                           const MappedRecords& records) {
    for (const MappedRecord& mapped : records) {
      absl::Status status = CheckRecord(mapper, mapped);
      if (status.ok()) status = sender_.Add(mapped);
      if (!status.ok()) LIANJIE_RETURN_IF_ERROR(PutAside(path, status, text));
    }
    server_ended_ = sender_.ended();
    return absl::OkStatus();
  }

  absl::Status PutAside(const std::string& path, const absl::Status& status,
                        std::string_view text) {
    if (!bad_rows_) return Located(path, status);
    if (bad_rows_->count() >= kMaxBadRows)
      return BadDataError(Cat(path, ": more than ", kMaxBadRows, " bad rows: nothing is imported"));
    return bad_rows_->Add(FaultOf(path, status), text);
  }

  // The column of the field at fault, through the mapper of its file.
  std::int64_t ColumnOf(const std::string& origin, const std::string& field) const {
    const auto at = mappers_.find(origin);
    if (at == mappers_.end()) return 1;
    for (const RecordKind kind :
         {RecordKind::kNode, RecordKind::kLink, RecordKind::kRegion, RecordKind::kLine}) {
      const std::int64_t column = at->second->ColumnOf(kind, field);
      if (column > 1) return column;
    }
    return 1;
  }

  // An error of the server's about a row, said as one about the file.
  absl::Status ServerError(const absl::Status& status) const {
    if (Interrupted()) return absl::CancelledError("interrupted");
    std::optional<ErrorDetail> detail = GetErrorDetail(status);
    if (!detail || !detail->metadata.contains("origin")) {
      return detail && detail->reason == Reason::kLimitExceeded
                 ? BadDataError(FromAbsl(status.message()))
                 : status;
    }
    const std::string& origin = detail->metadata.at("origin");
    RowFault fault = FaultOf(origin, status);
    fault.field = LastPart(fault.field);
    fault.column = ColumnOf(origin, fault.field);
    return BadDataError(fault.ToString());
  }

  absl::StatusOr<ImportOutcome> Conclude(v1::ImportResponse response) {
    ImportOutcome out;
    if (bad_rows_) {
      LIANJIE_RETURN_IF_ERROR(AddServerRows(response));
      out.bad_rows_listed = bad_rows_->count();
      out.bad_rows = bad_rows_->count() + response.rejected_count() - response.row_errors_size();
      LIANJIE_RETURN_IF_ERROR(bad_rows_->Close());
    }
    out.response = std::move(response);
    return out;
  }

  // The server knows rows by their lines; their texts are read from the files again.
  absl::Status AddServerRows(const v1::ImportResponse& response) {
    std::map<std::string, std::multimap<std::int64_t, RowFault>> by_file;
    for (const v1::RowError& error : response.row_errors()) {
      const std::string field = LastPart(error.field());
      by_file[error.origin()].emplace(error.line(),
                                      RowFault{.file = error.origin(),
                                               .line = error.line(),
                                               .column = ColumnOf(error.origin(), field),
                                               .field = field,
                                               .reason = error.reason(),
                                               .message = error.message()});
    }
    for (auto& [file, faults] : by_file) {
      auto next = faults.begin();
      if (RawFileSize(file) > 0) {
        LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<CsvReader> reader, OpenReader(file));
        while (next != faults.end()) {
          const absl::StatusOr<bool> row = reader->Next();
          if (!row.ok() && !absl::IsInvalidArgument(row.status())) break;
          if (row.ok() && !*row) break;
          for (; next != faults.end() && next->first <= reader->row().line; ++next) {
            const bool found = next->first == reader->row().line;
            LIANJIE_RETURN_IF_ERROR(
                bad_rows_->Add(next->second, found ? reader->row().text : std::string_view()));
          }
        }
      }
      for (; next != faults.end(); ++next)
        LIANJIE_RETURN_IF_ERROR(bad_rows_->Add(next->second, {}));
    }
    return absl::OkStatus();
  }

  const ImportSettings& settings_;
  grpc::ClientContext context_;
  const OnInterrupt cancel_;
  ImportSender sender_;
  std::unique_ptr<BadRows> bad_rows_;
  std::map<std::string, std::unique_ptr<RowMapper>> mappers_;
  SeenKeys seen_;
  std::uint64_t total_bytes_ = 0;
  std::uint64_t done_bytes_ = 0;
  bool server_ended_ = false;
};

}  // namespace

absl::StatusOr<ImportOutcome> RunImport(grpc::ChannelInterface& channel,
                                        const ImportSettings& settings) {
  return Importer(channel, settings).Run();
}

}  // namespace lianjie::cli
