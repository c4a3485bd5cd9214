import { execFileSync } from "node:child_process";

/**
 * What a tree is, by other means than the product's: Python's os calls and sha256, no find, no getfattr, no Node.
 * One line per entry, sorted, so that two trees are equal exactly when the texts are.
 * Sockets and lost+found are never carried; `holes: false` where the file system keeps room for files to grow (XFS).
 */
export function oracle(root: string, options: { holes?: boolean } = {}): string {
    return execFileSync(
        "python3",
        ["-c", oracleProgram, root, options.holes === false ? "" : "holes"],
        {
            encoding: "latin1",
            maxBuffer: 1 << 30,
        },
    );
}

/** Prints what `oracle` returns; arguments: the root, and "holes" or nothing. */
export const oracleProgram = `
import hashlib, os, stat, sys
root = os.fsencode(sys.argv[1])
holes = sys.argv[2] == "holes"
rows, inodes = [], {}

def content(fd):
    digest = hashlib.sha256()
    while True:
        piece = os.read(fd, 1 << 20)
        if not piece:
            return digest.hexdigest()
        digest.update(piece)

def attributes(path):
    names = sorted(os.fsencode(name) for name in os.listxattr(path, follow_symlinks=False))
    return [(name, os.getxattr(path, name, follow_symlinks=False)) for name in names if name != b"security.selinux"]

def look(relative, depth):
    # By a descriptor for the folder: a path may be longer than any call takes.
    entry = os.path.join(root, relative) if relative else root
    info = os.lstat(entry)
    kind = stat.S_IFMT(info.st_mode)
    if kind == stat.S_IFSOCK:
        return
    row = [relative, oct(info.st_mode), info.st_uid, info.st_gid, info.st_mtime_ns, attributes(entry)]
    if kind == stat.S_IFREG:
        fd = os.open(entry, os.O_RDONLY | os.O_NOFOLLOW | os.O_NOATIME)
        row += [info.st_size, content(fd)]
        os.close(fd)
        if holes and info.st_blocks * 512 < info.st_size:
            row.append(("holes", (info.st_size - info.st_blocks * 512) >> 20))
    elif kind == stat.S_IFLNK:
        row.append(os.readlink(entry))
    elif kind in (stat.S_IFBLK, stat.S_IFCHR):
        row.append(info.st_rdev)
    if kind != stat.S_IFDIR and info.st_nlink > 1:
        inodes.setdefault(info.st_ino, []).append(relative)
    rows.append(row)
    if kind == stat.S_IFDIR:
        for name in os.listdir(entry):
            if relative == b"" and name == b"lost+found":
                continue
            look(os.path.join(relative, name) if relative else name, depth + 1)

sys.setrecursionlimit(20000)
look(b"", 0)
for row in sorted(rows, key=lambda row: row[0]):
    print(row)
for group in sorted(sorted(names) for names in inodes.values()):
    print("linked", group)
`;
