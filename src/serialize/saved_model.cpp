// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/serialize/saved_model.hpp>

#include <cstddef>
#include <exception>
#include <new>
#include <utility>

#include "file.hpp"
#include "plain.hpp"

namespace rungs {

namespace {

using namespace detail::saved;

/// What `make` makes; a problem it finds is one of the named file.
template <class Make>
auto in_file(const std::string& name, const Make& make) {
  try {
    return make();
  } catch (const InputError& error) {
    std::vector<Diagnostic> problems = error.problems();
    for (Diagnostic& problem : problems) problem.where.file = name;
    throw InputError(std::move(problems));
  } catch (const std::bad_alloc&) {
    throw InputError({{Diagnostic::Severity::error,
                       "E-ARCH-LENGTH",
                       {name},
                       "found a model that needs more memory than there is",
                       "expected a smaller one",
                       {}}});
  } catch (const std::exception& error) {
    throw InputError({{Diagnostic::Severity::error,
                       "E-ARCH-PAYLOAD",
                       {name},
                       std::string("found content that cannot be used: ") + error.what(),
                       "expected the content as Rungs writes it",
                       {}}});
  }
}

std::string bytes_of(const SavedModel& model) {
  const PlainModel plain = described(model);
  (void)rebuilt(plain);  // what could not be loaded again is not saved
  return sealed(payload_of(plain), plain.format);
}

SavedModel model_of(std::string_view bytes) {
  const std::string_view payload = unsealed(bytes);
  const std::uint64_t format = check_start(bytes.substr(0, 4096));
  SavedModel out = rebuilt(read_payload(payload, format));
  if (const PlainModel again = described(out); again.format != format || !has_payload(again, payload))
    refuse("E-ARCH-PAYLOAD", "found content that Rungs writes otherwise", "expected the content as Rungs writes it");
  return out;
}

std::string read_bytes(const std::string& path) {
  RegularFile file(path, "E-ARCH-KIND-SPECIAL");
  std::string bytes(4096, '\0');
  bytes.resize(file.read(bytes.data(), bytes.size()));
  (void)check_start(bytes);
  // Only now, since a long file of another kind is best told by its kind.
  if (file.size() > longest_header + longest_payload)
    refuse("E-ARCH-LENGTH", "found a file of " + std::to_string(file.size()) + " bytes",
           "expected at most " + std::to_string(longest_payload));
  const std::size_t read = bytes.size();
  if (file.size() > read) {
    bytes.resize(static_cast<std::size_t>(file.size()));
    bytes.resize(read + file.read(bytes.data() + read, bytes.size() - read));
  }
  return bytes;
}

}  // namespace

std::string to_bytes(const SavedModel& model) {
  return in_file("", [&] { return bytes_of(model); });
}

SavedModel from_bytes(std::string_view bytes, const std::string& name_for_messages) {
  return in_file(name_for_messages, [&] { return model_of(bytes); });
}

void save(const SavedModel& model, const std::string& path) {
  in_file(path, [&] { write_whole(path, bytes_of(model)); });
}

SavedModel load(const std::string& path) {
  return in_file(path, [&] { return model_of(read_bytes(path)); });
}

}  // namespace rungs
