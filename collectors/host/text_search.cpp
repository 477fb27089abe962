#include "collectors/host/text_search.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

namespace efa {
namespace {

constexpr std::size_t piece = 64UL * 1024;
constexpr std::size_t longest_word = 64;

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string_view word_at(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '_' || c == '+' || c == '-';
  });
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

// Looks through a stream of bytes of which it keeps but the end.
class WordSearch {
 public:
  explicit WordSearch(std::string_view marker) : marker_(marker) {}

  std::string& window() { return window_; }

  // The word, if it is in the window; otherwise drops what need not be seen again.
  std::optional<std::string> find(bool is_end) {
    const std::string_view text = window_;
    for (auto at = text.find(marker_); at != std::string_view::npos;
         at = text.find(marker_, at + 1)) {
      const std::size_t word_begin = at + marker_.size();
      if (!is_end && text.size() - word_begin <= longest_word) {
        window_.erase(0, at);
        return std::nullopt;
      }
      const std::string_view word = word_at(text.substr(word_begin, longest_word + 1));
      if (!word.empty() && word.size() <= longest_word && is_letter_or_digit(word.front())) {
        return std::string(word);
      }
    }
    // A marker may have begun.
    const std::size_t kept = std::min(text.size(), marker_.size() - 1);
    window_.erase(0, text.size() - kept);
    return std::nullopt;
  }

 private:
  const std::string_view marker_;
  std::string window_;
};

// Appends up to a piece; what read(2) returns.
Result<std::size_t> read_piece(int file, std::string& window, std::size_t size) {
  const std::size_t before = window.size();
  window.resize(before + size);
  ssize_t count = -1;
  do {
    count = ::read(file, window.data() + before, size);
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    return Error::from_errno(errno);
  }
  window.resize(before + static_cast<std::size_t>(count));
  return static_cast<std::size_t>(count);
}

}  // namespace

Result<std::string> find_word_after(HostFiles& files, const std::string& path,
                                    std::string_view marker, std::uint64_t limit) {
  const auto file = files.open(path);
  if (!file) {
    return file.error();
  }
  WordSearch search(marker);
  bool is_end = false;
  while (!is_end) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(piece, limit));
    const auto count = read_piece(file->get(), search.window(), size);
    if (!count) {
      return files.note(count.error(), path);
    }
    limit -= *count;
    is_end = *count == 0;
    if (auto word = search.find(is_end)) {
      return std::move(*word);
    }
  }
  return Error{Reason::absent, 0, {}};
}

}  // namespace efa
