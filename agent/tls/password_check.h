#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace efa {

/// Name and password of an Authorization header of the scheme Basic; nothing if it is none.
struct Credentials {
  std::string user;
  std::string password;
};
std::optional<Credentials> parse_basic_authorization(std::string_view header);

/// The bcrypt hash of a password, by the cost and salt of `setting` (a hash, or the beginning of
/// one); empty if it cannot be computed.
std::string bcrypt(const std::string& password, const std::string& setting);

/// Whether somebody is who they say they are.
///
/// How long an answer takes does not tell whether a user exists: for one who does not, the same
/// work is done, at a cost that one of the users has. What was right lately is remembered, so that
/// a scrape costs no bcrypt: not the password, but an HMAC-SHA-256 of user, hash and password by a
/// key that this object makes for itself; so a hash that changes forgets.
///
/// Cost     a hash of SHA-256 for what is remembered; else a bcrypt, one at a time: the processors
///          belong to the jobs on this host
/// Threads  safe to call concurrently; check() waits for up to a few computations of others
class PasswordCheck {
 public:
  enum class Answer : std::uint8_t {
    right,
    wrong,
    busy,  // too many wait already
  };
  using Users = std::map<std::string, std::string>;
  using Hash = std::function<std::string(const std::string& password, const std::string& setting)>;

  static constexpr std::size_t most_remembered = 64;
  static constexpr unsigned most_waiting = 8;

  explicit PasswordCheck(Hash hash = bcrypt);

  Answer check(const Users& users, const Credentials& credentials);

 private:
  using Digest = std::array<unsigned char, 32>;
  class Turn;

  [[nodiscard]] Digest digest(std::string_view user, std::string_view hash,
                              std::string_view password) const;
  [[nodiscard]] std::string setting_of_nobody(const Users& users, const std::string& name) const;
  bool remembers(const Digest& digest);
  void remember(const Digest& digest);

  const Hash hash_;
  std::array<unsigned char, 32> key_{};
  std::mutex mutex_;  // guards what follows
  std::condition_variable free_;
  bool computing_ = false;
  unsigned waiting_ = 0;
  std::deque<Digest> remembered_;  // the oldest first
};

}  // namespace efa
