#include "collectors/imds/http_transport.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string_view>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <netdb.h>

#include "collectors/imds/characters.h"

// Of Beast only the parser: with its streams and Asio's sockets the program were a fifth larger,
// for an exchange that has nothing to do beside.
namespace efa {
namespace {

namespace http = boost::beast::http;
using Parser = http::response_parser<http::string_body>;

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), is_ascii_control);
}

// Nothing where a value would end its line, and so be more than a value.
std::optional<std::string> text_of(const HttpEndpoint& endpoint, const MetadataRequest& request) {
  std::string text = request.method;
  text += ' ';
  text += endpoint.base;
  text += request.path;
  if (has_control_character(text) || request.path.find(' ') != std::string::npos) {
    return std::nullopt;
  }
  text += " HTTP/1.1\r\nHost: ";
  text += endpoint.authority();
  text += "\r\n";
  for (const auto& [name, value] : request.headers) {
    if (has_control_character(name) || has_control_character(value)) {
      return std::nullopt;
    }
    text += name;
    text += ": ";
    text += value;
    text += "\r\n";
  }
  text += request.method == "GET" ? "\r\n" : "Content-Length: 0\r\n\r\n";
  return text;
}

// 0, or the errno.
int wait_for(int fd, short events, SteadyTime deadline) {
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return ETIMEDOUT;
    }
    pollfd waited{fd, events, 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(left.count()));
    if (ready > 0) {
      return 0;
    }
    if (ready < 0 && errno != EINTR) {
      return errno;
    }
  }
}

int connect_socket(int fd, const addrinfo& address, SteadyTime deadline) {
  if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) {
    return 0;
  }
  if (errno != EINPROGRESS) {
    return errno;
  }
  if (const int failure = wait_for(fd, POLLOUT, deadline); failure != 0) {
    return failure;
  }
  int failure = 0;
  socklen_t size = sizeof failure;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
  return failure;
}

int send_all(int fd, std::string_view bytes, SteadyTime deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    int failure = errno;
    if (failure == EAGAIN) {
      failure = wait_for(fd, POLLOUT, deadline);
    }
    if (failure != 0 && failure != EINTR) {
      return failure;
    }
  }
  return 0;
}

// How many bytes came, 0 at the end of the stream.
Result<std::size_t> receive_some(int fd, std::array<char, 4096>& buffer, SteadyTime deadline) {
  while (true) {
    if (const int failure = wait_for(fd, POLLIN, deadline); failure != 0) {
      return Error::from_errno(failure);
    }
    const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (size >= 0) {
      return static_cast<std::size_t>(size);
    }
    if (errno != EAGAIN && errno != EINTR) {
      return Error::from_errno(errno);
    }
  }
}

// Takes what it can off `unparsed`, a step at a time: an eager parser of Boost 1.74 forgets that
// the length was over the limit.
boost::system::error_code parse(Parser& parser, std::string& unparsed) {
  boost::system::error_code failure;
  while (!failure && !unparsed.empty() && !parser.is_done()) {
    unparsed.erase(0, parser.put(boost::asio::buffer(unparsed), failure));
  }
  if (failure == http::error::need_more) {
    // The line of a chunk may go on for ever, for all that Beast minds.
    const bool too_long = unparsed.size() > HttpTransport::longest_body;
    return too_long ? http::error::body_limit : boost::system::error_code();
  }
  return failure;
}

// The end of the stream, which may be what ends the body.
boost::system::error_code parse_end(Parser& parser) {
  boost::system::error_code failure;
  if (parser.got_some()) {
    parser.put_eof(failure);
  }
  return failure || parser.is_done() ? failure : http::error::end_of_stream;
}

Error error_of(const boost::system::error_code& failure) {
  if (failure == http::error::body_limit) {
    return {Reason::malformed, EMSGSIZE, {}};
  }
  if (failure == http::error::partial_message || failure == http::error::end_of_stream) {
    return Error::from_errno(ECONNRESET);
  }
  return {Reason::malformed, EPROTO, {}};
}

}  // namespace

Result<MetadataReply> HttpTransport::exchange(const HttpEndpoint& endpoint,
                                              const MetadataRequest& request) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limits_.total;
  const auto failed = [&](Error error) {
    disconnect();
    error.context = request.method;
    error.context += " http://";
    error.context += endpoint.authority();
    error.context += endpoint.base;
    error.context += request.path;
    return error;
  };
  const auto text = text_of(endpoint, request);
  if (!text) {
    return failed({Reason::malformed, EINVAL, {}});
  }
  const bool kept = connection_ && connected_to_ == endpoint;
  if (!kept) {
    if (const auto connected = connect(endpoint, deadline); !connected) {
      return failed(connected.error());
    }
  }
  auto reply = attempt(*text, deadline);
  if (!reply && kept && !answer_begun_) {
    // The server had closed it before it saw the request. (After a time-out there is no time left.)
    if (const auto connected = connect(endpoint, deadline); !connected) {
      return failed(connected.error());
    }
    reply = attempt(*text, deadline);
  }
  if (!reply) {
    return failed(reply.error());
  }
  return reply;
}

void HttpTransport::disconnect() {
  connection_.reset();
  connected_to_.reset();
}

Result<void> HttpTransport::connect(const HttpEndpoint& endpoint, SteadyTime deadline) {
  disconnect();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(endpoint.port);
  if (::getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &found) != 0) {
    return Error::from_errno(EHOSTUNREACH);
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  deadline = std::min(deadline, std::chrono::steady_clock::now() + limits_.connect);
  int failure = EHOSTUNREACH;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    UniqueFd fd(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    failure = fd ? connect_socket(fd.get(), *address, deadline) : errno;
    if (failure == 0) {
      connection_ = std::move(fd);
      connected_to_ = endpoint;
      return {};
    }
  }
  return Error::from_errno(failure);
}

Result<MetadataReply> HttpTransport::attempt(const std::string& request, SteadyTime deadline) {
  answer_begun_ = false;
  if (const int failure = send_all(connection_.get(), request, deadline); failure != 0) {
    return Error::from_errno(failure);
  }
  return receive(deadline);
}

Result<MetadataReply> HttpTransport::receive(SteadyTime deadline) {
  Parser parser;
  parser.body_limit(longest_body);
  std::array<char, 4096> buffer;  // filled by recv
  std::string unparsed;
  while (!parser.is_done()) {
    const auto size = receive_some(connection_.get(), buffer, deadline);
    if (!size) {
      return size.error();
    }
    answer_begun_ = answer_begun_ || *size > 0;
    unparsed.append(buffer.data(), *size);
    if (const auto failure = *size == 0 ? parse_end(parser) : parse(parser, unparsed)) {
      return error_of(failure);
    }
  }
  MetadataReply reply{static_cast<int>(parser.get().result_int()), std::move(parser.get().body())};
  if (!parser.get().keep_alive() || !unparsed.empty()) {
    disconnect();
  }
  return reply;
}

}  // namespace efa
