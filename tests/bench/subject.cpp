#include "tests/bench/subject.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include <time.h>

namespace efa::bench {
namespace {

void check(bool fine, const std::string& what) {
  if (!fine) {
    throw std::runtime_error(what);
  }
}

[[noreturn]] void become(const std::vector<std::string>& arguments, int input, int output) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  std::vector<char*> list;
  for (const std::string& argument : arguments) {
    list.push_back(const_cast<char*>(argument.c_str()));  // NOLINT: execv does not write to it
  }
  list.push_back(nullptr);
  ::setenv("AWS_EC2_METADATA_DISABLED", "true", 1);  // nobody asks what this machine is
  ::execv(list.front(), list.data());
  ::_exit(127);
}

}  // namespace

Subject::Subject(std::string name, const std::vector<std::string>& arguments)
    : name_(std::move(name)) {
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  check(::pipe2(in.data(), O_CLOEXEC) == 0 && ::pipe2(out.data(), O_CLOEXEC) == 0, "pipe");
  pid_ = ::fork();
  check(pid_ >= 0, "fork");
  if (pid_ == 0) {
    become(arguments, in[0], out[1]);
  }
  ::close(in[0]);
  ::close(out[1]);
  input_.reset(in[1]);
  output_.reset(out[0]);
}

Subject::~Subject() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::chrono::nanoseconds Subject::cpu() const {
  clockid_t clock{};
  timespec used{};
  check(::clock_getcpuclockid(pid_, &clock) == 0 && ::clock_gettime(clock, &used) == 0,
        name_ + " has ended");
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

std::size_t Subject::resident_kilobytes() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  std::string word;
  std::size_t kilobytes = 0;
  while (status >> word) {
    if (word == "VmRSS:") {
      status >> kilobytes;
    }
  }
  return kilobytes;
}

double Subject::count_system_calls(int scrapes) {
  const std::string report = "/tmp/efa-bench-strace." + std::to_string(::getpid());
  const std::string command = "exec strace -f -qq -c -U calls,name -o " + report + " -p " +
                              std::to_string(pid_) + " 2>/dev/null";
  const pid_t tracer = ::fork();
  if (tracer == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  for (int i = 0; i < scrapes; ++i) {
    scrape();
  }
  ::kill(tracer, SIGINT);
  ::waitpid(tracer, nullptr, 0);
  std::ifstream lines(report);
  std::string line;
  double total = 0;
  while (std::getline(lines, line)) {
    if (line.find("total") != std::string::npos) {
      total = std::strtod(line.c_str(), nullptr);
    }
  }
  ::unlink(report.c_str());
  return total / scrapes;
}

std::string Subject::wait_for_line_with(const std::string& word) {
  std::string line;
  char c = 0;
  while (::read(output_.get(), &c, 1) == 1) {
    if (c != '\n') {
      line += c;
    } else if (line.find(word) != std::string::npos) {
      return line;
    } else {
      line.clear();
    }
  }
  throw std::runtime_error(name_ + " ended before it was ready; it said: " + line);
}

void PipeSubject::scrape() {
  char token = 'x';
  check(::write(input_.get(), &token, 1) == 1 && ::read(output_.get(), &token, 1) == 1,
        name() + " has ended");
}

HttpSubject::HttpSubject(std::string name, const std::vector<std::string>& arguments,
                         const std::string& encoding, bool keeps_connections)
    : Subject(std::move(name), arguments), kept_(keeps_connections) {
  const std::string key = "address=127.0.0.1:";
  const std::string line = wait_for_line_with(key);
  port_ = static_cast<std::uint16_t>(
      std::strtoul(line.c_str() + line.find(key) + key.size(), nullptr, 10));
  request_ = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n" +
             (encoding.empty() ? "" : "Accept-Encoding: " + encoding + "\r\n") + "\r\n";
}

void HttpSubject::connect() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connection_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  check(::connect(connection_.get(), reinterpret_cast<const sockaddr*>(&address),  // NOLINT
                  sizeof address) == 0,
        "connect to " + name());
}

void HttpSubject::scrape() {
  if (!connection_) {
    connect();
  }
  check(::send(connection_.get(), request_.data(), request_.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(request_.size()),
        name() + " does not read");
  answer_.clear();
  std::array<char, 65536> part{};
  const auto receive = [&] {
    const ssize_t size = ::recv(connection_.get(), part.data(), part.size(), 0);
    check(size > 0, name() + " closed the connection");
    answer_.append(part.data(), static_cast<std::size_t>(size));
  };
  std::size_t head = std::string::npos;
  while ((head = answer_.find("\r\n\r\n")) == std::string::npos) {
    receive();
  }
  const bool chunked = answer_.find("chunked") < head;
  const std::size_t length = answer_.find("Content-Length: ");
  check(answer_.starts_with("HTTP/1.1 200") && (chunked || length < head),
        name() + " answers: " + answer_.substr(0, head));
  if (chunked) {
    while (!answer_.ends_with("\r\n0\r\n\r\n")) {
      receive();
    }
  } else {
    const std::size_t body = std::strtoul(answer_.c_str() + length + 16, nullptr, 10);
    while (answer_.size() < head + 4 + body) {
      receive();
    }
  }
  answer_size_ = answer_.size() - head - 4;
  if (!kept_) {
    connection_.reset();
  }
}

}  // namespace efa::bench
