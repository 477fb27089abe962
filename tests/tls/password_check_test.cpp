#include "agent/tls/password_check.h"

#include <atomic>
#include <latch>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.h"

namespace efa {
namespace {

using Answer = PasswordCheck::Answer;

// Of "wonderland" and "builder", made by htpasswd -nbBC 5.
const std::string alice = bcrypt("wonderland", "$2y$05$abcdefghijklmnopqrstuu");
const std::string bob = bcrypt("builder", "$2b$04$abcdefghijklmnopqrstuu");

const PasswordCheck::Users users{{"alice", alice}, {"bob", bob}};

// Counts what is computed, and remembers how.
struct Counted {
  std::atomic<unsigned> count{0};
  std::string setting;

  PasswordCheck::Hash hash() {
    return [this](const std::string& password, const std::string& with) {
      ++count;
      setting = with;
      return bcrypt(password, with);
    };
  }
};

TEST_CASE("the hashes that htpasswd and mkpasswd make are taken") {
  // Of "fakepassword", as the exporter-toolkit has it.
  const std::string known = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";
  CHECK(bcrypt("fakepassword", known) == known);
  CHECK(bcrypt("fakepasswort", known) != known);
  CHECK(alice.substr(0, 7) == "$2y$05$");
  CHECK(bcrypt("x", "no setting").empty());
}

TEST_CASE("the right password is right, and nothing else is") {
  PasswordCheck check;
  CHECK(check.check(users, {"alice", "wonderland"}) == Answer::right);
  CHECK(check.check(users, {"bob", "builder"}) == Answer::right);
  CHECK(check.check(users, {"alice", "builder"}) == Answer::wrong);
  CHECK(check.check(users, {"alice", ""}) == Answer::wrong);
  CHECK(check.check(users, {"Alice", "wonderland"}) == Answer::wrong);
  CHECK(check.check(users, {"", ""}) == Answer::wrong);
  CHECK(check.check({}, {"alice", "wonderland"}) == Answer::wrong);
  CHECK(check.check(users, {"alice", std::string("wonderland\0", 11)}) == Answer::wrong);
  CHECK(check.check(users, {"alice", std::string("wonderland\0x", 12)}) == Answer::wrong);
  CHECK(check.check(users, {"alice", std::string(8000, 'x')}) == Answer::wrong);
}

TEST_CASE("what was right is not computed again, and what was wrong is") {
  Counted counted;
  PasswordCheck check(counted.hash());
  for (int i = 0; i < 3; ++i) {
    CHECK(check.check(users, {"alice", "wonderland"}) == Answer::right);
  }
  CHECK(counted.count == 1);
  for (int i = 0; i < 3; ++i) {
    CHECK(check.check(users, {"alice", "wrong"}) == Answer::wrong);
  }
  CHECK(counted.count == 4);
}

TEST_CASE("a new hash, or no user any more, forgets at once") {
  Counted counted;
  PasswordCheck check(counted.hash());
  CHECK(check.check(users, {"alice", "wonderland"}) == Answer::right);
  CHECK(check.check({{"alice", bob}}, {"alice", "wonderland"}) == Answer::wrong);
  CHECK(check.check({{"bob", bob}}, {"alice", "wonderland"}) == Answer::wrong);
  CHECK(check.check({{"bob", alice}}, {"bob", "builder"}) == Answer::wrong);
  CHECK(counted.count == 4);
  CHECK(check.check(users, {"alice", "wonderland"}) == Answer::right);
  CHECK(counted.count == 4);
}

TEST_CASE("only so much is remembered, and the oldest is forgotten") {
  Counted counted;
  PasswordCheck check(counted.hash());
  PasswordCheck::Users many;
  for (std::size_t i = 0; i <= PasswordCheck::most_remembered; ++i) {
    many.emplace("user" + std::to_string(i), bob);
  }
  for (const auto& [user, hash] : many) {
    CHECK(check.check(many, {user, "builder"}) == Answer::right);
  }
  CHECK(counted.count == many.size());
  CHECK(check.check(many, {many.rbegin()->first, "builder"}) == Answer::right);
  CHECK(counted.count == many.size());
  CHECK(check.check(many, {many.begin()->first, "builder"}) == Answer::right);
  CHECK(counted.count == many.size() + 1);
}

TEST_CASE("for who does not exist as much is computed, at a cost that somebody has") {
  Counted counted;
  PasswordCheck check(counted.hash());
  std::set<std::string> costs;
  for (int i = 0; i < 40; ++i) {
    const std::string name = "nobody" + std::to_string(i);
    CHECK(check.check(users, {name, "x"}) == Answer::wrong);
    const std::string first = counted.setting;
    CHECK(check.check(users, {name, "y"}) == Answer::wrong);
    CHECK(counted.setting == first);
    costs.insert(first.substr(0, 7));
  }
  CHECK(counted.count == 80);
  CHECK(costs == std::set<std::string>{"$2b$04$", "$2b$05$"});
}

TEST_CASE("one computes at a time, a few wait, and the others are sent away") {
  std::latch computing(1);
  std::latch go_on(1);
  std::atomic<int> at_once{0};
  std::atomic<int> most_at_once{0};
  std::atomic<unsigned> computed{0};
  PasswordCheck check([&](const std::string&, const std::string&) {
    most_at_once = std::max(most_at_once.load(), ++at_once);
    if (computed++ == 0) {
      computing.count_down();
    }
    go_on.wait();
    --at_once;
    return std::string();
  });
  std::atomic<unsigned> wrong{0};
  std::atomic<unsigned> busy{0};
  const auto ask = [&] {
    const Answer answer = check.check(users, {"alice", "x"});
    ++(answer == Answer::busy ? busy : wrong);
    if (busy + wrong == 1) {  // all places are taken
      go_on.count_down();
    }
  };
  std::vector<std::thread> threads;
  threads.emplace_back(ask);
  computing.wait();
  // One more than may wait: whichever comes last is sent away, and lets the others go on.
  for (unsigned i = 0; i <= PasswordCheck::most_waiting; ++i) {
    threads.emplace_back(ask);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(busy == 1);
  CHECK(wrong == PasswordCheck::most_waiting + 1);
  CHECK(most_at_once == 1);
}

TEST_CASE("an Authorization header is taken apart") {
  const auto parsed = [](std::string_view header) {
    const auto found = parse_basic_authorization(header);
    return found ? found->user + "|" + found->password : "none";
  };
  CHECK(parsed("Basic YWxpY2U6d29uZGVybGFuZA==") == "alice|wonderland");
  CHECK(parsed("bAsIc YWxpY2U6YTpi") == "alice|a:b");
  CHECK(parsed("Basic Og==") == "|");
  CHECK(parsed("Basic YTo=") == "a|");
  for (const char* header :
       {"", "Basic", "Basic ", "Basic YWxpY2U=", "Basic YWxpY2U6d29uZGVybGFuZA",
        "Basic YWxpY2U6d29uZGVybGFuZA=", "Basic YWxpY2U6d29uZGVybGFuZA== ", "Basic YQ==YTo=",
        "Basic ====", "Basic YTo=, Basic YTo=", "Bearer YWxpY2U6YTpi",
        "BasicYTo=", "Basic  YTo=", "Basic YWxpY2\xFF=", "Basic -_-_"}) {
    CAPTURE(header);
    CHECK(parsed(header) == "none");
  }
}

}  // namespace
}  // namespace efa
