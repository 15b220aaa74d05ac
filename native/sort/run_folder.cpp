#include "run_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <string_view>

#include "file.h"

namespace octoload::sort {
namespace {

constexpr size_t kDigits = 10;
constexpr std::string_view kPrefix = "run-";

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { closedir(folder); }
};

bool parse_number(std::string_view text, uint32_t* number) {
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && parsed == end;
}

// Whether `text` is run-FIRST-LAST followed by `ending`.
bool parse_name(std::string_view text, std::string_view ending, RunName* name) {
  if (text.size() != kPrefix.size() + 2 * kDigits + 1 + ending.size()) return false;
  if (!text.starts_with(kPrefix) || !text.ends_with(ending)) return false;
  text.remove_prefix(kPrefix.size());
  return text[kDigits] == '-' && parse_number(text.substr(0, kDigits), &name->first) &&
         parse_number(text.substr(kDigits + 1, kDigits), &name->last) && name->first != 0 &&
         name->first <= name->last;
}

// So that a folder just made is still there after a power cut.
Status sync_parent(const std::string& path) {
  const std::string parent = path + "/..";
  const int descriptor = open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return system_failure(Code::kFolderFailed, parent);
  Status status;
  if (fsync(descriptor) != 0) status = system_failure(Code::kSyncFailed, parent);
  close(descriptor);
  return status;
}

}  // namespace

RunFolder::~RunFolder() {
  if (descriptor_ >= 0) close(descriptor_);
}

Status RunFolder::open(std::string path) {
  path_ = std::move(path);
  const bool is_new = mkdir(path_.c_str(), S_IRWXU) == 0;
  if (!is_new && errno != EEXIST) return system_failure(Code::kFolderFailed, path_);
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ < 0) return system_failure(Code::kFolderFailed, path_);
  if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    return system_failure(errno == EWOULDBLOCK ? Code::kInUse : Code::kFolderFailed, path_);
  }
  return is_new ? sync_parent(path_) : Status{};
}

Status RunFolder::list(Listing* listing) const {
  const std::unique_ptr<DIR, CloseFolder> folder(opendir(path_.c_str()));
  if (folder == nullptr) return system_failure(Code::kFolderFailed, path_);
  errno = 0;
  while (const dirent* entry = readdir(folder.get())) {
    RunName name;
    if (parse_name(entry->d_name, ".sorted", &name)) listing->runs.push_back(name);
    if (parse_name(entry->d_name, ".tmp", &name)) listing->unfinished.push_back(name);
  }
  if (errno != 0) return system_failure(Code::kFolderFailed, path_);
  std::sort(listing->runs.begin(), listing->runs.end(), [](RunName a, RunName b) {
    return a.first != b.first ? a.first < b.first : a.last > b.last;
  });
  return {};
}

Status RunFolder::sync() const {
  if (fsync(descriptor_) != 0) return system_failure(Code::kSyncFailed, path_);
  return {};
}

Status RunFolder::publish(RunName name) const {
  const std::string path = path_of(name);
  if (rename(temporary_path_of(name).c_str(), path.c_str()) != 0) {
    return system_failure(Code::kRenameFailed, path);
  }
  return sync();
}

Status RunFolder::remove(RunName name) const {
  const std::string path = path_of(name);
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    return system_failure(Code::kRemoveFailed, path);
  }
  return {};
}

Status RunFolder::remove_unfinished(const std::vector<RunName>& names) const {
  for (const RunName name : names) {
    const std::string path = temporary_path_of(name);
    if (unlink(path.c_str()) != 0 && errno != ENOENT) {
      return system_failure(Code::kRemoveFailed, path);
    }
  }
  return {};
}

std::string RunFolder::file_name(RunName name, const char* ending) {
  const auto digits = [](uint32_t number) {
    const std::string text = std::to_string(number);
    return std::string(kDigits - text.size(), '0') + text;
  };
  return std::string(kPrefix) + digits(name.first) + "-" + digits(name.last) + ending;
}

}  // namespace octoload::sort
