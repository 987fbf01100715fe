// `lianjie backup create|list|verify|restore|delete`. Only `create` opens a store: what a backup is
// needed for is a store that no longer opens.
#include <map>
#include <memory>
#include <string>

#include "CLI/App.hpp"
#include "clients/cli/base/failure.h"
#include "clients/cli/connection.h"
#include "clients/cli/output/cells.h"
#include "clients/cli/output/json_text.h"
#include "clients/cli/output/output_file.h"
#include "clients/cli/output/text_table.h"
#include "clients/cli/output/verification_text.h"
#include "clients/cli/session.h"
#include "clients/cli/work_stream.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "google/protobuf/util/time_util.h"

namespace lianjie::cli {
namespace {

struct BackupFlags {
  std::string id, folder, into, format = "table";
};

absl::Status CheckFolder(const Settings& settings, const BackupFlags& flags) {
  if (!flags.folder.empty() || !settings.server.empty()) return absl::OkStatus();
  return UsageError("where are the backups: give --folder FOLDER");
}

absl::Status CheckId(const BackupFlags& flags) {
  if (!flags.id.empty()) return absl::OkStatus();
  return UsageError("which backup: give its id, as `lianjie backup list` shows it");
}

std::string Text(const v1::ListBackupsResponse& list) {
  TextTable table;
  table.AddColumn("backup");
  table.AddColumn("made");
  table.AddColumn("bytes", Align::kRight);
  table.AddColumn("graph");
  table.AddColumn("revision", Align::kRight);
  table.AddColumn("digest");
  for (const v1::Backup& backup : list.backups()) {
    std::string id = backup.id();
    std::string made = google::protobuf::util::TimeUtil::ToString(backup.create_time());
    std::string bytes = Cat(backup.size_bytes());
    const std::map<std::string, std::int64_t> revisions(backup.revisions().begin(),
                                                        backup.revisions().end());
    if (revisions.empty()) table.AddRow({id, made, bytes, "", "", ""});
    for (const auto& [graph, revision] : revisions) {
      const auto digest = backup.digests().find(graph);
      table.AddRow({id, made, bytes, graph, Cat(revision),
                    digest == backup.digests().end() ? "" : digest->second});
      id.clear();
      made.clear();
      bytes.clear();
    }
  }
  std::string text = list.backups().empty() ? "no backups\n" : table.ToString();
  for (const std::string& id : list.damaged()) {
    text += Cat("backup ", id, " is damaged: its BACKUP file cannot be read\n");
  }
  return text;
}

absl::Status Print(const v1::Backup& backup, std::string_view what, const BackupFlags& flags) {
  LIANJIE_ASSIGN_OR_RETURN(const Format format, ParseTableOrJson("backup", flags.format));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out, OutputFile::Open(""));
  if (format == Format::kTable) {
    v1::ListBackupsResponse list;
    *list.add_backups() = backup;
    return out->Write(Cat(Text(list), "\n", what, "\n"));
  }
  JsonText json(out->Sink());
  json.Message(backup);
  return json.Finish();
}

absl::Status CreateBackup(const Settings& settings, const BackupFlags& flags) {
  LIANJIE_RETURN_IF_ERROR(CheckFolder(settings, flags));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                           Connection::Open(settings, /*may_create=*/false));
  v1::CreateBackupRequest request;
  request.set_folder(flags.folder);
  LIANJIE_ASSIGN_OR_RETURN(
      const v1::CreateBackupResponse response,
      CallForResult(connection->admin(), &v1::AdminService::Stub::CreateBackup, request));
  return Print(response.backup(), "backed up and verified", flags);
}

absl::Status ListBackups(const Settings& settings, const BackupFlags& flags) {
  LIANJIE_RETURN_IF_ERROR(CheckFolder(settings, flags));
  LIANJIE_ASSIGN_OR_RETURN(const Format format, ParseTableOrJson("backup", flags.format));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                           Connection::OpenWithoutStore(settings));
  v1::ListBackupsResponse all;
  v1::ListBackupsRequest request;
  request.set_folder(flags.folder);
  do {
    LIANJIE_ASSIGN_OR_RETURN(
        const v1::ListBackupsResponse page,
        Call(connection->admin(), &v1::AdminService::Stub::ListBackups, request));
    all.MergeFrom(page);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  all.clear_next_page_token();
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out, OutputFile::Open(""));
  if (format == Format::kTable) return out->Write(Text(all));
  JsonText json(out->Sink());
  json.Message(all);
  return json.Finish();
}

absl::Status VerifyBackup(const Settings& settings, const BackupFlags& flags) {
  LIANJIE_RETURN_IF_ERROR(CheckId(flags));
  LIANJIE_RETURN_IF_ERROR(CheckFolder(settings, flags));
  LIANJIE_ASSIGN_OR_RETURN(const Format format, ParseTableOrJson("backup", flags.format));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                           Connection::OpenWithoutStore(settings));
  v1::VerifyRequest request;
  request.set_folder(flags.folder);
  request.set_backup(flags.id);
  LIANJIE_ASSIGN_OR_RETURN(
      const v1::VerifyResponse response,
      CallForResult(connection->admin(), &v1::AdminService::Stub::Verify, request));
  return PrintVerification(response.verification(), format, Cat("backup ", flags.id),
                           "make another, and trust an older one that is good");
}

absl::Status RestoreBackup(const Settings& settings, const BackupFlags& flags) {
  LIANJIE_RETURN_IF_ERROR(CheckId(flags));
  LIANJIE_RETURN_IF_ERROR(CheckFolder(settings, flags));
  v1::RestoreBackupRequest request;
  request.set_folder(flags.folder);
  request.set_id(flags.id);
  request.set_target_folder(flags.into.empty() && settings.server.empty() ? settings.data
                                                                          : flags.into);
  if (request.target_folder().empty()) {
    return UsageError("into which folder: give --into DIR, a new one");
  }
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                           Connection::OpenWithoutStore(settings));
  LIANJIE_ASSIGN_OR_RETURN(
      const v1::RestoreBackupResponse response,
      CallForResult(connection->admin(), &v1::AdminService::Stub::RestoreBackup, request));
  return Print(response.backup(), Cat("restored into ", request.target_folder(), " and verified"),
               flags);
}

absl::Status DeleteBackup(const Settings& settings, const BackupFlags& flags) {
  LIANJIE_RETURN_IF_ERROR(CheckId(flags));
  LIANJIE_RETURN_IF_ERROR(CheckFolder(settings, flags));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                           Connection::OpenWithoutStore(settings));
  v1::DeleteBackupRequest request;
  request.set_folder(flags.folder);
  request.set_id(flags.id);
  LIANJIE_RETURN_IF_ERROR(
      Call(connection->admin(), &v1::AdminService::Stub::DeleteBackup, request).status());
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out, OutputFile::Open(""));
  return out->Write(Cat("deleted ", flags.id, "\n"));
}

void Add(CLI::App& backup, Session& session, const std::string& name, const char* help,
         absl::Status (*action)(const Settings&, const BackupFlags&)) {
  CLI::App* one = backup.add_subcommand(name, help);
  one->fallthrough();
  auto flags = std::make_shared<BackupFlags>();
  if (name != "create" && name != "list") {
    one->add_option("id", flags->id, "Id of the backup")->type_name("ID");
  }
  one->add_option("--folder,--to", flags->folder,
                  "Folder of the backups; with --server one of the server's, default: its own")
      ->type_name("FOLDER");
  if (name == "restore") {
    one->add_option("--into", flags->into,
                    "Folder for the restored store, a new one; default: "
                    "that of --data")
        ->type_name("DIR");
  }
  if (name != "delete") {
    one->add_option("--format", flags->format, "table or json; default: table")
        ->type_name("FORMAT");
  }
  one->callback([&session, flags, action] {
    session.action = [flags, action](const Settings& settings) -> absl::Status {
      LIANJIE_RETURN_IF_ERROR(ParseTableOrJson("backup", flags->format).status());
      return action(settings, *flags);
    };
  });
}

}  // namespace

void AddBackup(CLI::App& app, Session& session) {
  CLI::App* backup = app.add_subcommand("backup", "Make, list, verify and restore backups");
  backup->footer(
      "A backup is a whole copy of the store at one moment; a server's is made while it is written "
      "to.\nExamples:\n"
      "  lianjie backup create --data county.data --to /backups/county\n"
      "  lianjie backup create --server HOST:7443 --to /backups/county   (a folder of the server)\n"
      "  lianjie backup list --folder /backups/county\n"
      "  lianjie backup verify 20260101T120000Z --folder /backups/county\n"
      "  lianjie backup restore 20260101T120000Z --folder /backups/county --into county.restored");
  backup->fallthrough();
  backup->require_subcommand(1);
  Add(*backup, session, "create", "Copy the store and verify the copy", &CreateBackup);
  Add(*backup, session, "list", "List the backups in a folder, the newest first", &ListBackups);
  Add(*backup, session, "verify", "Read all of a backup and say what in it does not agree",
      &VerifyBackup);
  Add(*backup, session, "restore", "Make a store of a backup, in a new folder", &RestoreBackup);
  Add(*backup, session, "delete", "Delete a backup", &DeleteBackup);
}

}  // namespace lianjie::cli
