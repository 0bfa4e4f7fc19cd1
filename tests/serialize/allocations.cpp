// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace samples {

thread_local std::size_t largest_allocation = 0;

}  // namespace samples

// Every allocation of these tests comes here, so that those of this folder can tell how large one was.
void* operator new(std::size_t size, const std::nothrow_t& /*never throws*/) noexcept {
  samples::largest_allocation = std::max(samples::largest_allocation, size);
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size) {
  if (void* const out = operator new(size, std::nothrow)) return out;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
