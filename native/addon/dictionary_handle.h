// The JavaScript value that stands for a prepared dictionary.
#pragma once

#include <napi.h>

#include <memory>

#include "../envelope/envelope.h"

namespace octoload::addon {

using DictionaryHandle = std::shared_ptr<const envelope::Dictionary>;

// An External's own copy of the pointer; empty when `value` is none of ours.
DictionaryHandle dictionary_of(Napi::Value value);

}  // namespace octoload::addon
