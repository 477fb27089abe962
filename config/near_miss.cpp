#include "config/near_miss.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace efa {
namespace {

constexpr std::size_t longest_word =
    64;  // nobody mistypes more, and the work grows with the square

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return result;
}

/// Insertions, deletions, replacements and swaps of neighbours between two words.
std::size_t slips(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before;
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before = std::exchange(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

bool begin_alike(std::string_view a, std::string_view b) {
  constexpr std::size_t telling = 3;
  return std::min(a.size(), b.size()) >= telling && (a.starts_with(b) || b.starts_with(a));
}

}  // namespace

std::string near_miss(std::string_view word, std::span<const std::string> candidates) {
  if (word.empty() || word.size() > longest_word) {
    return {};
  }
  const std::string wanted = lower(word);
  std::string best;
  std::size_t fewest = longest_word;
  for (const std::string& candidate : candidates) {
    const std::string other = lower(candidate);
    const std::size_t tolerance =
        std::max<std::size_t>(1, std::min(wanted.size(), other.size()) / 3);
    const std::size_t distance = slips(wanted, other);
    const bool near = distance <= tolerance && distance < other.size();
    if ((near || begin_alike(wanted, other)) && distance < fewest) {
      best = candidate;
      fewest = distance;
    }
  }
  return best;
}

}  // namespace efa
