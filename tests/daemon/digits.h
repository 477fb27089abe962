#pragma once

#include <string>

namespace efa::test {

/// The text with every digit as '0', to compare what holds a time.
/// (std::regex warns of its own code under g++ 12 with sanitizers.)
inline std::string with_zeros(std::string text) {
  for (char& c : text) {
    c = c >= '0' && c <= '9' ? '0' : c;
  }
  return text;
}

}  // namespace efa::test
