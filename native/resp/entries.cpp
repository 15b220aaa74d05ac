#include "entries.h"

#include <limits>

#include "command_writer.h"
#include "entry_order.h"
#include "slot.h"

namespace octoload::resp {
namespace {

bool is_usable(const EntryOptions& options, size_t rows) noexcept {
  const bool is_plain = options.form == Form::kPlain;
  const uint32_t most_keys = is_plain ? 1 : kMaxKeysPerCommand;
  const bool may_share = options.keys_per_command == 1 || options.node_of_slot.empty() ||
                         PrefixSlots(options.prefix).is_tagged();
  return options.name.empty() == is_plain && options.name.size() <= kMaxNameBytes &&
         options.prefix.size() <= kMaxPrefixBytes && options.keys_per_command >= 1 &&
         options.keys_per_command <= most_keys && may_share && options.wts_us >= 0 &&
         options.ttl_s >= 1 && options.ttl_s <= std::numeric_limits<int32_t>::max() &&
         (options.selection.empty() || options.selection.size() == rows) && options.nodes >= 1 &&
         (options.node_of_slot.empty() ? options.nodes == 1
                                       : options.node_of_slot.size() == kSlots);
}

// Writes the entries that are in order, and fills the table's other columns.
class TableWriter {
 public:
  TableWriter(const batch::SinkBatch& batch, const EntryOptions& options, uint8_t* output,
              const EntryTable& table) noexcept
      : batch_(batch),
        options_(options),
        table_(table),
        commands_(batch, options),
        output_(output),
        to_(output) {}

  // The rows of the table that [begin, end) of its entries name. false: the
  // table changed meanwhile.
  bool write(uint32_t begin, uint32_t end) noexcept {
    const bool is_plain = options_.form == Form::kPlain;
    const uint32_t step = is_plain ? 1 : options_.keys_per_command;
    for (uint32_t entry = begin; entry < end; entry += step) {
      const uint32_t count = end - entry < step ? end - entry : step;
      if (!read_rows(entry, count)) return false;
      if (is_plain) {
        write_plain(entry);
      } else {
        note(entry, count, to_);
        to_ = commands_.write_call({rows_, count}, to_);
      }
    }
    return true;
  }

  uint32_t commands() const noexcept { return count_; }
  void finish() noexcept { table_.offsets[count_] = offset_of(to_); }

 private:
  // A copy, since JavaScript holds the table's memory.
  bool read_rows(uint32_t entry, uint32_t count) noexcept {
    for (uint32_t i = 0; i < count; ++i) {
      rows_[i] = table_.rows[entry + i];
      if (rows_[i] >= batch_.rows) return false;
    }
    return true;
  }

  void write_plain(uint32_t entry) noexcept {
    uint8_t* begins[kMaxPlainCommands + 1];
    const size_t commands = commands_.write_plain(rows_[0], to_, begins);
    for (size_t i = 0; i < commands; ++i) note(entry, 1, begins[i]);
    to_ = begins[commands];
  }

  void note(uint32_t entry, uint32_t count, const uint8_t* begin) noexcept {
    table_.offsets[count_] = offset_of(begin);
    table_.first_entries[count_] = entry;
    table_.entries[count_] = count;
    ++count_;
  }

  uint32_t offset_of(const uint8_t* at) const noexcept {
    return static_cast<uint32_t>(at - output_);
  }

  const batch::SinkBatch& batch_;
  const EntryOptions& options_;
  const EntryTable& table_;
  CommandWriter commands_;
  uint8_t* const output_;
  uint8_t* to_;
  uint32_t count_ = 0;
  uint32_t rows_[kMaxKeysPerCommand];
};

// From where each node's entries end to where its commands begin.
bool write_nodes(const EntryOptions& options, const EntryTable& table, uint32_t entries,
                 TableWriter* writer) noexcept {
  uint32_t begin = 0;
  for (size_t node = 0; node < options.nodes; ++node) {
    const uint32_t end = table.node_commands[node];
    if (end < begin || end > entries) return false;
    table.node_commands[node] = writer->commands();
    if (!writer->write(begin, end)) return false;
    begin = end;
  }
  table.node_commands[options.nodes] = writer->commands();
  writer->finish();
  return begin == entries;
}

// A node's last command may have fewer keys than the others.
uint64_t most_commands(const EntryOptions& options, uint64_t entries) noexcept {
  return entries / options.keys_per_command + options.nodes;
}

}  // namespace

Status encode_entries(const batch::SinkBatch& batch, size_t begin, size_t end,
                      const EntryOptions& options, std::span<uint8_t> output,
                      const EntryTable& table, EntryCounts* counts) noexcept {
  *counts = {};
  if (begin > end || end > batch.rows || !is_usable(options, batch.rows) ||
      capacity_for(options.form, end - begin) > table.capacity) {
    return {Code::kBadArgument, 0};
  }
  EntryOrder order(batch, options, table);
  const Status status = order.arrange(begin, end);
  if (!status.ok()) return status;
  const uint64_t room =
      CommandWriter::room_for(options, order.entries(), most_commands(options, order.entries()));
  if (room > std::numeric_limits<uint32_t>::max()) return {Code::kTooLarge, 0};
  if (room > output.size()) return {Code::kOutputTooSmall, room};
  TableWriter writer(batch, options, output.data(), table);
  if (!write_nodes(options, table, order.entries(), &writer)) return {Code::kBadArgument, 0};
  *counts = {order.entries(), writer.commands(), order.ownerless()};
  return {};
}

}  // namespace octoload::resp
