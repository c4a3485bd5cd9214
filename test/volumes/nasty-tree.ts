import { execFileSync } from "node:child_process";

/**
 * Builds the worst tree that a volume may hold, in an existing empty directory; `edit` then changes it between passes.
 * In Python, since Node can neither make device nodes nor name a file by arbitrary bytes in one go.
 */
export function buildNastyTree(root: string): void {
    run(root, build);
}

/** What a service might do between two passes, and what nobody would. */
export function editNastyTree(root: string): void {
    run(root, edit);
}

function run(root: string, program: string): void {
    execFileSync("python3", ["-c", prelude + program, root], {
        stdio: ["ignore", "inherit", "inherit"],
    });
}

const prelude = `
import os, socket, stat, struct, subprocess, sys
os.chdir(sys.argv[1])
os.umask(0)

def write(name, data=b"", mode=0o644):
    with open(name, "wb") as file:
        file.write(data)
    os.chmod(name, mode)

def when(name, ns, follow=False):
    os.utime(name, ns=(ns, ns), follow_symlinks=follow)

def acl(name, text, default=False):
    subprocess.run(["setfacl"] + (["-d"] if default else []) + ["-m", text, name], check=True)
`;

const build = `
# names
os.mkdir("names")
for name in [b"new\\nline", b"sp ace", b"-rf", b"--", b"tab\\t", b"inv\\xff\\xfealid", b"quote'\\"", b"back\\\\slash", b"a -> b",
             b"#hash", b"*star?", b"\\x01\\x7f", b"\\xe2\\x80\\xaertl", b" lead", b"trail ", b"$HOME", b"\`id\`", b"012\\\\012",
             b"\\xc3\\xa9t\\xc3\\xa9", b"e\\xcc\\x81", b"[x]", b"x" * 255, b"\\xff" * 255, b"carriage\\rreturn", b"-"]:
    write(os.path.join(b"names", name), b"named " + name)
os.mkdir(b"-dash dir\\n")
write(b"-dash dir\\n/-file\\xff", b"dash")
write(b"-n", b"at the root")

# types
os.mkdir("types")
write("types/empty")
os.mkdir("types/empty folder")
os.mkfifo("types/fifo", 0o640)
os.mknod("types/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
os.mknod("types/loop", stat.S_IFBLK | 0o660, os.makedev(7, 200))
for name in ["types/socket", "types/other socket"]:
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(name)
    sock.close()

# symbolic links
os.mkdir("links")
os.symlink("/etc/passwd", "links/absolute")
os.symlink("nowhere\\n -> x", "links/dangling")
os.symlink("loop", "links/loop")
os.symlink("../../../../../../etc", "links/escaping")
os.symlink("../types", "links/folder")
os.symlink(b"\\xff\\xfe", b"links/bytes")
os.symlink("x" * 1000, "links/long")
os.lchown("links/dangling", 4001, 4002)
when("links/dangling", 1_234_567_890_123_456_789)

# hard links: in one folder, across folders, a link's, a device's
for folder in ["hard", "hard/a", "hard/b", "hard/b/c"]:
    os.mkdir(folder)
write("hard/one", b"linked content")
os.link("hard/one", "hard/two")
os.link("hard/one", "hard/a/three")
os.link("hard/one", "hard/b/c/four")
write("hard/b/pair", b"p" * 5000)
os.link("hard/b/pair", "hard/b/c/pair")
os.link("hard/b/pair", "pair at root")
os.link("links/absolute", "hard/linked symlink", follow_symlinks=False)
os.link("types/fifo", "hard/linked fifo")
write("hard/same content 1", b"same")
write("hard/same content 2", b"same")

# holes
os.mkdir("holes")
with open("holes/one byte", "wb") as file:
    file.truncate(64 << 20)
    file.seek(33 << 20)
    file.write(b"x")
with open("holes/only", "wb") as file:
    file.truncate(32 << 20)
with open("holes/many", "wb") as file:
    for at in range(0, 40):
        file.seek(at << 20)
        file.write(b"data at %d" % at)
    file.truncate(48 << 20)
write("holes/written zeros", b"\\0" * (1 << 20))
write("holes/dense", os.urandom((3 << 20) + 17))

# modes and owners
os.mkdir("modes")
for mode in [0, 0o7777, 0o4755, 0o2755, 0o1644, 0o600, 0o444, 0o111]:
    write("modes/%04o" % mode, b"mode", mode)
    os.mkdir("modes/dir %04o" % mode)
    write("modes/dir %04o/inside" % mode, b"inside")
    os.chown("modes/dir %04o" % mode, 5000 + mode, 6000)
    os.chmod("modes/dir %04o" % mode, mode)
write("modes/owned", b"owned")
os.chown("modes/owned", 3_000_000_000, 54321)
write("modes/setuid of another", b"suid")
os.chown("modes/setuid of another", 1234, 1234)
os.chmod("modes/setuid of another", 0o6755)

# attributes, ACLs, capabilities
os.mkdir("attributes")
write("attributes/user", b"u")
os.setxattr("attributes/user", "user.empty", b"")
os.setxattr("attributes/user", "user.binary", bytes(range(256)))
os.setxattr("attributes/user", b"user.na=me\\n", b"x")
os.setxattr("attributes/user", "trusted.secret", b"t")
write(b"attributes/back\\\\slash\\nnewline", b"b")
os.setxattr(b"attributes/back\\\\slash\\nnewline", "user.x", b"1")
os.setxattr("attributes", "trusted.folder", b"f")
os.symlink("user", "attributes/link")
os.setxattr("attributes/link", "trusted.link", b"l", follow_symlinks=False)
write("attributes/capable", b"#!", 0o755)
os.setxattr("attributes/capable", "security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))
write("attributes/capable of another", b"#!", 0o755)
os.chown("attributes/capable of another", 777, 777)
os.setxattr("attributes/capable of another", "security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))
write("attributes/acl", b"acl")
acl("attributes/acl", "u:1234:rw,g:4321:r,m::rw")
os.mkdir("attributes/acl folder")
acl("attributes/acl folder", "u:99:rwx")
acl("attributes/acl folder", "u:98:rwx,g:97:rx", default=True)
write("attributes/acl folder/inherits", b"i")

# depth
os.mkdir("deep")
top = os.getcwd()
os.chdir("deep")
length = len("deep")
levels = 0
while levels < 5000 and length + 2 <= 3900:
    os.mkdir("d")
    os.chdir("d")
    length += 2
    levels += 1
write("f", b"deep file")
os.chdir(top)

# what the edits will change
os.mkdir("edit")
for name in ["becomes a folder", "grows", "same size and time", "chmod only", "deleted", "renamed", "unlinked group", "replaced",
             "attribute later", "becomes a link", "mmap"]:
    write("edit/" + name, b"before " + name.encode())
os.mkdir("edit/becomes a file")
write("edit/becomes a file/inside", b"inside")
os.mkdir("edit/becomes a file/deeper")
os.mkdir("edit/old name")
for n in range(20):
    write("edit/old name/%d" % n, b"moved %d" % n)
os.link("edit/unlinked group", "edit/unlinked group 2")
write("edit/to be linked", b"joined")
write("edit/to be linked 2", b"joined")
with open("edit/sparse", "wb") as file:
    file.truncate(20 << 20)

# times, last: folders too
for name in ["types/empty", "names/-rf", "modes/owned"]:
    when(name, 1_000_000_000_000_000_001)
when("types/fifo", 999_999_999)
when("types/empty folder", -1_500_000_000)
when("hard/b", 1_600_000_000_987_654_321)
when("links", 1_600_000_000_000_000_999)
when("names", 4_000_000_000_000_000_007)
os.setxattr(".", "user.root", b"root's own")
os.chown(".", 4242, 2424)
os.chmod(".", 0o2751)
when(".", 1_111_111_111_222_222_222)
`;

const edit = `
os.remove("edit/becomes a folder")
os.mkdir("edit/becomes a folder")
write("edit/becomes a folder/inside", b"now a folder")
os.remove("edit/becomes a file/inside")
os.rmdir("edit/becomes a file/deeper")
os.rmdir("edit/becomes a file")
write("edit/becomes a file", b"now a file")
with open("edit/grows", "ab") as file:
    file.write(b"more")
info = os.stat("edit/same size and time")
with open("edit/same size and time", "r+b") as file:
    file.write(b"BEFORE")
os.utime("edit/same size and time", ns=(info.st_atime_ns, info.st_mtime_ns))
os.chmod("edit/chmod only", 0o4711)
os.remove("edit/deleted")
os.rename("edit/renamed", "edit/renamed to")
os.rename("edit/old name", "edit/new name")
os.remove("edit/unlinked group 2")
write("edit/unlinked group 2", b"before unlinked group")
info = os.stat("edit/replaced")
write("edit/replacement", b"BEFORE replaced")
os.utime("edit/replacement", ns=(info.st_atime_ns, info.st_mtime_ns))
os.rename("edit/replacement", "edit/replaced")
os.setxattr("edit/attribute later", "user.later", b"1")
os.remove("edit/becomes a link")
os.symlink("grows", "edit/becomes a link")
os.remove("edit/to be linked 2")
os.link("edit/to be linked", "edit/to be linked 2")
os.link("hard/one", "edit/fifth name")
os.remove("hard/a/three")
with open("hard/b/pair", "r+b") as file:
    file.write(b"changed through one name")
with open("edit/sparse", "r+b") as file:
    file.seek(10 << 20)
    file.write(b"in the hole")
with open("holes/one byte", "r+b") as file:
    file.seek(1 << 20)
    file.write(b"y")
os.removexattr("attributes/user", "user.binary")
os.remove("names/-rf")
write("names/new after", b"new")
os.remove("types/fifo")
os.mkfifo("types/fifo", 0o600)
os.remove("types/socket")
write("types/socket", b"a file where a socket was")
os.rename("links/loop", "links/loop2")
os.chown("modes/owned", 17, 18)
import mmap
with open("edit/mmap", "r+b") as file:
    view = mmap.mmap(file.fileno(), 0)
    view[0:3] = b"MAP"
    view.close()
when("hard/b", 1_600_000_000_987_654_322)
when(".", 1_111_111_111_222_222_223)
`;
