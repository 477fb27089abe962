# Relays HTTP requests without their Accept header, so that a Prometheus which prefers OpenMetrics, as
# 2.42 does with no option against it, gets the text format 0.0.4. Perl, because Debian always has it.
#
#   perl text_relay.pl HOST:PORT     prints the address it listens on
use strict;
use warnings;
use IO::Socket::INET;

$| = 1;
my $agent = shift;
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1:0', Listen => 16) or die "listen: $!";
print '127.0.0.1:', $server->sockport, "\n";
while (my $client = $server->accept) {
    my $request = '';
    while (my $line = <$client>) {
        last if $line =~ /^\r?\n$/;
        $request .= $line unless $line =~ /^(Accept|Connection):/i;
    }
    my $upstream = IO::Socket::INET->new(PeerAddr => $agent) or next;
    print $upstream $request, "Connection: close\r\n\r\n";
    print $client $_ while <$upstream>;
}
