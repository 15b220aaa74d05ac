#include <utility>
#include <vector>

#include "dictionary_access.h"
#include "envelope.h"

namespace octoload::envelope {

struct Dictionary::State {
  uint32_t number;
  std::vector<uint8_t> padded;  // the bytes, then kPadding zeros; the stream points into them
  LZ4_stream_t stream;

  std::span<const uint8_t> bytes() const noexcept {
    return std::span(padded).first(padded.size() - DictionaryAccess::kPadding);
  }
};

Dictionary::Dictionary(std::unique_ptr<State> state) : state_(std::move(state)) {}
Dictionary::~Dictionary() = default;

std::shared_ptr<const Dictionary> Dictionary::create(uint32_t number,
                                                     std::span<const uint8_t> bytes) {
  if (number == 0 || bytes.empty() || bytes.size() > kMaxDictionaryBytes) return nullptr;
  auto state = std::make_unique<State>();
  state->number = number;
  state->padded.assign(bytes.begin(), bytes.end());
  state->padded.resize(bytes.size() + DictionaryAccess::kPadding);
  // Sets every field of the stream. Under eight bytes it loads nothing, and
  // compression then works as without a dictionary.
  LZ4_loadDict(&state->stream, reinterpret_cast<const char*>(state->padded.data()),
               static_cast<int>(bytes.size()));
  return std::shared_ptr<const Dictionary>(new Dictionary(std::move(state)));
}

uint32_t Dictionary::number() const noexcept { return state_->number; }
std::span<const uint8_t> Dictionary::bytes() const noexcept { return state_->bytes(); }

const LZ4_stream_t& DictionaryAccess::stream(const Dictionary& dictionary) noexcept {
  return dictionary.state_->stream;
}

std::span<const uint8_t> DictionaryAccess::padded_bytes(const Dictionary& dictionary) noexcept {
  return dictionary.state_->bytes();
}

}  // namespace octoload::envelope
