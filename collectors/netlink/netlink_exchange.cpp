#include "collectors/netlink/netlink_exchange.h"

#include <cerrno>

namespace efa {
namespace {

Error malformed() { return {Reason::malformed, 0, {}}; }
Error over_budget() { return {Reason::malformed, EOVERFLOW, {}}; }

// A command that a kernel knows, but not with these flags, is acknowledged without an answer.
NetlinkOutcome ended_by(const NetlinkMessage& end, bool answered, bool interrupted) {
  if (end.ends_dump) {
    return {*end.error, false, interrupted};
  }
  const int error = *end.error == 0 && !answered ? EOPNOTSUPP : *end.error;
  return {error, error != 0, interrupted};
}

}  // namespace

NetlinkExchange::NetlinkExchange(NetlinkTransport& transport, const Clock& clock,
                                 NetlinkLimits limits)
    : transport_(transport), clock_(clock), limits_(limits), buffer_(buffer_size) {}

Result<NetlinkOutcome> NetlinkExchange::ask(const NetlinkRequest& request, NetlinkAnswer& answer) {
  for (unsigned repeats = 0;; ++repeats) {
    auto outcome = ask_once(request, answer);
    if (!outcome) {
      transport_.resync();
      return outcome;
    }
    if (!outcome->interrupted || outcome->error != 0 || repeats == limits_.repeats) {
      return outcome;
    }
  }
}

Result<NetlinkOutcome> NetlinkExchange::ask_once(const NetlinkRequest& request,
                                                 NetlinkAnswer& answer) {
  answer.begin();
  Spent spent{0, 0, false, clock_.now()};
  if (const auto sent = transport_.send(encode(request, ++sequence_)); !sent) {
    return sent.error();
  }
  NetlinkOutcome outcome;
  while (true) {
    const auto datagram = next_datagram(spent);
    if (!datagram) {
      return datagram.error();
    }
    const auto ended = read_datagram(*datagram, answer, spent, outcome);
    if (!ended) {
      return ended.error();
    }
    if (*ended) {
      return outcome;
    }
    // Only a dump goes on for being read; anything else has its answer lying there by now.
    if (request.dump && clock_.now() - spent.since > limits_.time) {
      return Error{Reason::timeout, ETIMEDOUT, {}};
    }
  }
}

// A datagram that holds nothing counts as a message, too, so that a flood of them ends.
Result<std::span<const std::byte>> NetlinkExchange::next_datagram(Spent& spent) {
  const auto size = transport_.receive(buffer_);
  if (!size) {
    return size.error();
  }
  spent.bytes += *size;
  if (*size == 0) {
    ++spent.messages;
  }
  if (spent.bytes > limits_.bytes || spent.messages > limits_.messages) {
    return over_budget();
  }
  return std::span<const std::byte>(buffer_).first(*size);
}

Result<bool> NetlinkExchange::read_datagram(std::span<const std::byte> datagram,
                                            NetlinkAnswer& answer, Spent& spent,
                                            NetlinkOutcome& outcome) const {
  MessageReader reader(datagram);
  while (const auto message = reader.next()) {
    if (++spent.messages > limits_.messages) {
      return over_budget();
    }
    if (message->sequence != sequence_) {
      continue;
    }
    auto ended = read_message(*message, answer, spent, outcome);
    if (!ended || *ended) {
      return ended;
    }
  }
  if (reader.malformed()) {
    return malformed();
  }
  return false;
}

Result<bool> NetlinkExchange::read_message(const NetlinkMessage& message, NetlinkAnswer& answer,
                                           Spent& spent, NetlinkOutcome& outcome) {
  outcome.interrupted = outcome.interrupted || message.interrupted;
  if (message.kind == NetlinkMessage::Kind::end) {
    if (!message.error) {
      return malformed();
    }
    outcome = ended_by(message, spent.answered, outcome.interrupted);
    return true;
  }
  if (message.kind == NetlinkMessage::Kind::data) {
    spent.answered = true;
    if (!answer.take(message.payload)) {
      return malformed();
    }
  }
  return false;
}

}  // namespace efa
