/**
 * What holds a watch of the kernel (inotify) on each folder that it is given, in Perl: every Debian has it, and it can call
 * the kernel itself. Debian's `inotifywait` (3.22 and 4.23 were tried) does not say when the kernel dropped events because
 * its queue was full, and fetches what is in new folders too late: a watch that may miss something without a word is none.
 *
 * Standard input: the folders, each ended by NUL, then an empty one; after that one line for each question "what came until
 * now?". Standard output, each ended by NUL: `R n` all watches are set, `E i f name` an event in folder i (f is 1 where the
 * name is a folder that was made, moved or removed: then anything may have happened below it), `S` the answer to a
 * question: everything that happened before it was asked has been told, `F reason` the watch is worth nothing from now on.
 * The same name is told once. Arguments: the numbers of `inotify_init1` and `inotify_add_watch` on this machine.
 */
export const watchScript = String.raw`
use strict;
my ($init, $add) = map { $_ + 0 } @ARGV;
binmode STDIN; binmode STDOUT; $| = 1;
sub fail { print "F $_[0]\0"; exit 1 }
# CLOEXEC and NONBLOCK have these values on x64 and arm64 alike.
my $fd = syscall($init, 02000000 | 04000);
fail("no watch could be opened: $!") if $fd < 0;
open(my $events, "<&=", $fd) or fail("no watch could be opened: $!");
# MODIFY ATTRIB CLOSE_WRITE MOVED_FROM MOVED_TO CREATE DELETE, and ONLYDIR DONT_FOLLOW
my $mask = 0x2 | 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x01000000 | 0x02000000;
my (@index, $count);
my $n = 0;
{
    local $/ = "\0";
    while (defined(my $path = <STDIN>)) {
        chomp $path;
        last if $path eq "";
        my $wd = syscall($add, $fd, $path, $mask);
        if ($wd >= 0) { $index[$wd] = $n; $count++ }
        # Gone, or no folder any more: its parent tells.
        elsif (!$!{ENOENT} && !$!{ENOTDIR} && !$!{ELOOP}) { fail("a folder could not be watched ($!), after $count others") }
        $n++;
    }
}
fail("there is nothing to watch") unless $count;
print "R $count\0";
my %told;
sub drain {
    my $out = "";
    for (;;) {
        my $got = sysread($events, my $buffer, 1 << 20);
        if (!defined $got) { last if $!{EAGAIN}; next if $!{EINTR}; fail("the watch could not be read: $!") }
        last if $got == 0;
        my $at = 0;
        while ($at < $got) {
            my ($wd, $what, $cookie, $length) = unpack("iIII", substr($buffer, $at, 16));
            my $name = substr($buffer, $at + 16, $length);
            $at += 16 + $length;
            fail("more happened at once than the kernel keeps in mind") if $what & 0x4000;
            fail("what was watched was unmounted") if $what & 0x2000;
            next if $what & 0x8000;
            my $i = $index[$wd];
            next unless defined $i;
            $name =~ s/\0.*//s;
            my $flag = ($what & 0x40000000) && ($what & 0x3C0) ? 1 : 0;
            my $key = "$i/$name";
            my $before = $told{$key};
            next if defined $before && $before >= $flag;
            $told{$key} = $flag;
            $out .= "E $i $flag $name\0";
        }
        if (length $out > 65536) { print $out; $out = "" }
    }
    print $out if length $out;
}
my $asked = fileno(STDIN);
for (;;) {
    my $bits = "";
    vec($bits, $asked, 1) = 1;
    vec($bits, $fd, 1) = 1;
    my $ready = select(my $which = $bits, undef, undef, undef);
    next if $ready < 0;
    my $questions = 0;
    if (vec($which, $asked, 1)) {
        my $got = sysread(STDIN, my $lines, 4096);
        exit 0 unless $got;
        $questions = ($lines =~ tr/\n//);
    }
    drain();
    print "S\0" for 1 .. $questions;
}
`;

/** `inotify_init1` and `inotify_add_watch` by Node's name of the processor: the kernel's own tables. */
export const watchCalls: Readonly<Record<string, readonly [number, number]>> = {
    x64: [294, 254],
    arm64: [26, 27],
};
