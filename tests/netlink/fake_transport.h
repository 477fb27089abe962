#pragma once

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "collectors/netlink/attributes.h"
#include "collectors/netlink/netlink_socket.h"
#include "tests/netlink/made_messages.h"

namespace efa::test {

/// A kernel that answers as it was told, request by request.
class FakeTransport final : public NetlinkTransport {
 public:
  /// A datagram, or what receive() fails with.
  using Step = std::variant<Bytes, Error>;

  /// The answer to the next request that has none. A message of sequence number 0 gets that of the
  /// request; datagrams of a request that were not received are dropped when another comes.
  void answer_in_steps(std::vector<Step> steps) { answers_.push_back(std::move(steps)); }
  void answer(const std::vector<Bytes>& datagrams) {
    answers_.emplace_back(datagrams.begin(), datagrams.end());
  }
  void fail_send(Error error) { send_error_ = std::move(error); }
  void before_each_receive(std::function<void()> what) { before_receive_ = std::move(what); }

  [[nodiscard]] const std::vector<Bytes>& requests() const { return requests_; }
  [[nodiscard]] int resyncs() const { return resyncs_; }

  Result<void> send(std::span<const std::byte> request) override {
    if (send_error_) {
      return *send_error_;
    }
    requests_.emplace_back(request.begin(), request.end());
    pending_.clear();
    if (!answers_.empty()) {
      pending_.assign(answers_.front().begin(), answers_.front().end());
      answers_.pop_front();
    }
    return {};
  }

  Result<std::size_t> receive(std::span<std::byte> buffer) override {
    if (before_receive_) {
      before_receive_();
    }
    if (pending_.empty()) {
      return Error{Reason::timeout, ETIMEDOUT, {}};
    }
    const Step step = std::move(pending_.front());
    pending_.pop_front();
    if (const auto* error = std::get_if<Error>(&step)) {
      return *error;
    }
    const Bytes datagram = with_sequence(std::get<Bytes>(step));
    if (datagram.size() > buffer.size()) {
      return Error{Reason::malformed, EMSGSIZE, {}};
    }
    std::copy(datagram.begin(), datagram.end(), buffer.begin());
    return datagram.size();
  }

  void resync() override {
    ++resyncs_;
    pending_.clear();
  }

 private:
  [[nodiscard]] Bytes with_sequence(Bytes datagram) const {
    nlmsghdr request{};
    std::memcpy(&request, requests_.back().data(), sizeof request);
    for (std::size_t at = 0; at + sizeof(nlmsghdr) <= datagram.size();) {
      nlmsghdr head{};
      std::memcpy(&head, datagram.data() + at, sizeof head);
      if (head.nlmsg_seq == 0) {
        std::memcpy(datagram.data() + at + offsetof(nlmsghdr, nlmsg_seq), &request.nlmsg_seq,
                    sizeof request.nlmsg_seq);
      }
      at += std::max<std::size_t>((head.nlmsg_len + std::size_t{3}) / 4 * 4, sizeof head);
    }
    return datagram;
  }

  std::deque<std::vector<Step>> answers_;
  std::deque<Step> pending_;
  std::vector<Bytes> requests_;
  std::optional<Error> send_error_;
  std::function<void()> before_receive_;
  int resyncs_ = 0;
};

/// A recorded answer, as if to any request.
inline std::vector<Bytes> recorded_answer(const std::string& name) {
  std::vector<Bytes> datagrams = recorded(name);
  for (Bytes& datagram : datagrams) {
    for (std::size_t at = 0; at + sizeof(nlmsghdr) <= datagram.size();) {
      nlmsghdr head{};
      std::memcpy(&head, datagram.data() + at, sizeof head);
      std::memset(datagram.data() + at + offsetof(nlmsghdr, nlmsg_seq), 0, sizeof head.nlmsg_seq);
      at += std::max<std::size_t>((head.nlmsg_len + std::size_t{3}) / 4 * 4, sizeof head);
    }
  }
  return datagrams;
}

}  // namespace efa::test
