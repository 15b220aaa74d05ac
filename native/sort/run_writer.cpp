#include "run_writer.h"

#include <unistd.h>

#include <algorithm>
#include <new>

namespace octoload::sort {

RunWriter::~RunWriter() {
  if (is_open_) unlink(file_.path().c_str());
}

Status RunWriter::begin(const RunHeader& header, uint64_t direct_bytes) {
  header_ = header;
  key_bytes_ = header.key_bytes;
  direct_bytes_ = header.block_bytes - kBlockHeaderBytes - key_bytes_ - kSizeBytes;
  // Keys and sizes of records without payload share one block's worth.
  staging_.reset(new (std::nothrow) uint8_t[staging_bytes(header.block_bytes)]);
  if (staging_ == nullptr) return failure(Code::kNoMemory, staging_bytes(header.block_bytes));
  keys_ = staging_.get();
  sizes_ = keys_ + header.block_bytes / (key_bytes_ + kSizeBytes) * key_bytes_;
  payloads_ = keys_ + header.block_bytes;

  Status status =
      file_.create(folder_.temporary_path_of({header.first, header.last}), direct_bytes);
  is_open_ = status.code != Code::kOpenFailed;
  if (!status.ok()) return status;
  uint8_t bytes[kHeaderBytes];
  std::memcpy(bytes, kMagic, sizeof kMagic);
  store(bytes + 8, kVersion);
  store(bytes + 12, header.key_bytes);
  store(bytes + 16, header.first);
  store(bytes + 20, header.last);
  store(bytes + 24, header.block_bytes);
  store(bytes + 28, checksum(bytes, 28));
  iovec piece = {bytes, kHeaderBytes};
  return file_.append({&piece, 1});
}

void RunWriter::stage(const uint8_t* key, const uint8_t* payload, uint32_t payload_bytes) noexcept {
  copy_key(keys_ + staged_records_ * key_bytes_, key, key_bytes_);
  store(sizes_ + staged_records_ * kSizeBytes, payload_bytes);
  if (payload_bytes != 0) std::memcpy(payloads_ + staged_payload_bytes_, payload, payload_bytes);
  ++staged_records_;
  staged_payload_bytes_ += payload_bytes;
  staged_bytes_ += key_bytes_ + kSizeBytes + payload_bytes;
}

bool RunWriter::make_room(const uint8_t* key, const uint8_t* payload,
                          uint32_t payload_bytes) noexcept {
  if (!write_staged()) return false;
  if (payload_bytes <= direct_bytes_) return true;
  uint8_t size[kSizeBytes];
  store(size, payload_bytes);
  return write_block(key, size, 1, payload, payload_bytes);
}

bool RunWriter::write_staged() noexcept {
  if (staged_records_ != 0 &&
      !write_block(keys_, sizes_, staged_records_, payloads_, staged_payload_bytes_)) {
    return false;
  }
  staged_records_ = 0;
  staged_payload_bytes_ = 0;
  staged_bytes_ = kBlockHeaderBytes;
  return status_.ok();
}

bool RunWriter::write_block(const uint8_t* keys, const uint8_t* sizes, uint32_t records,
                            const uint8_t* payloads, uint32_t payload_bytes) noexcept {
  if (!status_.ok()) return false;
  const Crc32cUpdate update = crc32c_update();
  BlockHeader head = {0, footer_.blocks, records, payload_bytes};
  uint8_t bytes[kBlockHeaderBytes];
  std::memcpy(bytes, &head, sizeof head);
  uint32_t state = update(kCrc32cInitial, bytes + 4, kBlockHeaderBytes - 4);
  state = update(state, keys, records * key_bytes_);
  state = update(state, sizes, records * kSizeBytes);
  state = update(state, payloads, payload_bytes);
  store(bytes, crc32c_finish(state));

  uint8_t line[16 + kMaxKeyBytes];
  store(line, file_.size());
  store(line + 8, records);
  store(line + 12, payload_bytes);
  copy_key(line + 16, keys, key_bytes_);
  index_.insert(index_.end(), line, line + index_entry_bytes(key_bytes_));

  const uint64_t block_bytes = block_bytes_of(records, payload_bytes, key_bytes_);
  footer_.records += records;
  footer_.payload_bytes += payload_bytes;
  footer_.blocks += 1;
  footer_.largest_block_bytes =
      std::max(footer_.largest_block_bytes, static_cast<uint32_t>(block_bytes));
  // iovec is not const: the bytes are only read.
  iovec pieces[] = {{bytes, kBlockHeaderBytes},
                    {const_cast<uint8_t*>(keys), records * key_bytes_},
                    {const_cast<uint8_t*>(sizes), records * kSizeBytes},
                    {const_cast<uint8_t*>(payloads), payload_bytes}};
  status_ = file_.append(pieces);
  return status_.ok();
}

Status RunWriter::finish(std::span<const uint8_t> identity, std::span<const uint8_t> mark,
                         uint32_t flags) {
  if (!write_staged()) return status_;
  Status status = write_tail(identity, mark, flags);
  if (status.ok()) status = file_.finish();
  if (status.ok()) status = folder_.publish({header_.first, header_.last});
  // A failed publish may have renamed already: then there is nothing to remove.
  if (status.ok()) is_open_ = false;
  return status;
}

Status RunWriter::write_tail(std::span<const uint8_t> identity, std::span<const uint8_t> mark,
                             uint32_t flags) {
  footer_.tail_offset = file_.size();
  footer_.identity_bytes = static_cast<uint32_t>(identity.size());
  footer_.mark_bytes = static_cast<uint32_t>(mark.size());
  footer_.flags = flags;
  index_.insert(index_.end(), identity.begin(), identity.end());
  index_.insert(index_.end(), mark.begin(), mark.end());
  footer_.tail_checksum = checksum(index_.data(), index_.size());
  footer_.file_bytes = footer_.tail_offset + index_.size() + kFooterBytes;

  uint8_t bytes[kFooterBytes];
  std::memcpy(bytes, &footer_, sizeof footer_);
  store(bytes + 56, checksum(bytes, 56));
  std::memcpy(bytes + 60, kEndMagic, sizeof kEndMagic);
  iovec pieces[] = {{index_.data(), index_.size()}, {bytes, kFooterBytes}};
  return file_.append(pieces);
}

}  // namespace octoload::sort
