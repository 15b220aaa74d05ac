#include "error_kind.h"

#include <algorithm>
#include <string_view>

#include "slot.h"

namespace octoload::resp {
namespace {

struct Word {
  std::string_view text;
  ErrorKind kind;
};

constexpr Word kWords[] = {
    {"MOVED", ErrorKind::kMoved},
    {"ASK", ErrorKind::kAsk},
    {"TRYAGAIN", ErrorKind::kTryAgain},
    {"CLUSTERDOWN", ErrorKind::kClusterDown},
    {"LOADING", ErrorKind::kLoading},
    {"OOM", ErrorKind::kOutOfMemory},
    {"READONLY", ErrorKind::kReadOnly},
    {"NOAUTH", ErrorKind::kNoAuth},
    {"NOPERM", ErrorKind::kNoPermission},
    {"WRONGTYPE", ErrorKind::kWrongType},
    {"NOSCRIPT", ErrorKind::kNoScript},
    {"BUSY", ErrorKind::kBusy},
    {"MASTERDOWN", ErrorKind::kMasterDown},
    {"CROSSSLOT", ErrorKind::kCrossSlot},
    {"WRONGPASS", ErrorKind::kWrongPassword},
    {"NOREPLICAS", ErrorKind::kNoReplicas},
    {"MISCONF", ErrorKind::kMisconfigured},
};

// Errors that share the word ERR and have to be told apart.
constexpr Word kErrTexts[] = {
    {"ERR Function not found", ErrorKind::kNoFunction},
    {"ERR unknown command", ErrorKind::kUnknownCommand},
};

std::string_view view_of(std::span<const uint8_t> text) noexcept {
  return {reinterpret_cast<const char*>(text.data()), text.size()};
}

}  // namespace

ErrorKind error_kind_of(std::span<const uint8_t> text) noexcept {
  const std::string_view all = view_of(text);
  const std::string_view first = all.substr(0, all.find(' '));
  for (const Word& word : kWords) {
    if (first == word.text) return word.kind;
  }
  for (const Word& begin : kErrTexts) {
    if (all.starts_with(begin.text)) return begin.kind;
  }
  return first == "ERR" ? ErrorKind::kErr : ErrorKind::kOther;
}

int64_t redirected_slot(std::span<const uint8_t> text) noexcept {
  const auto space = std::find(text.begin(), text.end(), ' ');
  uint64_t slot = 0;
  auto at = space == text.end() ? space : space + 1;
  const auto first = at;
  for (; at != text.end() && *at >= '0' && *at <= '9' && slot < kSlots; ++at) {
    slot = 10 * slot + (*at - '0');
  }
  const bool is_slot = at != first && at != text.end() && *at == ' ' && slot < kSlots;
  return is_slot ? static_cast<int64_t>(slot) : -1;
}

}  // namespace octoload::resp
