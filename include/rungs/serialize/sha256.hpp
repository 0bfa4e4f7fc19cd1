// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_SERIALIZE_SHA256_HPP
#define RUNGS_SERIALIZE_SHA256_HPP

#include <string>
#include <string_view>

namespace rungs {

/// The SHA-256 of some bytes, as 64 hexadecimal digits in small letters.
[[nodiscard]] std::string sha256(std::string_view bytes);

/// The SHA-256 of a file, as `sha256sum` prints it; the file is read in pieces.
///
/// Throws InputError [E-IO] when the file cannot be read, or is a device or a pipe, whose bytes come only once.
[[nodiscard]] std::string sha256_of_file(const std::string& path);

}  // namespace rungs

#endif
