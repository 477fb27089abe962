#include "agent/daemon/line_writer.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace efa::log {
namespace {

struct Ends {
  UniqueFd read;
  UniqueFd write;
};

Ends make_pipe() {
  std::array<int, 2> fds{};
  REQUIRE(::pipe2(fds.data(), O_CLOEXEC) == 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// As journald's: a stream.
Ends make_socket() {
  std::array<int, 2> fds{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) == 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

std::string read_available(const UniqueFd& fd) {
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  std::string all;
  std::array<char, 4096> buffer{};
  ssize_t size = 0;
  while ((size = ::read(fd.get(), buffer.data(), buffer.size())) > 0) {
    all.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return all;
}

void ignore_sigpipe() { ::signal(SIGPIPE, SIG_IGN); }

// Writes until a line is lost, which must happen; a writer that waits would hang here.
std::size_t fill(LineWriter& writer, const std::string& line) {
  std::size_t lines = 0;
  while (lines < 100000 && writer.write(line)) {
    ++lines;
  }
  return lines;
}

}  // namespace

TEST_CASE("a line reaches a pipe, a socket and a file") {
  const Ends pipe = make_pipe();
  CHECK(LineWriter(pipe.write.get()).write("to the pipe\n"));
  CHECK(read_available(pipe.read) == "to the pipe\n");

  const Ends socket = make_socket();
  CHECK(LineWriter(socket.write.get()).write("to the socket\n"));
  CHECK(read_available(socket.read) == "to the socket\n");

  const test::TempDir dir;
  const UniqueFd file(::open((dir.path() / "log").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  CHECK(LineWriter(file.get()).write("to the file\n"));
  ::lseek(file.get(), 0, SEEK_SET);
  CHECK(read_available(file) == "to the file\n");
}

TEST_CASE("a pipe that nobody reads costs lines, not time, and takes whole lines again later") {
  const Ends pipe = make_pipe();
  LineWriter writer(pipe.write.get());
  const std::string line = std::string(300, 'x') + '\n';
  const std::size_t taken = fill(writer, line);
  CHECK(taken > 10);
  CHECK(taken < 100000);
  const std::string read = read_available(pipe.read);
  CHECK(read.size() >= taken * line.size());
  CHECK(writer.write("again\n"));
  CHECK(read_available(pipe.read).find("again\n") != std::string::npos);
}

TEST_CASE("a socket that nobody reads costs lines, not time") {
  const Ends socket = make_socket();
  LineWriter writer(socket.write.get());
  CHECK(fill(writer, std::string(300, 'x') + '\n') < 100000);
  read_available(socket.read);
  CHECK(writer.write("again\n"));
  CHECK(read_available(socket.read).find("again\n") != std::string::npos);
}

TEST_CASE("the flags of a pipe that is shared stay as they are") {
  const Ends pipe = make_pipe();
  LineWriter writer(pipe.write.get());
  CHECK(writer.write("x\n"));
  CHECK((::fcntl(pipe.write.get(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("a line lost half way does not run into the next one") {
  const Ends pipe = make_pipe();
  LineWriter writer(pipe.write.get());
  // More than a pipe holds: some of it is taken.
  CHECK_FALSE(writer.write(std::string(1 << 20, 'x') + '\n'));
  CHECK_FALSE(read_available(pipe.read).empty());
  CHECK(writer.write("next\n"));
  CHECK(read_available(pipe.read) == "\nnext\n");
}

TEST_CASE("a reader that has gone costs lines, not the process") {
  ignore_sigpipe();
  Ends pipe = make_pipe();
  LineWriter to_pipe(pipe.write.get());
  pipe.read.reset();
  CHECK_FALSE(to_pipe.write("x\n"));

  Ends socket = make_socket();
  LineWriter to_socket(socket.write.get());
  socket.read.reset();
  CHECK_FALSE(to_socket.write("x\n"));
}

TEST_CASE("a closed descriptor and a full disk cost lines") {
  CHECK_FALSE(LineWriter(-1).write("x\n"));
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(full);
  CHECK_FALSE(LineWriter(full.get()).write("x\n"));
}

}  // namespace efa::log
