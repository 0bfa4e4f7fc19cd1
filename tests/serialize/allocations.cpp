// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace samples {

std::size_t largest_allocation = 0;

}  // namespace samples

// Every allocation of the tests of this folder comes here, so that they can tell how large one was.
void* operator new(std::size_t size) {
  samples::largest_allocation = std::max(samples::largest_allocation, size);
  if (void* const out = std::malloc(size == 0 ? 1 : size)) return out;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
