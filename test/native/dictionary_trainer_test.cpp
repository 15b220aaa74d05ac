// Trained dictionaries: what they save on rows they were not trained on.
#include "../../native/envelope/dictionary_trainer.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "../../native/envelope/segment_picker.h"
#include "check.h"
#include "envelope_random.h"
#include "envelope_reference.h"
#include "random.h"

using namespace octoload;
using namespace octoload::test;
using envelope::Dictionary;
using envelope::train_dictionary;

namespace {

struct Samples {
  Bytes bytes;
  std::vector<uint32_t> offsets = {0};

  void add(const Bytes& sample) {
    bytes.insert(bytes.end(), sample.begin(), sample.end());
    offsets.push_back(static_cast<uint32_t>(bytes.size()));
  }
};

Bytes json(Random& random) {
  const std::string text = random_json(random);
  return {text.begin(), text.end()};
}

Bytes noise_of(Random& random, size_t size) {
  Bytes bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.next());
  return bytes;
}

Bytes noise(Random& random) { return noise_of(random, random.next() % 200); }

template <class Make>
Samples make_samples(Random& random, size_t count, Make make) {
  Samples samples;
  for (size_t i = 0; i < count; ++i) samples.add(make(random));
  return samples;
}

size_t stored_bytes(const std::vector<Bytes>& texts, const Dictionary* dictionary) {
  size_t sum = 0;
  for (const Bytes& text : texts) {
    const size_t block = reference_block(text, dictionary, text.size() - 4).size();
    sum += block != 0 ? block + 2 : text.size();
  }
  return sum;
}

// The project's promise for small JSON: a half smaller than LZ4 row by row.
void test_ratio(Random& random) {
  std::vector<Bytes> unseen;
  for (size_t i = 0; i < 1000; ++i) unseen.push_back(json(random));
  const size_t plain = stored_bytes(unseen, nullptr);
  for (const size_t count : {100u, 2000u}) {
    const Samples samples = make_samples(random, count, json);
    for (const size_t max_bytes : {1024u, 16384u, 65536u}) {
      const auto bytes = train_dictionary(samples.bytes, samples.offsets, max_bytes);
      CHECK(!bytes.empty() && bytes.size() <= max_bytes);
      const auto dictionary = Dictionary::create(1, bytes);
      if (!CHECK(dictionary != nullptr)) continue;
      CHECK(static_cast<double>(stored_bytes(unseen, dictionary.get())) * 2 <
            static_cast<double>(plain));
    }
  }
}

void test_same_bytes_again(Random& random) {
  const Samples samples = make_samples(random, 500, json);
  const auto once = train_dictionary(samples.bytes, samples.offsets, 8192);
  CHECK(once == train_dictionary(samples.bytes, samples.offsets, 8192));
}

// A k-mer weighs the samples it is in, not how often it is there.
void test_weights() {
  const std::string twice = "abcdefghabcdefgh", once = "abcdefghi", alone = "zzzzzzzzz";
  std::vector<envelope::Sample> views;
  for (const std::string* text : {&twice, &once, &alone}) {
    views.emplace_back(reinterpret_cast<const uint8_t*>(text->data()), text->size());
  }
  const envelope::KMers mers = envelope::weigh_k_mers(views, 8);
  CHECK((mers.first == std::vector<size_t>{0, 9, 11, 13}));
  CHECK((mers.weights == std::vector<uint32_t>{0, 2}));
  for (size_t i = 0; i < mers.numbers.size(); ++i) {
    CHECK_EQ(mers.numbers[i], i == 0 || i == 8 || i == 9 ? 1u : 0u);
  }
}

// Two substrings in a sea of noise: both are found, whole, the one that more
// samples share with the higher score, and nothing else.
void test_picked_segments(Random& random) {
  const Bytes often = noise_of(random, 32), seldom = noise_of(random, 24);
  Samples samples;
  std::vector<envelope::Sample> views;
  for (size_t i = 0; i < 100; ++i) {
    Bytes sample = noise_of(random, random.next() % 50);
    sample.push_back(static_cast<uint8_t>(i));  // no two samples share what is next to it either
    const Bytes& shared = i % 3 == 0 ? seldom : often;
    sample.insert(sample.end(), shared.begin(), shared.end());
    sample.push_back(static_cast<uint8_t>(i));
    const Bytes tail = noise_of(random, random.next() % 50);
    sample.insert(sample.end(), tail.begin(), tail.end());
    samples.add(sample);
  }
  for (size_t i = 0; i < 100; ++i) {
    const std::span<const uint8_t> all(samples.bytes);
    views.push_back(all.subspan(samples.offsets[i], samples.offsets[i + 1] - samples.offsets[i]));
  }
  for (const size_t k : {8u, 16u}) {
    const auto picked =
        envelope::pick_segments(views, envelope::weigh_k_mers(views, k), k, 64, 4096);
    if (!CHECK_EQ(picked.size(), 2u)) continue;
    CHECK(Bytes(picked[0].bytes.begin(), picked[0].bytes.end()) == often);
    CHECK(Bytes(picked[1].bytes.begin(), picked[1].bytes.end()) == seldom);
    CHECK_EQ(picked[0].score, 66 * (32 - k + 1));
    CHECK_EQ(picked[1].score, 34 * (24 - k + 1));
  }
  Bytes both = seldom;
  both.insert(both.end(), often.begin(), often.end());
  CHECK(train_dictionary(samples.bytes, samples.offsets, 4096) == both);
}

void test_nothing_to_share(Random& random) {
  const Samples samples = make_samples(random, 1000, noise);
  CHECK(train_dictionary(samples.bytes, samples.offsets, 16384).empty());
  const Samples few = make_samples(random, 5, json);
  CHECK(train_dictionary(few.bytes, few.offsets, 16384).empty());
  CHECK(train_dictionary({}, {}, 16384).empty());
  const std::vector<uint32_t> empty_samples(100);
  CHECK(train_dictionary({}, empty_samples, 16384).empty());
  const Samples many = make_samples(random, 100, json);
  CHECK(train_dictionary(many.bytes, many.offsets, 0).empty());
}

// Every size of sample and dictionary, for the sanitizers.
void test_odd_sizes(Random& random, size_t rounds) {
  const auto any = [](Random& source) {
    Bytes bytes = one_in(source, 4) ? noise(source) : json(source);
    bytes.resize(source.next() % (bytes.size() + 1));
    return one_in(source, 100) ? Bytes(100000, 'x') : bytes;
  };
  for (size_t round = 0; round < rounds; ++round) {
    const Samples samples = make_samples(random, random.next() % 60, any);
    const size_t max_bytes = random.next() % (one_in(random, 2) ? 300 : 100000);
    const auto bytes = train_dictionary(samples.bytes, samples.offsets, max_bytes);
    CHECK(bytes.size() <= max_bytes && bytes.size() <= envelope::kMaxDictionaryBytes);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10;
  Random random(2016);
  test_ratio(random);
  test_same_bytes_again(random);
  test_weights();
  test_picked_segments(random);
  test_nothing_to_share(random);
  test_odd_sizes(random, 10 * effort);
  return check_report("dictionary_trainer");
}
