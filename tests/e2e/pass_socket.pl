# pass_socket.pl KIND PORT_FILE PROGRAM ARGUMENT...: starts a program with a socket of its own, as systemd does for a
# socket unit, and again whenever it ends with 0; ends as it does otherwise. KIND: tcp, deaf (does not listen), udp, file.
use strict;
use warnings;
use IO::Socket::INET;
use POSIX qw(dup2);

$^F = 3;    # Perl closes what is above when it starts a program
my ($kind, $port_file, @command) = @ARGV;
my %how = (
    tcp  => [Proto => 'tcp', Listen => 50],
    deaf => [Proto => 'tcp'],
    udp  => [Proto => 'udp'],
);
my $socket;
if ($kind eq 'file') {
    open($socket, '<', '/dev/null') or die;
} else {
    $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, @{ $how{$kind} }) or die "socket: $!";
}
open(my $port, '>', "$port_file.new") or die;
print $port ($kind eq 'file' ? 0 : $socket->sockport), "\n";
close($port);
rename("$port_file.new", $port_file) or die;

my $child;
$SIG{TERM} = sub { kill('TERM', $child) && waitpid($child, 0) if $child; exit 0 };
while (1) {
    $child = fork() // die;
    if ($child == 0) {
        $SIG{TERM} = 'DEFAULT';
        dup2(fileno($socket), 3) if fileno($socket) != 3;
        @ENV{qw(LISTEN_PID LISTEN_FDS LISTEN_FDNAMES)} = ($$, 1, 'efa-agent.socket');
        exec(@command) or die;
    }
    waitpid($child, 0);
    exit($? >> 8 || 128 + ($? & 127)) if $? != 0;
}
