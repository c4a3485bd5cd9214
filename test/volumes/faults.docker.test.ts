import {
    chmodSync,
    lchownSync,
    linkSync,
    mkdirSync,
    renameSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LocalMover } from "../../provider/volumes/local-mover.js";
import { python, run, Workbench } from "./workbench.js";

/** Faults planted in the destination after the last pass and before the proof: each must be found, and by its name. */
let bench: Workbench;
let mover: LocalMover;

const tree = `
import os, sys
os.chdir(sys.argv[1])
os.mkdir("d")
for name in ["a", "b", "d/c"]:
    open(name, "wb").write(b"content of " + name[-1:].encode() * 5000)
os.link("a", "d/a linked")
with open("sparse", "wb") as file:
    file.truncate(8 << 20)
    file.seek(4 << 20)
    file.write(b"x")
os.symlink("a", "link")
os.mkfifo("fifo")
os.mknod("device", 0o20600, os.makedev(1, 3))
os.setxattr("b", "user.kept", b"1")
os.setxattr("b", "trusted.kept", b"1")
os.setxattr("d", "trusted.on a folder", b"1")
open("capable", "wb").write(b"c")
os.setxattr("capable", "security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))
os.system("setfacl -m u:1234:r d/c; setfacl -d -m u:1234:r d")
os.utime("d", ns=(5, 1234567890123456789))
`;

async function copied(fullLook: number): Promise<void> {
    bench = new Workbench();
    python(tree, bench.source);
    mover = bench.mover({ fullLook });
    await mover.livePass();
    await mover.verifySettled();
    await mover.lastPass();
}

/** Restores a file's times afterwards, as somebody would who wants it to go unnoticed. */
const quietly = `
import os, sys
os.chdir(sys.argv[1])
def quietly(name, change):
    info = os.lstat(name)
    change()
    os.utime(name, ns=(info.st_atime_ns, info.st_mtime_ns), follow_symlinks=False)
def flip(name, at):
    with open(name, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))
`;

const faults: Record<string, { plant: (there: string) => void; found: RegExp[] }> = {
    "one flipped bit, its time restored": {
        plant: (there) => python(`${quietly}quietly("b", lambda: flip("b", 4000))`, there),
        found: [/^"b": content differs$/],
    },
    "one flipped bit in the last byte of a sparse file": {
        plant: (there) =>
            python(`${quietly}quietly("sparse", lambda: flip("sparse", (8 << 20) - 1))`, there),
        found: [/^"sparse": content differs$/],
    },
    "one missing name": {
        plant: (there) => python(`${quietly}quietly("d", lambda: os.remove("d/c"))`, there),
        found: [/^"d\/c": missing in the destination$/],
    },
    "one extra name": {
        plant: (there) =>
            python(`${quietly}quietly("d", lambda: os.symlink("x", "d/extra\\n"))`, there),
        found: [/^"d\/extra\\x0a": only in the destination$/],
    },
    "one name changed into another": {
        plant: (there) => python(`${quietly}quietly(".", lambda: os.rename("b", "B"))`, there),
        found: [/^"b": missing in the destination$/, /^"B": only in the destination$/],
    },
    "one lost attribute": {
        plant: (there) => run("setfattr", "-x", "user.kept", `${there}/b`),
        found: [/^"b": attribute "user.kept" is missing in the destination$/],
    },
    "one lost trusted attribute": {
        plant: (there) => run("setfattr", "-x", "trusted.kept", `${there}/b`),
        found: [/^"b": attribute "trusted.kept" is missing in the destination$/],
    },
    "one changed attribute of a folder": {
        plant: (there) => run("setfattr", "-n", "trusted.on a folder", "-v", "2", `${there}/d`),
        found: [/^"d": attribute "trusted.on a folder" differs$/],
    },
    "one attribute too many": {
        plant: (there) => run("setfattr", "-n", "user.more", "-v", "2", `${there}/a`),
        found: [/^"(a|d\/a linked)": attribute "user.more" is only in the destination$/, /^"/],
    },
    "a lost capability": {
        plant: (there) => run("setfattr", "-x", "security.capability", `${there}/capable`),
        found: [/^"capable": attribute "security.capability" is missing in the destination$/],
    },
    "a lost ACL": {
        plant: (there) => run("setfacl", "-b", `${there}/d/c`),
        found: [/^"d\/c": (attribute "system.posix_acl_access"|mode)/],
    },
    "a lost default ACL": {
        plant: (there) => run("setfacl", "-k", `${there}/d`),
        found: [/^"d": attribute "system.posix_acl_default" is missing in the destination$/],
    },
    "one wrong owner": {
        plant: (there) => lchownSync(`${there}/link`, 1, 0),
        found: [/^"link": owner 0 in the source, 1 in the destination$/],
    },
    "one wrong group": {
        plant: (there) => lchownSync(`${there}/d/c`, 0, 7),
        found: [/^"d\/c": group 0 in the source, 7 in the destination$/],
    },
    "one wrong mode": {
        plant: (there) => chmodSync(`${there}/b`, 0o4644),
        found: [/^"b": mode 0644 in the source, 4644 in the destination$/],
    },
    "a swapped pair": {
        plant: (there) => {
            python(
                `${quietly}def swap():
    os.rename("b", "t")
    os.rename("d/c", "b")
    os.rename("t", "d/c")
quietly("d", lambda: quietly(".", swap))`,
                there,
            );
        },
        found: [/^"b": /, /^"d\/c": /],
    },
    "a hard link that is a copy": {
        plant: (there) =>
            python(
                `${quietly}quietly("d", lambda: os.system("cp -a 'd/a linked' x && mv x 'd/a linked'"))
quietly(".", lambda: None)`,
                there,
            ),
        found: [
            /^"(a|d\/a linked)": hard-linked to "a" in the source, not hard-linked in the destination$/,
        ],
    },
    "a hard link too many": {
        plant: (there) => {
            rmSync(`${there}/capable`);
            linkSync(`${there}/b`, `${there}/capable`);
        },
        found: [/not hard-linked in the source, hard-linked to "b" in the destination$/],
    },
    "a filled hole": {
        plant: (there) =>
            python(
                `${quietly}def fill():
    data = open("sparse", "rb").read()
    open("sparse", "r+b").write(data)
quietly("sparse", fill)`,
                there,
            ),
        found: [/^"sparse": takes \d+ bytes of room, \d+ in the source: holes are filled$/],
    },
    "a time wrong by a nanosecond": {
        plant: (there) =>
            python(
                `${quietly}info = os.stat("b"); os.utime("b", ns=(0, info.st_mtime_ns + 1))`,
                there,
            ),
        found: [/^"b": modification time \d+\.\d{9} in the source, \d+\.\d{9} in the destination$/],
    },
    "a folder's time wrong by a nanosecond": {
        plant: (there) => python(`${quietly}os.utime("d", ns=(0, 1234567890123456788))`, there),
        found: [
            /^"d": modification time 1234567890\.123456789 in the source, 1234567890\.123456788 in the destination$/,
        ],
    },
    "a link to elsewhere": {
        plant: (there) =>
            python(
                `${quietly}info = os.lstat("link"); os.remove("link"); os.symlink("b", "link")
os.utime("link", ns=(0, info.st_mtime_ns), follow_symlinks=False)`,
                there,
            ),
        found: [/^"link": link to "a" in the source, "b" in the destination$/],
    },
    "a file where a folder was": {
        plant: (there) => {
            rmSync(`${there}/d`, { recursive: true });
            writeFileSync(`${there}/d`, "");
        },
        found: [
            /^"d": a directory in the source, a file in the destination$/,
            /missing in the destination$/,
        ],
    },
    "another device": {
        plant: (there) =>
            python(
                `${quietly}info = os.stat("device"); os.remove("device")
os.mknod("device", 0o20600, os.makedev(1, 5)); os.utime("device", ns=(0, info.st_mtime_ns))`,
                there,
            ),
        found: [/^"device": device number 259 in the source, 261 in the destination$/],
    },
    "a truncated file": {
        plant: (there) => python(`${quietly}quietly("b", lambda: os.truncate("b", 4999))`, there),
        found: [/^"b": size 5011 in the source, 4999 in the destination$/],
    },
    "a whole folder moved": {
        plant: (there) => {
            mkdirSync(`${there}/e`);
            renameSync(`${there}/d`, `${there}/e/d`);
        },
        found: [/^"d": missing in the destination$/, /^"e\/d": only in the destination$/],
    },
};

afterEach(() => bench.cleanUp());

describe.each([
    ["every name", Number.POSITIVE_INFINITY],
    ["what changed since every name was proven", 0],
])("a fault in the destination, planted before a proof of %s, is found", (basis, fullLook) => {
    beforeEach(() => copied(fullLook));

    test.each(Object.entries(faults))("%s", async (_, { plant, found }) => {
        expect(await mover.prove("content")).toMatchObject({ differences: [], basis });
        plant(bench.destination);
        const proof = await mover.prove("content");
        expect(proof.equal).toBe(false);
        expect(proof.differenceCount).toBeGreaterThan(0);
        for (const pattern of found)
            expect(proof.differences.join("\n")).toMatch(new RegExp(pattern.source, "m"));
    });
});

describe.each([
    ["every name", Number.POSITIVE_INFINITY],
    ["what changed since every name was proven", 0],
])("a proof of %s", (_, fullLook) => {
    beforeEach(() => copied(fullLook));

    test("two flipped bits are both named, and nothing else", async () => {
        python(
            `${quietly}quietly("b", lambda: flip("b", 1))\nquietly("d/c", lambda: flip("d/c", 4999))`,
            bench.destination,
        );
        const proof = await mover.prove("content");
        expect(proof.differences.sort()).toEqual([
            '"b": content differs',
            '"d/c": content differs',
        ]);
        expect(proof).toMatchObject({ equal: false, differenceCount: 2, level: "content" });
    });

    test("a proof of metadata does not read content, and does not claim it", async () => {
        python(`${quietly}quietly("b", lambda: flip("b", 1))`, bench.destination);
        const metadata = await mover.prove("metadata");
        expect(metadata).toMatchObject({
            equal: true,
            level: "metadata",
            bytesEqual: 0,
            bytesCompared: 0,
        });
        expect(metadata.digest).not.toBe((await mover.prove("content")).digest);
    });

    test("a write to the source after the proof is named", async () => {
        await mover.prove("content");
        expect(await mover.unchangedSinceProof()).toEqual({ unchanged: true, changes: [] });
        python(
            `${quietly}quietly("b", lambda: flip("b", 1))\nopen("new\\n", "w")\nos.remove("fifo")`,
            bench.source,
        );
        const { unchanged, changes } = await mover.unchangedSinceProof();
        expect(unchanged).toBe(false);
        expect(changes.sort()).toEqual([
            '".": was changed',
            '"b": was changed',
            '"fifo": is gone',
            '"new\\x0a": is new',
        ]);
    });

    test("the last pass refuses to go by quick looks: same size, same time, other bytes", async () => {
        python(`${quietly}quietly("b", lambda: flip("b", 1))`, bench.source);
        const report = await mover.lastPass();
        expect(report).toMatchObject({ files: 1, bytes: 5011 });
        expect((await mover.prove("content")).differences).toEqual([]);
    });
});
