#include "tests/lab/efa_device/data_path/pieces.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace efa::lab {
namespace {

/// A place in pieces that moves forward.
class Cursor {
 public:
  explicit Cursor(const Pieces& pieces) : pieces_(pieces) {}

  [[nodiscard]] MutableBytes rest() const { return pieces_[index_].subspan(offset_); }

  void advance(std::size_t count) {
    offset_ += count;
    if (offset_ == pieces_[index_].size()) {
      index_++;
      offset_ = 0;
    }
  }

 private:
  const Pieces& pieces_;
  std::size_t index_ = 0;
  std::size_t offset_ = 0;
};

}  // namespace

void append(Pieces& pieces, MutableBytes piece) {
  if (piece.empty()) {
    return;
  }
  if (!pieces.empty() && pieces.back().data() + pieces.back().size() == piece.data()) {
    pieces.back() = MutableBytes(pieces.back().data(), pieces.back().size() + piece.size());
    return;
  }
  pieces.push_back(piece);
}

void copy(const Pieces& from, const Pieces& to, std::uint64_t count) {
  Cursor source(from);
  Cursor target(to);
  while (count > 0) {
    const auto size = std::min<std::uint64_t>({count, source.rest().size(), target.rest().size()});
    std::memmove(target.rest().data(), source.rest().data(), size);
    source.advance(size);
    target.advance(size);
    count -= size;
  }
}

Pieces without_first(Pieces pieces, std::uint64_t count) {
  std::size_t whole = 0;
  for (; whole < pieces.size() && count >= pieces[whole].size(); whole++) {
    count -= pieces[whole].size();
  }
  pieces.erase(pieces.begin(), pieces.begin() + static_cast<std::ptrdiff_t>(whole));
  if (!pieces.empty()) {
    pieces.front() = pieces.front().subspan(count);
  }
  return pieces;
}

}  // namespace efa::lab
